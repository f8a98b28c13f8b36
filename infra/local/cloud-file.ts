import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CloudFile, readCloudFile } from '../resources/cloud-file.ts';
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

/** A cloud that has ended must not be found. */
export async function removeCloudFile(folder: string): Promise<void> {
  await Promise.all(['cloud.json', 'kubeconfig'].map((name) => rm(join(folder, name), { force: true })));
}

/** Throws where the cloud that left word of itself in the folder still answers: a second one would hide it. */
export async function refuseSecondCloud(folder: string): Promise<void> {
  const path = join(folder, 'cloud.json');
  if (!existsSync(path)) return;
  const { endpoints } = readLeftFile(path);
  const answers = await fetch(endpoints.mns).then(
    () => true,
    () => false,
  );
  if (answers)
    throw new Error(
      `a local cloud is running already: ${path} says where. Use it, or end it with Ctrl-C first`,
    );
}

/** Whether a cloud runs cannot be told from a file that is broken: whoever started one knows. */
function readLeftFile(path: string): CloudFile {
  try {
    return readCloudFile(path);
  } catch (cause) {
    throw new Error(
      `${path} does not say where a local cloud is: end the one that runs, if any, delete the file, and start again`,
      { cause },
    );
  }
}
