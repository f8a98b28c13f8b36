import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Fault } from '../../infra/local/kernel/faults.ts';
import { KINDS, type Kind } from '../../shared/claim/identity.ts';
import { createJourney, drive, hinted } from '../rig/journey.ts';
import { type Rig, startRig } from '../rig/parts.ts';
import { leap, settle, sweep } from '../rig/timers.ts';

interface Where {
  readonly service: keyof typeof MOST_CALLS;
}

const serverError = { status: 500, code: 'InternalError' };
const BEFORE: Fault = { kind: 'error', ...serverError };
const AFTER: Fault = { kind: 'error-after', ...serverError };
const LOST: Fault = { kind: 'drop-after' };
const DROPPED: Fault = { kind: 'drop' };

/** States in the background are reached within this. */
const SLOWEST_STATE_MS = 1_000;
/** The undisturbed journey makes no more calls than these in any of its legs. */
const MOST_CALLS = { openapi: 10, tablestore: 60, kubernetes: 15, mns: 5 } as const;
/** Enough to see what is wrong. */
const MOST_FAILURES = 3;

/**
 * One journey after the other; in each leg of the first, the calls number 0, `stride`, 2 `stride` and so on are hit,
 * in each leg of the second the calls after those, until every call of every leg was hit once. Gives what went wrong,
 * and how many calls were hit.
 */
async function travelThrough(kind: Kind, where: Where, fault: Fault, stride: number) {
  const failures: string[] = [];
  let hits = 0;
  let rig = await startRig({ openApi: {} });
  for (let first = 0; first < stride; first++) {
    const journey = createJourney(rig, kind, `web-${first}`);
    let step = '';
    try {
      for (const leg of journey.legs) {
        step = `${leg.name}, call ${first} and every ${stride}th after it`;
        await leg.happen();
        const weather = startWeather(rig, where, fault, (call) => call % stride === first);
        await drive(rig, leg.run, rig.newPorts);
        hits += weather.end();
        await rig.context.clock.advance(SLOWEST_STATE_MS);
        await leg.arrived();
      }
      await journey.nothingLeft();
    } catch (error) {
      failures.push(`${step}: ${(error as Error).message}`);
      if (failures.length >= MOST_FAILURES) break;
      await rig.close();
      rig = await startRig({ openApi: {} });
    }
    failures.push(...journey.violations);
    journey.end();
  }
  await rig.close();
  return { failures, hits };
}

/** The fault falls on the calls, counted from 0, that `strikes` says. */
function startWeather({ context }: Rig, where: Where, fault: Fault, strikes: (call: number) => boolean) {
  const mostCalls = MOST_CALLS[where.service];
  const rules = Array.from({ length: mostCalls }, (_, call) => call)
    .filter(strikes)
    // A rule counts the calls that reach it: those that an earlier rule has struck never do.
    .map((call, earlier) => context.faults.add({ ...where, fault, times: 1, skip: call - earlier }));
  let struck = 0;
  let calls = 0;
  const stop = context.meter.onCall(({ service }) => {
    if (service !== where.service) return;
    const call = calls++;
    if (call < mostCalls && strikes(call)) struck++;
  });
  return {
    end() {
      stop();
      for (const rule of rules) rule.remove();
      return struck;
    },
  };
}

const CLOUD: readonly [what: string, fault: Fault][] = [
  ['is answered with 500 and did nothing', BEFORE],
  ['is answered with 500 though it acted', AFTER],
  ['is throttled', { kind: 'error', status: 400, code: 'Throttling.User' }],
  ['acts, and its answer is lost', LOST],
];

const STORE: readonly [what: string, fault: Fault][] = [
  ['is turned away because the server is busy', { kind: 'error', status: 503, code: 'OTSServerBusy' }],
  ['acts, and its answer is lost', LOST],
];

const CLUSTER: readonly [what: string, fault: Fault][] = [
  ['is answered with 500', BEFORE],
  ['is answered with 403', { kind: 'error', status: 403, code: 'Forbidden' }],
  ['acts, and its answer is lost', LOST],
];

/** Concurrent, because what an adapter repeats by itself waits in real time. */
describe.concurrent.each(KINDS)('nothing is lost, left over or bought twice for an %s when', (kind) => {
  it.each(CLOUD)('a call of the cloud %s, whichever it is', async (_, fault) => {
    const { failures, hits } = await travelThrough(kind, { service: 'openapi' }, fault, 5);
    expect(failures).toEqual([]);
    expect(hits).toBeGreaterThanOrEqual(kind === 'eip' ? 10 : 8);
  });

  it.each(STORE)('a call of the table store %s, whichever it is', async (_, fault) => {
    const { failures, hits } = await travelThrough(kind, { service: 'tablestore' }, fault, 4);
    expect(failures).toEqual([]);
    expect(hits).toBeGreaterThanOrEqual(15);
  });

  it.each(CLUSTER)('a call of the Kubernetes API %s, whichever it is', async (_, fault) => {
    const { failures, hits } = await travelThrough(kind, { service: 'kubernetes' }, fault, 5);
    expect(failures).toEqual([]);
    expect(hits).toBeGreaterThanOrEqual(10);
  });

  it.each([
    ['is refused', BEFORE],
    ['is taken, and the answer is lost', LOST],
  ])('a message to the queue %s', async (_, fault) => {
    const { failures, hits } = await travelThrough(kind, { service: 'mns' }, fault, 2);
    expect(failures).toEqual([]);
    expect(hits).toBeGreaterThan(0);
  });

  it.each([1, 2])('one call in ten fails in one way or another, all the time (seed %i)', async (seed) => {
    const rig = await startRig({ openApi: {}, seed });
    const journey = createJourney(rig, kind, 'web-0');
    const unlucky = { probability: 0.03 };
    for (const leg of journey.legs) {
      await leg.happen();
      for (const fault of [BEFORE, AFTER, LOST]) {
        rig.context.faults.add({ service: 'openapi', fault, ...unlucky });
        rig.context.faults.add({ service: 'kubernetes', fault, ...unlucky });
      }
      rig.context.faults.add({ service: 'tablestore', fault: LOST, ...unlucky });
      await drive(rig, leg.run, rig.newPorts);
      rig.context.faults.clear();
      await drive(rig, leg.run, rig.newPorts);
      await rig.context.clock.advance(SLOWEST_STATE_MS);
      await leg.arrived();
    }
    await journey.nothingLeft();
    expect(journey.violations).toEqual([]);
    journey.end();
    await rig.close();
  });
});

describe('while the API server', () => {
  const EIP = 'k8s.aliyun.com/pod-with-eip';
  const STRATEGY = 'k8s.aliyun.com/pod-eip-release-strategy';
  const HOUR = 3_600_000;
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each<[what: string, fault: Fault]>([
    ['answers with 500', BEFORE],
    ['answers with 403', { kind: 'error', status: 403, code: 'Forbidden' }],
    ['answers 404 about something that is no pod', { kind: 'error', status: 404, code: 'NotFound' }],
    ['drops every connection', DROPPED],
    ['does not answer at all', { kind: 'delay', ms: 1_000 * HOUR }],
  ])('%s, nothing is released or unbound, whatever is due', async (_, fault) => {
    hurryTimeouts();
    const rig = await startRig();
    const living = await rig.startPod('web-0', { [EIP]: 'true' });
    const kept = await rig.startPod('web-1', { [EIP]: 'true', [STRATEGY]: '10m' });
    const parked = await rig.startPod('web-2', { 'network.alibabacloud.com/enable-fixed-ip': 'true' });
    for (const name of ['web-0', 'web-1', 'web-2']) await settle(rig, name);
    for (const pod of [kept, parked]) {
      await rig.endPod(pod);
      await settle(rig, pod.name);
    }
    const before = addressesIn(rig);

    const outage = rig.context.faults.add({ service: 'kubernetes', fault });
    await leap(rig, 49 * HOUR);
    for (const name of ['web-0', 'web-1', 'web-2']) await hinted(name)(rig.newPorts()).catch(() => {});
    expect(addressesIn(rig)).toEqual(before);

    outage.remove();
    await sweep(rig);
    expect(addressesIn(rig)).toEqual(before.filter((line) => line.includes(living.eniId)));
    await rig.close();
  });

  /** The client's patience, in a hundredth of the time. */
  function hurryTimeouts(): void {
    const real = AbortSignal.timeout.bind(AbortSignal);
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => real(ms / 100));
  }

  const addressesIn = ({ world }: Rig): readonly string[] =>
    [
      ...world.eips().map(({ address, binding }) => `${address} on ${binding?.instanceId}`),
      ...world.enis().flatMap(({ id, addresses }) => addresses.slice(1).map(({ ip }) => `${ip} on ${id}`)),
    ].sort();
});
