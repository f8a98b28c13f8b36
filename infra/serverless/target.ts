import { resolve } from 'node:path';
import { DEFAULT_CLOUD_FILE, readCloudFile, SHORTEST_TOKEN } from '../resources/cloud-file.ts';
import { instanceName, type Place } from '../resources/names.ts';
import { clusterIdsOf, encodeKubeconfig, mergeKubeconfigs } from './kubeconfig.ts';

/** The stage that is deployed to the local cloud. */
export const LOCAL_STAGE = 'local';

export interface Endpoints {
  readonly fc: string;
  readonly mns: string;
  readonly tablestore: string;
  readonly vpc: string;
  readonly ecs: string;
}

/** Where a deployment goes, and what its functions need to know of the place. */
export interface Target extends Place {
  readonly stage: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly accessKeySecret: string;
    readonly securityToken?: string;
  };
  /** As this machine reaches them. */
  readonly endpoints: Endpoints;
  /** As the functions reach them, from inside the region. */
  readonly functionEndpoints: Omit<Endpoints, 'fc'>;
  /** MNS' control plane, which alone can set a dead-letter policy; the local cloud takes it on `mns`. */
  readonly queueControl?: string;
  readonly tablestoreInstance: string;
  /** One kubeconfig in base64; the names of its contexts are cluster ids. */
  readonly kubeconfig: string;
  readonly clusterIds: readonly string[];
  readonly intakeToken: string;
}

export interface TargetOptions {
  readonly stage: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether functions will be written, which takes what they are given: kubeconfig and intake token. */
  readonly writesFunctions: boolean;
}

/** Throws an Error that lists everything that is missing, or says how to start the local cloud. */
export function targetOf(options: TargetOptions): Target {
  return options.stage === LOCAL_STAGE ? localTarget(options) : accountTarget(options);
}

function localTarget({ stage, folder, env }: TargetOptions): Target {
  const cloud = readCloudFile(resolve(folder, env.HOLDFAST_CLOUD || DEFAULT_CLOUD_FILE));
  const { accountId, region, accessKeyId, accessKeySecret, endpoints, intakeToken } = cloud;
  return {
    stage,
    accountId,
    region,
    credentials: { accessKeyId, accessKeySecret },
    endpoints,
    functionEndpoints: endpoints,
    tablestoreInstance: cloud.tablestoreInstance,
    kubeconfig: encodeKubeconfig(mergeKubeconfigs(cloud.clusters)),
    clusterIds: cloud.clusters.map(({ id }) => id),
    intakeToken,
  };
}

/** Source: Tablestore, limits: instance names have 3 to 16 characters. */
const LONGEST_INSTANCE_NAME = 16;
const ACCOUNT_NUMBER = /^[0-9]+$/;

function accountTarget({ stage, env, writesFunctions }: TargetOptions): Target {
  const problems: string[] = [];
  const take = (name: string, what: string, needed = true): string => {
    const value = env[name];
    if (!value && needed) problems.push(`${name} is not set: ${what}`);
    return value ?? '';
  };
  const credentials = {
    accessKeyId: take('ALIBABA_CLOUD_ACCESS_KEY_ID', 'the key id of who deploys'),
    accessKeySecret: take('ALIBABA_CLOUD_ACCESS_KEY_SECRET', 'the secret of that key'),
    ...(env.ALIBABA_CLOUD_SECURITY_TOKEN && { securityToken: env.ALIBABA_CLOUD_SECURITY_TOKEN }),
  };
  const place = {
    accountId: take('ALIBABA_CLOUD_ACCOUNT_ID', 'the number of the account'),
    region: take('ALIBABA_CLOUD_REGION_ID', 'the region, as in cn-hangzhou'),
  };
  if (place.accountId && !ACCOUNT_NUMBER.test(place.accountId)) {
    problems.push('ALIBABA_CLOUD_ACCOUNT_ID is not the number of an account: it has digits only');
  }
  const kubeconfig = take(
    'HOLDFAST_KUBECONFIG',
    'base64 of a kubeconfig whose contexts are named as the cluster ids',
    writesFunctions,
  );
  const intakeToken = take('HOLDFAST_INTAKE_TOKEN', 'what exporters show to the intake', writesFunctions);
  if (intakeToken && intakeToken.length < SHORTEST_TOKEN) {
    problems.push(`HOLDFAST_INTAKE_TOKEN is shorter than ${SHORTEST_TOKEN} characters`);
  }
  let clusterIds: readonly string[] = [];
  try {
    if (kubeconfig) clusterIds = clusterIdsOf(kubeconfig);
  } catch (error) {
    problems.push(`HOLDFAST_KUBECONFIG ${(error as Error).message}`);
  }
  const tablestoreInstance = env.HOLDFAST_TABLESTORE_INSTANCE || instanceName(stage);
  if (tablestoreInstance.length > LONGEST_INSTANCE_NAME) {
    problems.push(
      `"${tablestoreInstance}" is too long for a Tablestore instance (${LONGEST_INSTANCE_NAME} characters): ` +
        'take a shorter stage, or set HOLDFAST_TABLESTORE_INSTANCE',
    );
  }
  if (problems.length > 0) {
    throw new Error(`stage "${stage}" cannot be reached:\n  ${problems.join('\n  ')}`);
  }
  return {
    stage,
    ...place,
    credentials,
    ...accountEndpoints(place, tablestoreInstance),
    tablestoreInstance,
    kubeconfig,
    clusterIds,
    intakeToken,
  };
}

/**
 * Sources: the services' pages of endpoints. Functions take the internal ones: no traffic is paid for, and a Tablestore
 * instance need not be open to the internet once its tables are made.
 */
function accountEndpoints({ accountId, region }: Place, instance: string) {
  const openapi = {
    vpc: `https://vpc.${region}.aliyuncs.com`,
    ecs: `https://ecs.${region}.aliyuncs.com`,
  };
  return {
    endpoints: {
      fc: `https://${accountId}.${region}.fc.aliyuncs.com`,
      mns: `https://${accountId}.mns.${region}.aliyuncs.com`,
      tablestore: `https://${instance}.${region}.ots.aliyuncs.com`,
      ...openapi,
    },
    functionEndpoints: {
      mns: `http://${accountId}.mns.${region}-internal.aliyuncs.com`,
      tablestore: `https://${instance}.${region}.ots-internal.aliyuncs.com`,
      ...openapi,
    },
    queueControl: `https://mns-open.${region}.aliyuncs.com`,
  };
}
