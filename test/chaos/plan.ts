import type { Loss } from '../../infra/local/exporter/exporter.ts';
import { createRandom, type Random } from '../../infra/local/kernel/random.ts';
import type { Wishes } from './ledger.ts';
import { every, pick, type Timed } from './timing.ts';
import { type Spell, spells } from './weather.ts';

export type WorkloadKind = 'StatefulSet' | 'Deployment';

export interface Workload {
  readonly kind: WorkloadKind;
  readonly name: string;
  readonly replicas: number;
  readonly wishes: Wishes;
  /** Its one pod names an EIP of the user's own. */
  readonly givenEip: boolean;
  /** Pods start one after the other (false), or all at once. */
  readonly parallel: boolean;
}

/** What people and controllers do to a cluster. `pick` in [0, 1) chooses among the pods that are there by then. */
export type Deed =
  | {
      readonly kind: 'delete pod' | 'kill pod' | 'evict pod';
      readonly workload: string;
      readonly pick: number;
    }
  | { readonly kind: 'scale'; readonly workload: string; readonly replicas: number }
  | { readonly kind: 'roll'; readonly workload: string }
  | { readonly kind: 'recreate'; readonly workload: string; readonly awayMs: number };

/** SIGKILL, at a time or as soon as the cloud has done what `after` names and has not said so. */
export interface Kill {
  readonly functionName: string;
  readonly after?: string;
  /** In [0, 1): which of its processes. */
  readonly pick: number;
}

export interface Plan {
  readonly workloads: readonly Workload[];
  readonly deeds: readonly Timed<Deed>[];
  readonly kills: readonly Timed<Kill>[];
  readonly spells: readonly Timed<Spell>[];
  /** How events get lost, from each of these times on. */
  readonly losses: readonly Timed<{ readonly loss: Loss }>[];
  /** When the API server ends every watch. */
  readonly watchEnds: readonly Timed<object>[];
}

export interface PlanOptions {
  readonly seed: number;
  readonly pods: number;
  /** How long there is churn, ms of real time. */
  readonly ms: number;
}

/** All that will go wrong, from one seed. What it meets is up to processes that race, and differs from run to run. */
export function planChaos({ seed, pods, ms }: PlanOptions): Plan {
  const random = createRandom(seed);
  const workloads = planWorkloads(random.fork('workloads'), pods);
  return {
    workloads,
    deeds: planDeeds(random.fork('deeds'), workloads, pods, ms),
    kills: planKills(random.fork('kills'), ms),
    spells: spells(random.fork('weather'), ms),
    losses: every(random.fork('losses'), 5_000, ms, (draw) => ({ loss: LOSSES[pick(draw, LOSSES)] ?? {} })),
    watchEnds: every(random.fork('watches'), 7_000, ms, () => ({})),
  };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FOR_EVER = Number.POSITIVE_INFINITY;

interface Sort extends Pick<Workload, 'kind' | 'wishes'> {
  readonly name: string;
  /** Share of the pods. */
  readonly share: number;
}

/** Every retention of either kind of address, and both kinds at once. A Deployment's pods get a new name each. */
const SORTS: readonly Sort[] = [
  { name: 'eip-kept', kind: 'StatefulSet', share: 0.24, wishes: { eip: 5 * MINUTE } },
  { name: 'eip-ever', kind: 'StatefulSet', share: 0.06, wishes: { eip: FOR_EVER } },
  { name: 'eip-follows', kind: 'StatefulSet', share: 0.08, wishes: { eip: 0 } },
  { name: 'ip-kept', kind: 'StatefulSet', share: 0.24, wishes: { ip: HOUR } },
  { name: 'ip-follows', kind: 'StatefulSet', share: 0.06, wishes: { ip: 0 } },
  { name: 'both', kind: 'StatefulSet', share: 0.18, wishes: { ip: HOUR, eip: 5 * MINUTE } },
  { name: 'edge', kind: 'Deployment', share: 0.1, wishes: { eip: 0 } },
  { name: 'plain', kind: 'Deployment', share: 0.04, wishes: {} },
];

const MOST_REPLICAS = 12;
const GIVEN_EIPS = 2;

function planWorkloads(random: Random, pods: number): readonly Workload[] {
  const workloads: Workload[] = [];
  for (const { name, share, ...sort } of SORTS) {
    const count = Math.max(1, Math.round(pods * share));
    const sets = Math.ceil(count / MOST_REPLICAS);
    for (let set = 0; set < sets; set++) {
      const replicas = Math.floor(count / sets) + (set < count % sets ? 1 : 0);
      const parallel = random.next() < 0.6;
      workloads.push({ ...sort, name: `${name}-${set}`, replicas, parallel, givenEip: false });
    }
  }
  for (let given = 0; given < GIVEN_EIPS; given++) {
    const common = { kind: 'StatefulSet', replicas: 1, parallel: false, givenEip: true } as const;
    workloads.push({ ...common, name: `given-${given}`, wishes: { eip: FOR_EVER } });
  }
  return workloads;
}

/** One deed a second for so many pods, and hardly fewer for less; a roll or a recreation counts as one and ends many pods. */
const PODS_PER_DEED = 150;

function planDeeds(random: Random, workloads: readonly Workload[], pods: number, ms: number) {
  const apart = 1_000 / Math.max(0.7, pods / PODS_PER_DEED);
  return every(random, apart, ms, (draw): Deed => {
    const target = workloads[pick(draw, workloads)];
    const workload = target?.name ?? '';
    const chance = draw.next();
    if (chance < 0.5) return { kind: 'delete pod', workload, pick: draw.next() };
    if (chance < 0.6) return { kind: 'kill pod', workload, pick: draw.next() };
    if (chance < 0.68) return { kind: 'evict pod', workload, pick: draw.next() };
    if (chance < 0.76) return { kind: 'roll', workload };
    if (chance < 0.84) return { kind: 'recreate', workload, awayMs: draw.integer(0, 20_000) };
    return { kind: 'scale', workload, replicas: target ? scaled(draw, target) : 0 };
  });
}

/** Sometimes to nothing, mostly to about as many as there were. The user's own EIP is for one pod. */
function scaled(random: Random, { replicas, givenEip }: Workload): number {
  if (givenEip || random.next() < 0.15) return random.integer(0, givenEip ? 1 : 0);
  return random.integer(Math.floor(replicas * 0.7), Math.ceil(replicas * 1.3));
}

/** What a function has just done when it dies in an ambush. */
const AMBUSHES = [
  'AllocateEipAddress',
  'AssociateEipAddress',
  'UnassociateEipAddress',
  'ReleaseEipAddress',
  'AssignPrivateIpAddresses',
  'UnassignPrivateIpAddresses',
  'CreateNetworkInterface',
  'UpdateRow',
  'PutRow',
  'patch pods/status',
];
const KILLS_APART_MS = 2_500;
const FUNCTIONS = ['reconcile', 'reconcile', 'reconcile', 'retain', 'resync', 'intake'];

function planKills(random: Random, ms: number) {
  return every(random, KILLS_APART_MS, ms, (draw): Kill => {
    const kill = { functionName: FUNCTIONS[pick(draw, FUNCTIONS)] ?? '', pick: draw.next() };
    const after = AMBUSHES[pick(draw, AMBUSHES)] ?? '';
    return kill.functionName !== 'intake' && draw.next() < 0.5 ? { ...kill, after } : kill;
  });
}

const LOSSES: readonly Loss[] = [
  {},
  { drop: 0.3 },
  { drop: 1 },
  { duplicate: 1 },
  { drop: 0.2, duplicate: 0.3, delayMs: { min: 0, max: 60_000 } },
  { duplicate: 0.5, reorder: true },
];
