import { DEFAULT_LATENCY } from '../../infra/local/openapi/options.ts';
import { type Bench, type BenchPod, openBench, until } from './stage.ts';

export interface Cycle {
  readonly writesPerCycle: number;
  readonly readsPerCycle: number;
}

export interface CycleFigures {
  readonly eip: Cycle;
  readonly ip: Cycle;
  readonly storeRoundTripsPerBind: { readonly first: number; readonly again: number };
}

const KINDS = {
  eip: {
    annotations: { 'k8s.aliyun.com/pod-with-eip': 'true', 'k8s.aliyun.com/pod-eip-release-strategy': '10m' },
    condition: 'k8s.aliyun.com/eip',
  },
  ip: {
    annotations: { 'network.alibabacloud.com/enable-fixed-ip': 'true' },
    condition: 'holdfast.io/fixed-ip',
  },
} as const;

/**
 * Calls and round trips, on a cloud whose asynchronous states take the time that they take. One pod after the other:
 * what many at once share, batches of reads and writes, only lowers the figures.
 */
export async function measureCycles(pods = 10): Promise<CycleFigures> {
  const bench = await openBench(DEFAULT_LATENCY);
  try {
    const eip = await measureKind(bench, 'eip', pods);
    const ip = await measureKind(bench, 'ip', pods);
    return {
      eip: eip.cycle,
      ip: ip.cycle,
      storeRoundTripsPerBind: { first: Math.max(eip.first, ip.first), again: Math.max(eip.again, ip.again) },
    };
  } finally {
    await bench.close();
  }
}

async function measureKind(bench: Bench, kind: keyof typeof KINDS, pods: number) {
  let first = 0;
  let again = 0;
  let writes = 0;
  let reads = 0;
  for (let index = 0; index < pods; index++) {
    const name = `${kind}-${index}`;
    bench.resetCounts();
    const pod = await bindPod(bench, kind, name);
    first += bench.counts().storeRoundTrips;

    bench.resetCounts();
    await bench.endPod(pod);
    await bench.postEvent(name, pod.uid, 'Killing');
    await until(() => isFree(bench, pod, kind), `${name} being retained`);
    await bench.cloud.quiet();
    const freed = bench.counts();

    bench.resetCounts();
    await bindPod(bench, kind, name);
    const rebound = bench.counts();
    again += rebound.storeRoundTrips;
    writes += freed.cloudWrites + rebound.cloudWrites;
    reads += freed.cloudReads + rebound.cloudReads;
  }
  const mean = (total: number) => Math.round((total / pods) * 100) / 100;
  return {
    first: mean(first),
    again: mean(again),
    cycle: { writesPerCycle: mean(writes), readsPerCycle: mean(reads) },
  };
}

async function bindPod(bench: Bench, kind: keyof typeof KINDS, name: string): Promise<BenchPod> {
  const { annotations, condition } = KINDS[kind];
  const pod = await bench.startPod(name, annotations);
  await bench.postEvent(name, pod.uid, 'Started');
  await until(() => bench.isTold(name, condition), `${name} being told`);
  await bench.cloud.quiet();
  return pod;
}

/** The EIP is unbound, or the private IP parked. */
function isFree({ world }: Bench, { ip }: BenchPod, kind: keyof typeof KINDS): boolean {
  if (kind === 'eip') return world.eips().every(({ binding }) => binding?.privateIp !== ip);
  return world.enis().some(({ name, addresses }) => name === 'holdfast-parking' && addresses.length > 1);
}
