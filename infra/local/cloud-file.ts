import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CloudFile } from '../resources/cloud-file.ts';
import type { Cloud } from './cloud.ts';

/** Leaves word of a running cloud where deployment, kubectl and people look for it. */
export async function writeCloudFile(cloud: Cloud, folder: string, intakeToken: string) {
  const { account } = cloud.context;
  const content: CloudFile = {
    accountId: account.id,
    region: account.region,
    accessKeyId: account.owner.accessKeyId,
    accessKeySecret: account.owner.accessKeySecret,
    endpoints: cloud.endpoints,
    tablestoreInstance: cloud.tablestore.instance,
    clusters: [cloud.cluster],
    intakeToken,
  };
  const cloudFile = join(folder, 'cloud.json');
  const kubeconfigPath = join(folder, 'kubeconfig');
  await mkdir(folder, { recursive: true });
  await writeFile(cloudFile, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  await writeFile(kubeconfigPath, cloud.cluster.kubeconfig, { mode: 0o600 });
  return { cloudFile, kubeconfigPath };
}
