import { describe, expect, it } from 'vitest';
import { readConfiguration } from '../../infra/serverless/configuration.ts';
import { planOf } from '../../infra/serverless/plan.ts';

const PLACE = { region: 'cn-hangzhou', accountId: '1234567890123456' };

const planFor = (declared: object) =>
  planOf(
    readConfiguration({
      provider: { memorySize: 256, timeout: 30, environment: { LEVEL: 'info', QUEUE: 'q' } },
      functions: { sweep: { handler: 'functions/deep/sweep.handler', events: [], ...declared } },
    }),
    'prod',
    PLACE,
  );

describe('the plan of a stage', () => {
  it('carries the stage in the names that share an account', () => {
    const { service, serviceSettings } = planFor({});
    expect(service).toBe('holdfast-prod');
    expect(serviceSettings.role).toBe('acs:ram::1234567890123456:role/holdfast-prod');
    expect(serviceSettings.logConfig).toMatchObject({
      project: 'holdfast-prod-1234567890123456',
      logstore: 'functions',
      enableRequestMetrics: true,
    });
  });

  it('takes from the provider what a function leaves open, and lets the function have its own', () => {
    const [sweep] = planFor({ timeout: 120, environment: { LEVEL: 'debug' } }).functions;
    expect(sweep?.settings).toMatchObject({
      runtime: 'nodejs20',
      memorySize: 256,
      timeout: 120,
      environmentVariables: { LEVEL: 'debug', QUEUE: 'q' },
    });
  });

  it('leaves out a setting that was left empty', () => {
    const [sweep] = planFor({ environment: { LEVEL: '' } }).functions;
    expect(sweep?.settings.environmentVariables).toEqual({ QUEUE: 'q' });
  });

  it('has the handler at the top of the archive, whatever folder the source is in', () => {
    const [sweep] = planFor({}).functions;
    expect(sweep?.source).toEqual({ path: 'functions/deep/sweep', export: 'handler' });
    expect(sweep?.settings.handler).toBe('sweep.handler');
  });

  it('sends what failed to the last retry to a queue', () => {
    const [sweep] = planFor({ asynchronous: { retries: 1, maximumAge: 600, onFailure: 'failed' } }).functions;
    expect(sweep?.asynchronous).toEqual({
      maxAsyncRetryAttempts: 1,
      maxAsyncEventAgeInSeconds: 600,
      destinationConfig: {
        onFailure: { destination: 'acs:mns:cn-hangzhou:1234567890123456:/queues/holdfast-prod-failed' },
      },
    });
  });

  it('refuses a failure queue that is not declared', () => {
    expect(() => planFor({ asynchronous: { onFailure: 'lost' } })).toThrow(
      'functions.sweep.asynchronous.onFailure: no queue "lost" is declared',
    );
  });
});
