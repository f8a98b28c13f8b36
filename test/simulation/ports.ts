import { createCloud } from '../../shared/adapters/openapi/cloud.ts';
import { createClaimStore } from '../../shared/adapters/tablestore/claims.ts';
import { createParkingBooks, createReleaseSwitch } from '../../shared/adapters/tablestore/control.ts';
import {
  createQuota,
  DEFAULT_QUOTAS,
  type Permits,
  type QuotaTable,
} from '../../shared/adapters/tablestore/quota.ts';
import { workTime } from '../../shared/adapters/time-left.ts';
import { momentAsKnown } from '../../shared/reconcile/moment.ts';
import type { Log, Ports } from '../../shared/reconcile/ports.ts';
import { type CloudStage, ECS, VPC } from './cloud-stage.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { EventClock } from './event-clock.ts';
import type { FunctionHost } from './function-host.ts';
import { createPodApi } from './pod-api.ts';
import type { Process } from './process/process.ts';
import type { RowStore } from './row-store.ts';
import type { Story } from './story.ts';

export interface PortsOptions {
  readonly clock: EventClock;
  readonly story: Pick<Story, 'callsPerMinute' | 'releasesPerMinute'>;
  readonly installation: string;
  readonly store: RowStore;
  readonly stage: CloudStage;
  readonly clusters: readonly Cluster[];
  queueFor: FunctionHost['queueFor'];
}

/** The product's own adapters, wired for each process to the services of the simulation. */
export function createPortsFor({
  clock,
  story,
  installation,
  store,
  stage,
  clusters,
  queueFor,
}: PortsOptions): (process: Process) => Ports {
  const windows = windowsOf(story);
  let tokens = 0;
  // Permits outlive an invocation: each process is a run in one of a few instances.
  const instances: readonly Permits[] = [new Map(), new Map(), new Map()];
  const permitsOf = ({ number }: Process): Permits => instances[number % instances.length] as Permits;
  return (process) => {
    const tables = store.tablesFor(process);
    const pods = createPodApi(process, clusters, clock.now);
    const quota = createQuota(tables, {
      now: process.now,
      quotas: windows,
      releasesPerMinute: story.releasesPerMinute,
      permits: permitsOf(process),
    });
    return {
      claims: createClaimStore(tables, quiet, () => momentAsKnown({ now: process.now, pods })),
      cloud: createCloud({
        vpc: stage.callFor(process, VPC),
        ecs: stage.callFor(process, ECS),
        installation,
        books: createParkingBooks(tables),
        quota,
        remainingMs: workTime(process.remainingMs),
      }),
      pods,
      hints: queueFor(process),
      quota,
      releases: createReleaseSwitch(tables),
      releasesPerMinute: story.releasesPerMinute,
      log: quiet,
      now: process.now,
      newToken: () => `token-${++tokens}`,
      remainingMs: process.remainingMs,
    };
  };
}

/** Both lanes of every API have a few calls a minute, where the story is about that. */
const windowsOf = ({ callsPerMinute }: PortsOptions['story']): QuotaTable =>
  callsPerMinute === undefined
    ? DEFAULT_QUOTAS
    : Object.fromEntries(
        Object.keys(DEFAULT_QUOTAS).map((api) => [api, { bind: callsPerMinute, release: callsPerMinute }]),
      );

const quiet: Log = { debug() {}, info() {}, warn() {} };
