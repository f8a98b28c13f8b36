import { randomBytes } from 'node:crypto';
import { serviceName } from '../resources/names.ts';
import { closeOnSignal } from './close-on-signal.ts';
import { startCloud } from './cloud.ts';
import { refuseSecondCloud, removeCloudFile, writeCloudFile } from './cloud-file.ts';
import { readCommandLine } from './command-line.ts';
import { makeDataFolder } from './data-folder.ts';
import { showFunctionLog } from './function-log.ts';
import { addSystemPod } from './system-pod.ts';

const USAGE = `npm run cloud -- [options]     a cloud on this machine; stays up until Ctrl-C

  --data-dir FOLDER   keep tables, queues, EIPs and ENIs there; they are found again at the next start
  --seed N            seed of everything random (default 1)
  --verbose           show what the functions log, and what the services have to say`;

/** Where deployment and kubectl look for the running cloud. */
const HOME = '.holdfast';

interface Options {
  readonly dataDir?: string;
  readonly seed: number;
  readonly verbose: boolean;
}

async function main({ dataDir, seed, verbose }: Options): Promise<void> {
  if (dataDir !== undefined) await makeDataFolder(dataDir);
  await refuseSecondCloud(HOME);
  console.log('starting');
  const cloud = await startCloud({
    seed,
    ...(dataDir === undefined ? {} : { dataDir }),
    log: (line) => {
      if (verbose) console.log(`  ${line}`);
    },
  });
  await addSystemPod(cloud.cluster.kubeconfig);
  showFunctionLog(cloud.functionCompute, { verbose, write: (line) => console.log(`  ${line}`) });
  const intakeToken = randomBytes(24).toString('hex');
  const { cloudFile, kubeconfigPath } = await writeCloudFile(cloud, HOME, intakeToken);
  // Where the intake will be once it is deployed; until then the exporter's posts find nobody, as they would anywhere.
  const url = cloud.functionCompute.httpUrl(serviceName('local'), 'intake');
  await cloud.exportEvents({ webhook: { url, headers: { Authorization: `Bearer ${intakeToken}` } } });

  const { fc, mns, tablestore, vpc } = cloud.endpoints;
  console.log(`
The local cloud is up; Ctrl-C ends it.

  functions    ${fc}
  queues       ${mns}
  tables       ${tablestore}   instance ${cloud.tablestore.instance}
  VPC, ECS     ${vpc}
  cluster      ${cloud.cluster.id}

  written to ${cloudFile} (endpoints and keys, for deployment) and ${kubeconfigPath}

  npx serverless deploy --stage local
  export KUBECONFIG=$PWD/${kubeconfigPath}
  kubectl apply -f infra/kubernetes/samples/statefulset-eip.yaml
  kubectl get pods -o wide -w
`);
  closeOnSignal(async () => {
    console.log('stopping');
    await Promise.all([cloud.close(), removeCloudFile(HOME)]);
  }, 0);
}

const options = readCommandLine({
  usage: USAGE,
  options: {
    'data-dir': { type: 'string' },
    seed: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
  },
  check: ({ seed, verbose, 'data-dir': dataDir }): Options => {
    if (!/^\d{1,9}$/.test(seed)) throw new Error(`--seed is "${seed}"; it is a whole number`);
    if (dataDir?.trim() === '') throw new Error('--data-dir is empty; it is a folder');
    return { seed: Number(seed), verbose, ...(dataDir === undefined ? {} : { dataDir }) };
  },
});
main(options).catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
