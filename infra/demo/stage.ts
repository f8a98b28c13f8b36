import { randomBytes } from 'node:crypto';
import { type Cloud, type CloudOptions, startCloud } from '../local/cloud.ts';
import { writeCloudFile } from '../local/cloud-file.ts';
import type { Exporter } from '../local/exporter/exporter.ts';
import { createKubernetesClient } from '../local/kubernetes/client/client.ts';
import { paths } from '../local/kubernetes/client/paths.ts';
import { serviceName } from '../resources/names.ts';
import { deploy } from '../serverless/deploy.ts';
import { LOCAL_STAGE } from '../serverless/target.ts';

export interface StageOptions extends CloudOptions {
  /** Where `cloud.json` and `kubeconfig` are written. */
  readonly folder: string;
  /** Share of the cluster's Events that the exporter loses, 0 to 1. */
  readonly dropEvents?: number;
  /** Gets a line about what is going on. */
  readonly report?: (line: string) => void;
  /** Sees the cloud before anything is deployed on it. */
  readonly onCloud?: (cloud: Cloud) => void;
}

/** A local cloud with Holdfast deployed on it, and an exporter that forwards the cluster's Events to it. */
export interface Stage {
  readonly cloud: Cloud;
  readonly exporter: Exporter;
  readonly kubeconfigPath: string;
  readonly intakeUrl: string;
  readonly intakeToken: string;
  close(): Promise<void>;
}

const MOST_LOOKS = 30;
const LOOK_AGAIN_MS = 500;

/**
 * A pod of those that run every cluster; nobody schedules it, so that it costs no address. Holdfast doubts a cluster that
 * shows no pod at all, and none but an empty one for tests does.
 */
async function addSystemPod(kubeconfig: string): Promise<void> {
  const client = await createKubernetesClient(kubeconfig);
  const create = () =>
    client.create(paths.pods('kube-system'), {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'coredns' },
      spec: { schedulerName: 'nobody', containers: [{ name: 'main', image: 'coredns' }] },
    });
  try {
    // A control plane that has only just come up makes its namespaces a moment later.
    for (let look = 1; ; look++) {
      try {
        await create();
        return;
      } catch (error) {
        if (look >= MOST_LOOKS) throw error;
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      }
    }
  } finally {
    client.close();
  }
}

export async function openStage({
  folder,
  dropEvents = 0,
  report = () => {},
  onCloud = () => {},
  ...options
}: StageOptions): Promise<Stage> {
  // A real cluster's clock does not run ahead with the cloud's.
  if (options.kubeconfig !== undefined) process.env.HOLDFAST_CLOCK = 'own';
  report('starting the local cloud');
  const cloud = await startCloud(options);
  onCloud(cloud);
  try {
    const intakeToken = randomBytes(24).toString('hex');
    const { cloudFile, kubeconfigPath } = await writeCloudFile(cloud, folder, intakeToken);
    report(`deploying the functions: serverless deploy --stage ${LOCAL_STAGE}`);
    await deploy({ stage: LOCAL_STAGE, cloudFile, log: (line) => report(`  ${line}`) });
    const intakeUrl = cloud.functionCompute.httpUrl(serviceName(LOCAL_STAGE), 'intake');
    await addSystemPod(cloud.cluster.kubeconfig);
    const exporter = await cloud.exportEvents({
      webhook: { url: intakeUrl, headers: { Authorization: `Bearer ${intakeToken}` } },
      loss: { drop: dropEvents },
    });
    return { cloud, exporter, kubeconfigPath, intakeUrl, intakeToken, close: cloud.close };
  } catch (error) {
    await cloud.close();
    throw error;
  }
}
