import type { Kind } from '../../shared/claim/identity.ts';
import { reconcileBatch } from '../../shared/reconcile/hints.ts';
import type { Ports } from '../../shared/reconcile/ports.ts';
import { reconcile } from '../../shared/reconcile/reconcile.ts';
import { resyncPass } from '../../shared/reconcile/resync.ts';
import { retainPass } from '../../shared/reconcile/retain.ts';
import { identityOf, type Rig, type StartedPod } from './parts.ts';

const MINUTE = 60_000;

/** One run of a function: when it must be run again, or undefined where nothing is left to do. */
export type Run = (ports: Ports) => Promise<{ readonly afterMs: number } | undefined>;

export interface Leg {
  readonly name: 'first bind' | 'retention' | 'rebind' | 'second retention' | 'release';
  /** What happens in the world before a function runs. */
  happen(): Promise<void>;
  readonly run: Run;
  /** Throws unless the world is where this leg should have brought it. */
  arrived(): Promise<void>;
}

export interface Journey {
  readonly legs: readonly Leg[];
  /** Lets the orphan sweep find whatever was left behind, and throws where something still is. */
  nothingLeft(): Promise<void>;
  /** What must never be true at any moment, and was. */
  readonly violations: readonly string[];
  end(): void;
}

const ASKS: Readonly<Record<Kind, { annotations: Record<string, string>; retentionMs: number }>> = {
  eip: {
    annotations: { 'k8s.aliyun.com/pod-with-eip': 'true', 'k8s.aliyun.com/pod-eip-release-strategy': '10m' },
    retentionMs: 10 * MINUTE,
  },
  ip: {
    annotations: {
      'network.alibabacloud.com/enable-fixed-ip': 'true',
      'network.alibabacloud.com/fixed-ip-release-after': '1',
    },
    retentionMs: 60 * MINUTE,
  },
};

/** One hint: what `functions/reconcile` does with it. What was refused is left to the sweep, a minute later at best. */
export const hinted =
  (pod: string, look = false): Run =>
  async (ports) => {
    const { again, refused } = await reconcile(ports, { ...identityOf(pod), ...(look ? { look } : {}) });
    return again ?? (refused ? { afterMs: MINUTE } : undefined);
  };

/** One pass of the retention's timer; the next one when even what was refused for good has come up again. */
export const retained: Run = async (ports) => {
  const { waiting, failed } = await retainPass(ports);
  return waiting + failed > 0 ? { afterMs: 11 * MINUTE } : undefined;
};

/** One round of the timers, and of the hints that they give; done when there was nothing to give. */
export const swept =
  (rig: Pick<Rig, 'takeHints'>): Run =>
  async (ports) => {
    const { hinted: given } = await resyncPass(ports);
    const { waiting, failed } = await retainPass(ports);
    const hints = await rig.takeHints();
    if (hints.length > 0) await reconcileBatch(ports, hints);
    return given + waiting + failed > 0 ? { afterMs: MINUTE } : undefined;
  };

const LATE_MS = 15 * MINUTE;

/**
 * One address, from its pod's first bind to the end of its retention: the way that every disturbance is tried on. The
 * world is looked at from outside, never through the ports.
 */
export function createJourney(rig: Rig, kind: Kind, name: string): Journey {
  const { annotations, retentionMs } = ASKS[kind];
  const { world, context } = rig;
  const violations: string[] = [];
  let address: string | undefined;
  /** The pod that lives and was seen to have its address. */
  let bound: StartedPod | undefined;
  let current: StartedPod | undefined;
  let endedAt = 0;

  const has = ({ eniId, ip }: StartedPod, wanted: string | undefined) =>
    kind === 'eip'
      ? world
          .eips()
          .some(
            ({ address: at, binding }) =>
              at === wanted && binding?.instanceId === eniId && binding.privateIp === ip,
          )
      : (world
          .eni(eniId)
          ?.addresses.slice(1)
          .some(({ ip: at }) => at === wanted) ?? false);
  const stop = context.meter.onCall(({ service, operation }) => {
    if (service !== 'openapi' || !bound || has(bound, address)) return;
    violations.push(`${address} was taken from ${bound.name} while it lived, by ${operation}`);
    bound = undefined;
  });

  const start = async () => {
    current = await rig.startPod(name, annotations);
  };
  const end = async () => {
    bound = undefined;
    endedAt = context.clock.now();
    if (current) await rig.endPod(current);
  };
  const isBound = async () => {
    if (!current) throw new Error('no pod was started');
    const all = addressesOf(rig, kind);
    if (all.length !== 1) throw new Error(`there should be one address, there are [${all.join(', ')}]`);
    const [only] = all;
    if (address !== undefined && only !== address)
      throw new Error(`the address was ${address} and is ${only}`);
    address = only;
    if (!has(current, address)) throw new Error(`${address} is not on the pod's ENI`);
    const told = await toldOf(rig, kind, name);
    if (told !== address) throw new Error(`the pod was told ${told}, and has ${address}`);
    bound = current;
  };
  const isKept = async () => {
    const all = addressesOf(rig, kind);
    if (all.length !== 1 || all[0] !== address)
      throw new Error(`kept should be ${address}, there is [${all.join(', ')}]`);
    const [eip] = world.eips();
    if (kind === 'eip' && eip?.status !== 'Available') throw new Error(`the kept EIP is ${eip?.status}`);
  };

  return {
    legs: [
      { name: 'first bind', happen: start, run: hinted(name), arrived: isBound },
      { name: 'retention', happen: end, run: hinted(name), arrived: isKept },
      { name: 'rebind', happen: start, run: hinted(name), arrived: isBound },
      { name: 'second retention', happen: end, run: hinted(name), arrived: isKept },
      {
        name: 'release',
        async happen() {
          await context.clock.advance(endedAt + retentionMs - 1_000 - context.clock.now());
          await retainPass(rig.newPorts());
          await isKept();
          // The retention runs from the moment at which the pod was seen to be gone, which may be some sweeps later.
          await context.clock.advance(LATE_MS);
        },
        run: retained,
        async arrived() {
          const all = addressesOf(rig, kind);
          if (all.length > 0) throw new Error(`left after the retention: [${all.join(', ')}]`);
        },
      },
    ],
    async nothingLeft() {
      // Old enough to be suspected, seen twice, and then in two passes given up.
      for (const ms of [11 * MINUTE, MINUTE, MINUTE, MINUTE]) {
        await context.clock.advance(ms);
        await resyncPass(rig.newPorts());
      }
      await context.clock.advance(1_000);
      const left = [...world.eips(), ...world.enis()].map(({ id, status }) => `${id} (${status})`);
      if (left.length > 0) throw new Error(`left over: ${left.join(', ')}`);
    },
    violations,
    end: stop,
  };
}

/** Every EIP; or every private IP beside an ENI's own. */
export function addressesOf({ world }: Pick<Rig, 'world'>, kind: Kind): readonly string[] {
  if (kind === 'eip') return world.eips().map(({ address }) => address);
  return world.enis().flatMap(({ addresses }) => addresses.slice(1).map(({ ip }) => ip));
}

/** The address that the pod's annotations name, where its condition says that it is bound. */
export async function toldOf(rig: Rig, kind: Kind, pod: string): Promise<string | undefined> {
  const [annotation, type] =
    kind === 'eip'
      ? (['k8s.aliyun.com/allocated-eipAddress', 'k8s.aliyun.com/eip'] as const)
      : (['holdfast.io/fixed-ip', 'holdfast.io/fixed-ip'] as const);
  const { metadata, status } = await rig.readPod(pod);
  const isTrue = status?.conditions?.some((one) => one.type === type && one.status === 'True');
  return isTrue ? metadata?.annotations?.[annotation] : undefined;
}

/** How soon a message comes again whose function ended without an answer. Source: EventBridge, retry policy BACKOFF. */
const REDELIVERED_AFTER_MS = 10_000;
const MOST_RUNS = 30;

/** Runs a function until nothing is left for it to do; one that fails, or dies, is run again with ports of its own. */
export async function drive(rig: Rig, run: Run, newPorts: () => Ports): Promise<void> {
  const errors: string[] = [];
  for (let round = 0; round < MOST_RUNS; round++) {
    let again: { readonly afterMs: number } | undefined = { afterMs: REDELIVERED_AFTER_MS };
    try {
      again = await run(newPorts());
    } catch (error) {
      errors.push(String(error));
    }
    if (!again) return;
    await rig.context.clock.advance(again.afterMs);
  }
  throw new Error(
    `not settled in ${MOST_RUNS} runs; errors: [${errors.join('; ')}]\n${rig.lines.slice(-8).join('\n')}`,
  );
}
