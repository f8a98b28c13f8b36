import type { Clock, Timer } from '../kernel/clock.ts';
import { isStatus, type KubernetesClient } from '../kubernetes/client/client.ts';
import { conditionOf, microTime, type Node, secondsTime } from '../kubernetes/client/objects.ts';
import { paths } from '../kubernetes/client/paths.ts';

export interface NodeFacts {
  readonly name: string;
  readonly ip: string;
  readonly region: string;
  readonly zone: string;
  readonly virtual: boolean;
  readonly instanceId: string | undefined;
  readonly instanceType: string;
  /** How many pods it holds. */
  readonly pods: number;
}

/** A node's presence in the cluster. */
export interface Presence {
  /** Stops the heartbeat: to the cluster the node is silent. */
  pause(): void;
  resume(): void;
  close(): void;
}

export interface PresenceOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly facts: NodeFacts;
  readonly log: (line: string) => void;
}

/** Source: kubelet, nodeLeaseDurationSeconds 40, renewed four times in that time. */
const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
/** A hurried clock still beats at most once in this much real time. */
const SHORTEST_REAL_BEAT_MS = 1_000;
const LEASES = 'kube-node-lease';

/** Registers the node, or takes over the object that is there, and keeps its lease. Resolves when it is Ready. */
export async function startPresence({ client, clock, facts, log }: PresenceOptions): Promise<Presence> {
  let timer: Timer | undefined;
  let beating = true;
  const beatMs = Math.max(RENEW_MS, SHORTEST_REAL_BEAT_MS * clock.rate);

  const register = async () => {
    try {
      await client.create(paths.nodes(), nodeObject(facts));
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
      const { metadata, spec } = nodeObject(facts);
      await client.patch(paths.nodes(facts.name), 'strategic', {
        metadata: { labels: metadata.labels },
        spec,
      });
    }
    await client.patch(paths.nodes(facts.name, 'status'), 'strategic', {
      status: nodeStatus(facts, clock.now()),
    });
  };
  const renew = async () => {
    const renewTime = microTime(clock.now());
    try {
      await client.patch(paths.leases(LEASES, facts.name), 'merge', { spec: { renewTime } });
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
      await createLease(renewTime);
    }
  };
  const isReady = async () => {
    const node = await client.get<Node>(paths.nodes(facts.name));
    return conditionOf(node.status?.conditions, 'Ready')?.status === 'True';
  };
  const createLease = async (renewTime: string) => {
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: facts.name, namespace: LEASES },
      spec: { holderIdentity: facts.name, leaseDurationSeconds: LEASE_SECONDS, renewTime },
    };
    try {
      await client.create(paths.leases(LEASES), lease);
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: LEASES } };
      await client.create(paths.namespaces(), namespace).catch((refused) => {
        if (!isStatus(refused, 409)) throw refused;
      });
      await client.create(paths.leases(LEASES), lease);
    }
  };
  const beat = async () => {
    try {
      await renew();
      // Taken for lost while it was only slow, or could not reach the API server. Source: kubelet, tryUpdateNodeStatus,
      // which reads the node and writes its status wherever it differs.
      if (beating && !(await isReady())) await register();
    } catch (error) {
      if (beating) log(`${facts.name}: the lease is not renewed: ${(error as Error).message}`);
    }
    // Armed anew only when the answer is in: when the clock leaps by days, no day's worth of heartbeats is sent.
    if (beating) timer = clock.after(beatMs, beat);
  };

  await register();
  await renew();
  timer = clock.after(beatMs, beat);
  const pause = () => {
    beating = false;
    timer?.cancel();
  };
  return {
    pause,
    resume() {
      pause();
      beating = true;
      register()
        .catch((error) => log(`${facts.name}: not registered again: ${(error as Error).message}`))
        .then(beat);
    },
    close: pause,
  };
}

function nodeObject({ name, region, zone, virtual, instanceId, instanceType }: NodeFacts) {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'topology.kubernetes.io/region': region,
        'topology.kubernetes.io/zone': zone,
        'node.kubernetes.io/instance-type': instanceType,
        ...(virtual ? { type: 'virtual-kubelet' } : {}),
      },
    },
    spec: instanceId === undefined ? {} : { providerID: `${region}.${instanceId}` },
  };
}

function nodeStatus({ name, ip, pods, virtual }: NodeFacts, now: number) {
  const time = secondsTime(now);
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  });
  const room = { cpu: '64', memory: '256Gi', pods: String(pods) };
  return {
    addresses: [
      { type: 'InternalIP', address: ip },
      { type: 'Hostname', address: name },
    ],
    capacity: room,
    allocatable: room,
    conditions: [
      condition(
        'MemoryPressure',
        'False',
        'KubeletHasSufficientMemory',
        'kubelet has sufficient memory available',
      ),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
    ],
    nodeInfo: {
      kubeletVersion: virtual ? 'v1.31.1-virtual-kubelet' : 'v1.31.1-aliyun.1',
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
      osImage: 'local cloud',
      kernelVersion: '5.10',
      containerRuntimeVersion: 'containerd://1.6.28',
      machineID: name,
      systemUUID: name,
      bootID: name,
    },
  };
}
