import { NO_LATENCY } from '../../infra/local/openapi/options.ts';
import { type Bench, type BenchPod, openBench, until } from './stage.ts';

export interface SpeedFigures {
  readonly eventsPerSecond: number;
  readonly eventToBoundMs: { readonly p50: number; readonly p99: number };
}

const EIP = { 'k8s.aliyun.com/pod-with-eip': 'true', 'k8s.aliyun.com/pod-eip-release-strategy': '10m' };

/**
 * Pods of the latency measurement, and the pause between one and the next: ten pods a second, five times what the
 * default quota of AssociateEipAddress lets through.
 */
const LATENCY_PODS = 200;
const PAUSE_MS = 100;
/**
 * Pods before them: the first calls of a process pay for its connections and its compiler, which a function that is warm
 * has behind it.
 */
const WARM_PODS = 100;
const WARM_PAUSE_MS = 25;
/** The burst: a rolling restart of that many pods, each with the events that its node and the scheduler write. */
const BURST_PODS = 300;
const REASONS = [
  'Killing',
  'SuccessfulCreate',
  'Scheduled',
  'Pulling',
  'Pulled',
  'Created',
  'Started',
  'Unhealthy',
  'Pulled',
  'Started',
];

/** On a cloud without latency, so that what is measured is Holdfast and the SDKs. */
export async function measureSpeed(): Promise<SpeedFigures> {
  const bench = await openBench(NO_LATENCY);
  try {
    return { eventToBoundMs: await measureLatency(bench), eventsPerSecond: await measureBurst(bench) };
  } finally {
    await bench.close();
  }
}

/** From the moment the exporter's post leaves until the cloud has the EIP on the pod's ENI. */
async function measureLatency(bench: Bench): Promise<SpeedFigures['eventToBoundMs']> {
  const boundAt = new Map<string, number>();
  const stop = bench.world.onChange(({ resource, id, to }) => {
    if (resource !== 'eip' || to !== 'InUse') return;
    const ip = bench.world.eip(id)?.binding?.privateIp;
    if (ip) boundAt.set(ip, performance.now());
  });
  const bind = async (pods: readonly BenchPod[], pauseMs: number) => {
    const posted = new Map<string, number>();
    const posts: Promise<void>[] = [];
    for (const pod of pods) {
      posted.set(pod.ip, performance.now());
      posts.push(bench.postEvent(pod.name, pod.uid, 'Started'));
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    await Promise.all(posts);
    await until(() => pods.every(({ ip }) => boundAt.has(ip)), 'every pod being bound');
    // Each is looked at once more, a second later: that belongs to these pods, and not to the next.
    await drained(bench);
    return posted;
  };
  const warm = await startPods(bench, 'warm', WARM_PODS);
  const measured = await startPods(bench, 'latency', LATENCY_PODS);
  await bind(warm, WARM_PAUSE_MS);
  const posted = await bind(measured, PAUSE_MS);
  stop();
  const waits = [...posted]
    .map(([ip, at]) => (boundAt.get(ip) ?? Number.POSITIVE_INFINITY) - at)
    .sort((a, b) => a - b);
  const quantile = (share: number) => Math.round((waits[Math.ceil(waits.length * share) - 1] ?? 0) * 10) / 10;
  return { p50: quantile(0.5), p99: quantile(0.99) };
}

/** Until every event is worked off and every EIP is back on its pod, through one instance of one function. */
async function measureBurst(bench: Bench): Promise<number> {
  const first = await startPods(bench, 'burst', BURST_PODS);
  for (const { name, uid } of first) await bench.queueEvent(name, uid, 'Started');
  await until(() => first.every((pod) => isBound(bench, pod)), 'the first bind');
  const second: BenchPod[] = [];
  for (const pod of first) {
    await bench.endPod(pod);
    second.push(await bench.startPod(pod.name, EIP));
  }
  await drained(bench);

  const events = second.flatMap((pod) => REASONS.map((reason) => ({ pod, reason })));
  const started = performance.now();
  await Promise.all(
    interleave(events, second.length).map(({ pod, reason }) => bench.queueEvent(pod.name, pod.uid, reason)),
  );
  await until(() => second.every((pod) => isBound(bench, pod)), 'every pod being bound again');
  await drained(bench);
  return Math.round(events.length / ((performance.now() - started) / 1_000));
}

const isBound = ({ world }: Bench, { ip }: BenchPod): boolean =>
  world.eips().some(({ status, binding }) => status === 'InUse' && binding?.privateIp === ip);

async function startPods(bench: Bench, name: string, count: number): Promise<readonly BenchPod[]> {
  const pods: BenchPod[] = [];
  for (let index = 0; index < count; index++) pods.push(await bench.startPod(`${name}-${index}`, EIP));
  return pods;
}

async function drained({ cloud }: Bench): Promise<void> {
  await until(() => {
    const { active, inactive, delayed } = cloud.mns.queues.depth('holdfast-local-hints');
    return active + inactive + delayed === 0;
  }, 'the queue being empty');
}

/** The pods' events mixed, each pod's own in order: as many pods restart side by side. */
function interleave<T>(items: readonly T[], pods: number): readonly T[] {
  const perPod = items.length / pods;
  return items.map((_, index) => items[(index % pods) * perPod + Math.floor(index / pods)] as T);
}
