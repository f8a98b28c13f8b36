import { openClusters, problemOfKubeconfig } from '../shared/adapters/kubernetes/cluster.ts';
import { problemOfQuotas } from '../shared/adapters/tablestore/quota.ts';
import { readConfig } from '../shared/runtime/config.ts';
import { createLogger } from '../shared/runtime/log.ts';

/** What every function that works on claims reads when its instance starts: a wrong setting ends it there. */
export const config = readConfig(
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
    'HOLDFAST_RELEASES_PER_MINUTE',
    'HOLDFAST_CLOCK',
    'HOLDFAST_LOG_LEVEL',
  ],
  { HOLDFAST_KUBECONFIG: problemOfKubeconfig, HOLDFAST_QUOTAS: problemOfQuotas },
);

export const log = createLogger({ level: config.HOLDFAST_LOG_LEVEL });
export const clusters = openClusters(config.HOLDFAST_KUBECONFIG);
export const clusterIds: readonly string[] = [...clusters.keys()];
