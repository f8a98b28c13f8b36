import { randomBytes } from 'node:crypto';
import { type Cloud, type CloudOptions, startCloud } from '../local/cloud.ts';
import { writeCloudFile } from '../local/cloud-file.ts';
import type { Exporter } from '../local/exporter/exporter.ts';
import { addSystemPod } from '../local/system-pod.ts';
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

export async function openStage({
  folder,
  dropEvents = 0,
  report = () => {},
  onCloud = () => {},
  ...options
}: StageOptions): Promise<Stage> {
  report('starting the local cloud');
  const cloud = await startCloud(options);
  onCloud(cloud);
  try {
    const intakeToken = randomBytes(24).toString('hex');
    const { cloudFile, kubeconfigPath } = await writeCloudFile(cloud, folder, intakeToken);
    report(`deploying the functions: serverless deploy --stage ${LOCAL_STAGE}`);
    await deploy({
      stage: LOCAL_STAGE,
      cloudFile,
      // A real cluster's clock does not run ahead with the cloud's.
      env: options.kubeconfig === undefined ? {} : { HOLDFAST_CLOCK: 'own' },
      log: (line) => report(`  ${line}`),
    });
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
