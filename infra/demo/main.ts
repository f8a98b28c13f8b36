import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeOnSignal, INTERRUPTED } from '../local/close-on-signal.ts';
import { refuseSecondCloud, removeCloudFile } from '../local/cloud-file.ts';
import { readCommandLine } from '../local/command-line.ts';
import { showFunctionLog } from '../local/function-log.ts';
import { startControlPlane } from '../local/kubernetes/control-plane.ts';
import { openCluster } from './cluster.ts';
import { openStage, type Stage } from './stage.ts';
import { tellStory } from './story.ts';
import { createView } from './view.ts';

const USAGE = `npm run demo -- [options]     the samples' whole life, in under a minute
npm start                     the same cloud with the samples applied; stays up

  --drop-events SHARE   lose that share of the cluster's events, 0 to 1 (default 0)
  --keep-running        stay up when the story is over, and say how to use kubectl on it
  --json                print the verdict as one JSON object on the last line
  --real-kubernetes     use the control plane in the folder KUBEBUILDER_ASSETS instead of the emulated one
  --verbose             show what is deployed, line by line, and what the functions log`;

interface Options {
  readonly dropEvents: number;
  readonly keepRunning: boolean;
  readonly json: boolean;
  readonly realKubernetes: boolean;
  readonly stay: boolean;
  readonly verbose: boolean;
}

/** Where `npm start` leaves word of the running cloud, as `npm run cloud` does. */
const HOME = '.holdfast';

async function main(options: Options): Promise<number> {
  const started = performance.now();
  const folder = options.stay || options.keepRunning ? HOME : await mkdtemp(join(tmpdir(), 'holdfast-demo-'));
  if (folder === HOME) await refuseSecondCloud(HOME);
  let plane: Awaited<ReturnType<typeof startRealKubernetes>> | undefined;
  const clusterId = 'c-local';
  let stage: Stage | undefined;
  let view = createView({ colors: process.stdout.isTTY === true, write: console.log, start: Date.now() });
  const close = closeOnSignal(async () => {
    await stage?.close();
    await plane?.close();
    if (folder === HOME) await removeCloudFile(HOME);
    else await rm(folder, { recursive: true, force: true });
  }, INTERRUPTED);

  try {
    if (options.realKubernetes) plane = await startRealKubernetes();
    console.log('Holdfast: pods keep their addresses. Everything below runs on this machine.');
    stage = await openStage({
      folder,
      clusterId,
      dropEvents: options.dropEvents,
      log: (line) => {
        if (options.verbose) view.note(line);
      },
      report: (line) => {
        if (options.verbose || !line.startsWith('  ')) view.note(line);
      },
      onCloud: ({ functionCompute }) =>
        showFunctionLog(functionCompute, { verbose: options.verbose, write: (line) => view.note(line) }),
      ...(plane ? { kubeconfig: plane.kubeconfig(clusterId) } : {}),
    });
    if (options.stay) {
      await applySamples(stage);
      console.log(howToUse(stage));
      return await forever();
    }
    const { clock } = stage.cloud.context;
    view = createView({ colors: process.stdout.isTTY === true, write: console.log, start: clock.now() });
    const verdict = await tellStory(stage, view.show);
    const seconds = (performance.now() - started) / 1_000;
    const good = view.verdict(verdict, seconds);
    if (options.keepRunning) console.log(howToUse(stage));
    if (options.json) console.log(JSON.stringify({ ...verdict, seconds: Math.round(seconds * 10) / 10 }));
    return options.keepRunning ? await forever() : good ? 0 : 1;
  } finally {
    await close();
  }
}

async function startRealKubernetes() {
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (!assets)
    throw new Error(
      '--real-kubernetes needs KUBEBUILDER_ASSETS: a folder with etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kubectl',
    );
  return startControlPlane({ assets });
}

async function applySamples({ cloud }: Stage): Promise<void> {
  const cluster = await openCluster(cloud.context, cloud.cluster.kubeconfig);
  await cluster.apply('statefulset-fixed-ip.yaml', 'default');
  await cluster.apply('statefulset-eip.yaml', 'games');
  await cluster.apply('deployment-eip.yaml', 'edge');
  cluster.close();
}

function howToUse({ kubeconfigPath, cloud, intakeUrl }: Stage): string {
  return `
The cloud stays up; Ctrl-C ends it. In another terminal:

  export KUBECONFIG=$PWD/${kubeconfigPath}
  kubectl get pods -A -o wide -w
  kubectl rollout restart statefulset web
  kubectl get pod web-0 -o jsonpath='{.metadata.annotations}'
  kubectl describe pod -n games example-0

  npx serverless info --stage local        functions, triggers, the intake's URL
  intake      ${intakeUrl}
  functions   ${cloud.endpoints.fc}
  queues      ${cloud.endpoints.mns}
  tables      ${cloud.endpoints.tablestore}
  VPC, ECS    ${cloud.endpoints.vpc}
`;
}

const forever = () => new Promise<number>(() => {});

const options = readCommandLine({
  usage: USAGE,
  options: {
    'drop-events': { type: 'string', default: '0' },
    'keep-running': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'real-kubernetes': { type: 'boolean', default: false },
    stay: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
  check: (values): Options => {
    const dropEvents = Number(values['drop-events']);
    if (values['drop-events'].trim() === '' || !(dropEvents >= 0 && dropEvents <= 1))
      throw new Error(`--drop-events is "${values['drop-events']}"; it is a share from 0 to 1`);
    return {
      dropEvents,
      keepRunning: values['keep-running'],
      json: values.json,
      realKubernetes: values['real-kubernetes'],
      stay: values.stay,
      verbose: values.verbose,
    };
  },
});
main(options).then(
  (code) => process.exit(code),
  (error) => {
    console.error(`\n${error instanceof Error ? error.message : error}`);
    process.exit(1);
  },
);
