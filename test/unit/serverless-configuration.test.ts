import { describe, expect, it } from 'vitest';
import {
  type RawConfiguration,
  readConfiguration,
  unknownEvents,
} from '../../infra/serverless/configuration.ts';

const configured = (functions: RawConfiguration['functions'], provider = {}): RawConfiguration => ({
  provider: { name: 'aliyun', stage: 'local', ...provider },
  functions,
});

const timer = (timer: object) =>
  configured({ retain: { handler: 'functions/retain.handler', events: [{ timer }] } });

describe('reading serverless.yml', () => {
  it('fills in what was left out', () => {
    const { provider, functions } = readConfiguration(timer({ rate: '@every 1m' }));
    expect(provider).toMatchObject({ runtime: 'nodejs20', memorySize: 512, timeout: 60 });
    expect(functions).toEqual([
      {
        name: 'retain',
        handler: 'functions/retain.handler',
        instanceConcurrency: 1,
        environment: {},
        events: [{ type: 'timer', rate: '@every 1m', payload: '', enabled: true }],
      },
    ]);
  });

  it('leaves alone what osls adds to a function', () => {
    const raw = configured({
      a: { handler: 'a.handler', name: 'holdfast-local-a', package: {}, events: [] },
    });
    expect(readConfiguration(raw).functions[0]).not.toHaveProperty('package');
  });

  it('refuses an event that nobody knows, with function, event and what is known', () => {
    const functions = {
      intake: { handler: 'a.handler', events: [{ http: {} }, { sns: 'topic' }] },
      retain: { handler: 'a.handler', events: [{ timr: {} }, 'schedule'] },
    };
    expect(unknownEvents(functions)).toEqual([
      'functions.intake.events[1]: unknown event "sns"; known are http, timer, queue',
      'functions.retain.events[0]: unknown event "timr"; known are http, timer, queue',
      'functions.retain.events[1]: unknown event "schedule"; known are http, timer, queue',
    ]);
  });

  it('lists everything that is wrong at once', () => {
    const wrong = configured(
      {
        intake: { handler: 'functions/intake', memorySize: 100, events: [{ http: { authType: 'none' } }] },
        reconcile: { handler: 'a.handler', events: [{ queue: { queue: 'hints', batchsize: 3 } }] },
      },
      { runtime: 'nodejs12' },
    );
    const read = () => readConfiguration(wrong);
    expect(read).toThrow(/provider\.runtime/);
    expect(read).toThrow(/functions\.intake\.handler/);
    expect(read).toThrow(/functions\.intake\.memorySize/);
    expect(read).toThrow(/functions\.intake\.events\[0\]\.http\.methods/);
    expect(read).toThrow(/functions\.intake\.events\[0\]\.http\.authType/);
    expect(read).toThrow(/functions\.reconcile\.events\[0\]\.queue\.deadLetter/);
    expect(read).toThrow(/functions\.reconcile\.events\[0\]\.queue: .*batchsize/);
  });

  it.each(['@every 1m', '@every 2h', '0 */5 * * * *', 'CRON_TZ=Asia/Shanghai 0 30 4 * * *'])(
    'accepts the rate %s',
    (rate) => {
      expect(() => readConfiguration(timer({ rate }))).not.toThrow();
    },
  );

  it.each(['1m', '@every 30s', '@every 0m', '*/5 * * * *', 'rate(1 minute)', ''])(
    'refuses the rate "%s", which Function Compute would not fire',
    (rate) => {
      expect(() => readConfiguration(timer({ rate }))).toThrow(/functions\.retain\.events\[0\]\.timer\.rate/);
    },
  );
});
