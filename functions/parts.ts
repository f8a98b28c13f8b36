import { randomUUID } from 'node:crypto';
import { openClusters, problemOfKubeconfig } from '../shared/adapters/kubernetes/cluster.ts';
import { createPodApi } from '../shared/adapters/kubernetes/pods.ts';
import { createHintQueue } from '../shared/adapters/mns/hint-queue.ts';
import { createOpenApi } from '../shared/adapters/openapi/call.ts';
import { createEipCloud } from '../shared/adapters/openapi/eips.ts';
import { createEniCloud } from '../shared/adapters/openapi/enis.ts';
import { createClaimStore } from '../shared/adapters/tablestore/claims.ts';
import {
  createParkingBooks,
  createQuota,
  createReleaseSwitch,
  DEFAULT_QUOTAS,
  problemOfQuotas,
} from '../shared/adapters/tablestore/control.ts';
import { createTables } from '../shared/adapters/tablestore/table.ts';
import type { Ports } from '../shared/reconcile/ports.ts';
import { readConfig } from '../shared/runtime/config.ts';
import type { TimedContext } from '../shared/runtime/function-compute.ts';
import { createLogger } from '../shared/runtime/log.ts';

/** The parts of every function that works on claims. Read when the instance starts: a wrong setting ends it there. */
const config = readConfig(
  process.env,
  [
    'HOLDFAST_TABLESTORE_ENDPOINT',
    'HOLDFAST_TABLESTORE_INSTANCE',
    'HOLDFAST_MNS_ENDPOINT',
    'HOLDFAST_QUEUE',
    'HOLDFAST_VPC_ENDPOINT',
    'HOLDFAST_ECS_ENDPOINT',
    'HOLDFAST_VPC_ID',
    'HOLDFAST_KUBECONFIG',
    'HOLDFAST_QUOTAS',
    'HOLDFAST_LOG_LEVEL',
  ],
  { HOLDFAST_KUBECONFIG: problemOfKubeconfig, HOLDFAST_QUOTAS: problemOfQuotas },
);

export const log = createLogger({ level: config.HOLDFAST_LOG_LEVEL });
const clusters = openClusters(config.HOLDFAST_KUBECONFIG);
export const clusterIds: readonly string[] = [...clusters.keys()];

/** Credentials come with each invocation and live for hours; clients are kept for a while, and never past them. */
const KEEP_MS = 10 * 60_000;
let kept: { readonly ports: Omit<Ports, 'remainingMs'>; readonly until: number } | undefined;

export function portsFor(context: TimedContext): Ports {
  if (!kept || kept.until <= Date.now()) kept = { ports: assemble(context), until: Date.now() + KEEP_MS };
  return { ...kept.ports, remainingMs: () => context.getRemainingTimeInMillis() };
}

function assemble({ credentials, region, accountId }: TimedContext): Omit<Ports, 'remainingMs'> {
  const installation = config.HOLDFAST_TABLESTORE_INSTANCE;
  const tables = createTables({
    endpoint: config.HOLDFAST_TABLESTORE_ENDPOINT,
    instance: installation,
    credentials,
  });
  const vpc = createOpenApi({
    endpoint: config.HOLDFAST_VPC_ENDPOINT,
    region,
    version: '2016-04-28',
    credentials,
  });
  const ecs = createOpenApi({
    endpoint: config.HOLDFAST_ECS_ENDPOINT,
    region,
    version: '2014-05-26',
    credentials,
  });
  const now = () => Date.now();
  return {
    claims: createClaimStore(tables, log),
    eips: createEipCloud(vpc, { installation }),
    enis: createEniCloud(ecs, {
      installation,
      books: createParkingBooks(tables),
      vpcId: config.HOLDFAST_VPC_ID,
    }),
    pods: createPodApi({ clusters, log, now }),
    hints: createHintQueue({
      endpoint: config.HOLDFAST_MNS_ENDPOINT,
      queue: config.HOLDFAST_QUEUE,
      accountId,
      credentials,
    }),
    quota: createQuota(tables, now, { ...DEFAULT_QUOTAS, ...config.HOLDFAST_QUOTAS }),
    releases: createReleaseSwitch(tables),
    log,
    now,
    newToken: () => randomUUID(),
  };
}
