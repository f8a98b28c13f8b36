import { randomUUID } from 'node:crypto';
import { createPodApi } from '../shared/adapters/kubernetes/pods.ts';
import { createHintQueue } from '../shared/adapters/mns/hint-queue.ts';
import { createOpenApi } from '../shared/adapters/openapi/call.ts';
import { createCloud } from '../shared/adapters/openapi/cloud.ts';
import { createClaimStore } from '../shared/adapters/tablestore/claims.ts';
import { createParkingBooks, createReleaseSwitch } from '../shared/adapters/tablestore/control.ts';
import { createQuota, DEFAULT_QUOTAS, type Permits } from '../shared/adapters/tablestore/quota.ts';
import { createTables, openTableClient } from '../shared/adapters/tablestore/table.ts';
import { workTime } from '../shared/adapters/time-left.ts';
import { momentAsKnown } from '../shared/reconcile/moment.ts';
import type { Ports } from '../shared/reconcile/ports.ts';
import type { TimedContext } from '../shared/runtime/function-compute.ts';
import { clusters, config, log } from './instance.ts';

/** Credentials come with each invocation and live for hours; clients are kept for a while, and never past them. */
const KEEP_MS = 10 * 60_000;
let kept: { readonly clients: Clients; readonly until: number } | undefined;
/** Permits belong to the process: several invocations can run in it at the same time. */
const permits: Permits = new Map();

/** Connections are kept, and everything else is made for the invocation: how long it may run is its own matter. */
export function portsFor(context: TimedContext): Ports {
  if (!kept || kept.until <= Date.now())
    kept = { clients: openClients(context), until: Date.now() + KEEP_MS };
  return assemble(kept.clients, context);
}

type Clients = ReturnType<typeof openClients>;

function openClients({ credentials, region }: TimedContext) {
  return {
    table: openTableClient({
      endpoint: config.HOLDFAST_TABLESTORE_ENDPOINT,
      instance: config.HOLDFAST_TABLESTORE_INSTANCE,
      credentials,
    }),
    vpc: createOpenApi({
      endpoint: config.HOLDFAST_VPC_ENDPOINT,
      region,
      version: '2016-04-28',
      credentials,
    }),
    ecs: createOpenApi({
      endpoint: config.HOLDFAST_ECS_ENDPOINT,
      region,
      version: '2014-05-26',
      credentials,
    }),
  };
}

function assemble({ table, vpc, ecs }: Clients, context: TimedContext): Ports {
  const now = () => Date.now();
  const remainingMs = () => context.getRemainingTimeInMillis();
  const workMs = workTime(remainingMs);
  const pods = createPodApi({
    clusters,
    log,
    now,
    elapsedMs: () => performance.now(),
    remainingMs: workMs,
    comparesClocks: config.HOLDFAST_CLOCK !== 'own',
  });
  const tables = createTables(table, workMs);
  const quotas = { ...DEFAULT_QUOTAS, ...config.HOLDFAST_QUOTAS };
  const quota = createQuota(tables, {
    now,
    quotas,
    releasesPerMinute: config.HOLDFAST_RELEASES_PER_MINUTE,
    permits,
  });
  return {
    claims: createClaimStore(tables, log, () => momentAsKnown({ now, pods })),
    cloud: createCloud({
      vpc,
      ecs,
      installation: config.HOLDFAST_TABLESTORE_INSTANCE,
      books: createParkingBooks(tables),
      vpcId: config.HOLDFAST_VPC_ID,
      quota,
      remainingMs: workMs,
    }),
    pods,
    hints: createHintQueue({
      endpoint: config.HOLDFAST_MNS_ENDPOINT,
      queue: config.HOLDFAST_QUEUE,
      accountId: context.accountId,
      credentials: context.credentials,
      remainingMs,
    }),
    quota,
    releases: createReleaseSwitch(tables),
    releasesPerMinute: config.HOLDFAST_RELEASES_PER_MINUTE,
    log,
    now,
    newToken: () => randomUUID(),
    remainingMs,
  };
}
