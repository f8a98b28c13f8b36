import { describe, expect, it } from 'vitest';
import type { Package } from '../../infra/serverless/bundle.ts';
import { readConfiguration } from '../../infra/serverless/configuration.ts';
import {
  type Change,
  type Deployed,
  type DeployedFunction,
  differenceOf,
  removalOfService,
} from '../../infra/serverless/difference.ts';
import type { FunctionCompute } from '../../infra/serverless/function-compute.ts';
import { type Plan, planOf } from '../../infra/serverless/plan.ts';

const PLACE = { region: 'cn-hangzhou', accountId: '1234567890123456' };
const NOTHING: Deployed = { service: undefined, functions: [] };

const RETAIN = {
  handler: 'functions/retain.handler',
  maximumInstanceCount: 1,
  asynchronous: { retries: 1, onFailure: 'failed' },
  environment: { A: '1' },
  events: [{ timer: { rate: '@every 1m' } }],
};

const planned = (functions: Record<string, object> = { retain: RETAIN }): Plan =>
  planOf(
    readConfiguration({ provider: {}, functions: functions as Record<string, Record<string, unknown>> }),
    'prod',
    PLACE,
  );

const packagesOf = (plan: Plan, checksum = '42'): ReadonlyMap<string, Package> =>
  new Map(
    plan.functions.map(({ name }) => [
      name,
      { zip: new Uint8Array(2048), checksum, bundled: 4096, sourceMap: '' },
    ]),
  );

/** The state that the cloud is in once a plan has been carried out; it knows more than it was told. */
function carriedOut(plan: Plan, checksum = '42'): Deployed {
  return {
    service: { serviceId: 'id', ...plan.serviceSettings },
    functions: plan.functions.map(
      ({ name, settings, triggers, asynchronous, maximumInstanceCount }): DeployedFunction => ({
        name,
        settings: { functionId: 'id', ...settings, codeChecksum: checksum, initializer: '' },
        triggers: triggers.map((trigger) => ({ triggerId: 'id', ...trigger })),
        asynchronous: asynchronous && { ...asynchronous, statefulInvocation: false },
        maximumInstanceCount,
      }),
    ),
  };
}

/** The names of the calls that the changes make, in their order. */
async function callsOf(changes: readonly Change[]): Promise<readonly string[]> {
  const called: string[] = [];
  const api = new Proxy({} as FunctionCompute, {
    get: (_, name) => async () => {
      called.push(String(name));
    },
  });
  for (const { calls } of changes) for (const call of calls) await call(api);
  return called;
}

const told = (changes: readonly Change[]) =>
  changes.map(({ kind, name, outcome, detail }) => [kind, name, outcome, detail].join(' ').trim());

describe('the difference between the plan and what is deployed', () => {
  it('creates everything where nothing is, the trigger after its function', async () => {
    const plan = planned();
    const changes = differenceOf(plan, packagesOf(plan), NOTHING);
    expect(told(changes)).toEqual([
      'service holdfast-prod created',
      'function retain created 2 KB',
      'trigger retain/timer created timer',
    ]);
    expect(await callsOf(changes)).toEqual([
      'createService',
      'createFunction',
      'putAsyncConfig',
      'putMaximumInstances',
      'createTrigger',
    ]);
  });

  it('calls nothing when what is there is what is planned', async () => {
    const plan = planned();
    const changes = differenceOf(plan, packagesOf(plan), carriedOut(plan));
    expect(changes.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged', 'unchanged']);
    expect(await callsOf(changes)).toEqual([]);
  });

  it('sends new code only when its checksum is another', async () => {
    const plan = planned();
    const changes = differenceOf(plan, packagesOf(plan, '43'), carriedOut(plan, '42'));
    expect(told(changes)).toContain('function retain updated code 2 KB');

    const sent: (Uint8Array | undefined)[] = [];
    const api = {
      updateFunction: async (...[, , , zip]: Parameters<FunctionCompute['updateFunction']>) => {
        sent.push(zip);
      },
    } as Partial<FunctionCompute> as FunctionCompute;
    for (const { calls } of changes) for (const call of calls) await call(api);
    const slower = planned({ retain: { ...RETAIN, timeout: 90 } });
    for (const { calls } of differenceOf(slower, packagesOf(slower), carriedOut(plan))) {
      for (const call of calls) await call(api);
    }
    expect(sent.map((zip) => zip?.length)).toEqual([2048, undefined]);
  });

  it.each([
    ['memorySize', { memorySize: 1024 }, 'updateFunction'],
    ['timeout', { timeout: 90 }, 'updateFunction'],
    ['environmentVariables', { environment: { A: '2' } }, 'updateFunction'],
    ['environmentVariables', { environment: {} }, 'updateFunction'],
    ['asynchronous', { asynchronous: { retries: 2, onFailure: 'failed' } }, 'putAsyncConfig'],
    ['asynchronous', { asynchronous: undefined }, 'deleteAsyncConfig'],
    ['maximumInstanceCount', { maximumInstanceCount: 2 }, 'putMaximumInstances'],
    ['maximumInstanceCount', { maximumInstanceCount: undefined }, 'deleteMaximumInstances'],
  ])('changes %s alone, by %o', async (detail, change, call) => {
    const plan = planned({ retain: { ...RETAIN, ...change } });
    const changes = differenceOf(plan, packagesOf(plan), carriedOut(planned()));
    expect(told(changes)).toContain(`function retain updated ${detail}`);
    expect(await callsOf(changes)).toEqual([call]);
  });

  it('updates a trigger whose settings are others', async () => {
    const plan = planned({ retain: { ...RETAIN, events: [{ timer: { rate: '@every 2m' } }] } });
    const changes = differenceOf(plan, packagesOf(plan), carriedOut(planned()));
    expect(told(changes)).toContain('trigger retain/timer updated cronExpression');
    expect(await callsOf(changes)).toEqual(['updateTrigger']);
  });

  it('makes a trigger again when the source of its events is another, as an update would be ignored', async () => {
    const on = (queue: string) => ({
      work: { handler: 'a.handler', timeout: 10, events: [{ queue: { queue, deadLetter: 'hints-dead' } }] },
    });
    const plan = planned(on('failed'));
    const changes = differenceOf(plan, packagesOf(plan), carriedOut(planned(on('hints'))));
    expect(await callsOf(changes)).toEqual(['deleteTrigger', 'createTrigger']);
  });

  it('deletes a trigger that is no longer declared before the function changes', async () => {
    const plan = planned({ retain: { ...RETAIN, timeout: 90, events: [] } });
    const changes = differenceOf(plan, packagesOf(plan), carriedOut(planned()));
    expect(await callsOf(changes)).toEqual(['deleteTrigger', 'updateFunction']);
  });

  it('deletes a function that is no longer declared, what hangs on it first', async () => {
    const both = planned({ retain: RETAIN, old: { ...RETAIN, handler: 'old.handler' } });
    const plan = planned();
    const changes = differenceOf(plan, packagesOf(plan), carriedOut(both));
    expect(told(changes).slice(3)).toEqual(['trigger old/timer deleted', 'function old deleted']);
    expect(await callsOf(changes)).toEqual([
      'deleteTrigger',
      'deleteAsyncConfig',
      'deleteMaximumInstances',
      'deleteFunction',
    ]);
  });

  it('updates a service whose role or log store is another', async () => {
    const plan = planned();
    const deployed = {
      ...carriedOut(plan),
      service: { ...plan.serviceSettings, role: 'acs:ram::1:role/other' },
    };
    const changes = differenceOf(plan, packagesOf(plan), deployed);
    expect(told(changes)).toContain('service holdfast-prod updated role');
    expect(await callsOf(changes)).toEqual(['updateService']);
  });
});

describe('the removal of a service', () => {
  it('takes triggers, functions and service away, in that order', async () => {
    const changes = removalOfService('holdfast-prod', carriedOut(planned()));
    expect(await callsOf(changes)).toEqual([
      'deleteTrigger',
      'deleteAsyncConfig',
      'deleteMaximumInstances',
      'deleteFunction',
      'deleteService',
    ]);
  });

  it('has nothing to do where nothing is', () => {
    expect(removalOfService('holdfast-prod', NOTHING)).toEqual([]);
  });
});
