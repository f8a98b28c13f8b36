import { CoreV1Api as Core, type CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKubernetesApi } from '../../infra/local/kubernetes/api/server.ts';
import { openClusters } from '../../shared/adapters/kubernetes/cluster.ts';
import { createPodApi } from '../../shared/adapters/kubernetes/pods.ts';
import type { Ports } from '../../shared/reconcile/ports.ts';
import { resyncPass } from '../../shared/reconcile/resync.ts';
import { drive, swept, toldOf } from '../rig/journey.ts';
import { buyEip } from '../rig/own-eip.ts';
import { CLUSTER, type Rig, startRig } from '../rig/parts.ts';
import {
  annotate,
  conditionOf,
  createPendingPod,
  EIP_CONDITION,
  eventsOf,
  IP_CONDITION,
  setStatus,
} from '../rig/pods.ts';
import { leap, passMinutes, settle, startSettledPod, sweep } from '../rig/timers.ts';

const WITH_EIP = 'k8s.aliyun.com/pod-with-eip';
const STRATEGY = 'k8s.aliyun.com/pod-eip-release-strategy';
const EIP = { [WITH_EIP]: 'true', [STRATEGY]: '10m' };
const FIXED_IP = { 'network.alibabacloud.com/enable-fixed-ip': 'true' };
const HOUR = 3_600_000;

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const boundPod = (name: string, annotations: Record<string, string>) =>
  startSettledPod(rig, name, annotations);
const keptEip = async () => {
  const pod = await boundPod('web-0', EIP);
  await rig.endPod(pod);
  await settle(rig, 'web-0');
  return rig.world.eips()[0];
};

describe('a pod of the same name with the feature off', () => {
  it('leaves the EIP and its deadline as they are', async () => {
    const kept = await keptEip();
    await passMinutes(rig, 4);
    const other = await boundPod('web-0', {});
    await passMinutes(rig, 5);
    expect(rig.world.eips()).toEqual([kept]);
    await rig.endPod(other);
    await passMinutes(rig, 2);
    expect(rig.world.eips()).toEqual([]);
  });

  it('gets the EIP when the feature is switched on in time', async () => {
    const kept = await keptEip();
    const pod = await boundPod('web-0', {});
    await passMinutes(rig, 5);
    await annotate(rig.core, 'web-0', EIP);
    await sweep(rig);
    expect(rig.world.eips()).toMatchObject([{ id: kept?.id, binding: { instanceId: pod.eniId } }]);
    await leap(rig, HOUR);
    expect(rig.world.eips()).toMatchObject([{ id: kept?.id, status: 'InUse' }]);
  });
});

describe('a pod that', () => {
  it('has failed counts as deleted, though its object is there', async () => {
    await boundPod('web-0', EIP);
    await setStatus(rig.core, 'web-0', { phase: 'Failed', reason: 'Evicted' });
    await sweep(rig);
    expect(rig.world.eips()).toMatchObject([{ status: 'Available' }]);
    await passMinutes(rig, 5);
    expect(rig.world.eips()).toHaveLength(1);
    await passMinutes(rig, 6);
    expect(rig.world.eips()).toEqual([]);
  });

  it('is being deleted keeps its address until its object is gone', async () => {
    const pod = await rig.startPod('web-0', { [WITH_EIP]: 'true' }, { terminationGracePeriodSeconds: 600 });
    await settle(rig, 'web-0');
    await rig.core.deleteNamespacedPod({ namespace: 'default', name: 'web-0' });
    await passMinutes(rig, 5);
    expect(rig.world.eips()).toMatchObject([{ binding: { instanceId: pod.eniId } }]);
    await rig.endPod(pod);
    await sweep(rig);
    expect(rig.world.eips()).toEqual([]);
  });

  it('is pending is given its address when its network is up, however long that takes', async () => {
    const kept = await keptEip();
    await createPendingPod(rig.core, 'web-0', EIP);
    await passMinutes(rig, 30);
    expect(rig.world.eips()).toEqual([kept]);
    expect(await conditionOf(rig.core, 'web-0', EIP_CONDITION)).toMatch(/^False WaitingForPodIP: /);

    const eni = rig.world.createEni({ instanceId: 'i-node1' });
    await setStatus(rig.core, 'web-0', { phase: 'Running', podIP: eni.addresses[0]?.ip ?? '' });
    await sweep(rig);
    expect(rig.world.eips()).toMatchObject([{ id: kept?.id, binding: { instanceId: eni.id } }]);
  });

  it('lost its IP for a moment keeps its address', async () => {
    const pod = await boundPod('web-0', EIP);
    await setStatus(rig.core, 'web-0', { phase: 'Running', podIP: null as never });
    await passMinutes(rig, 3);
    expect(rig.world.eips()).toMatchObject([{ binding: { instanceId: pod.eniId } }]);
  });

  it('asks for another EIP than the one kept for it waits until that one is released', async () => {
    const kept = await keptEip();
    const id = await buyEip(rig);
    const pod = await rig.startPod('web-0', { 'k8s.aliyun.com/pod-eip-instanceid': id });
    await passMinutes(rig, 5);
    expect(rig.world.eip(kept?.id ?? '')).toMatchObject({ status: 'Available' });
    expect(await conditionOf(rig.core, 'web-0', EIP_CONDITION)).toBe(
      `False WaitingForRelease: The pod names another EIP than the one kept for it; that one is kept to the end of its retention first: ${kept?.address}.`,
    );
    await passMinutes(rig, 8);
    expect(rig.world.eips()).toMatchObject([{ id, binding: { instanceId: pod.eniId } }]);
  });
});

describe('an annotation of a live pod', () => {
  it('that is taken away unbinds the EIP and starts the retention', async () => {
    await boundPod('web-0', EIP);
    await annotate(rig.core, 'web-0', { [WITH_EIP]: null });
    await sweep(rig);
    expect(rig.world.eips()).toMatchObject([{ status: 'Available' }]);
    await passMinutes(rig, 6);
    expect(rig.world.eips()).toHaveLength(1);
    await passMinutes(rig, 6);
    expect(rig.world.eips()).toEqual([]);
  });

  it.each([
    ['EIP', EIP, WITH_EIP, EIP_CONDITION, 'k8s.aliyun.com/allocated-eipAddress'],
    ['fixed IP', FIXED_IP, 'network.alibabacloud.com/enable-fixed-ip', IP_CONDITION, 'holdfast.io/fixed-ip'],
  ])(
    'that is taken away is told to the pod: it is no longer ready for the %s',
    async (_, asks, name, condition, result) => {
      await boundPod('web-0', asks);
      await annotate(rig.core, 'web-0', { [name]: null });
      await sweep(rig);
      expect(await conditionOf(rig.core, 'web-0', condition)).toMatch(/^False Unwanted: /);
      expect((await rig.readPod('web-0')).metadata?.annotations ?? {}).not.toHaveProperty([result]);
      await resyncPass(rig.newPorts());
      expect(await rig.takeHints()).toEqual([]);
    },
  );

  it('that disagrees with its other spelling gives an Event that says which one counts', async () => {
    await boundPod('web-0', {
      ...EIP,
      'network.alibabacloud.com/eip-bandwidth': '10',
      'k8s.aliyun.com/eip-bandwidth': '20',
    });
    expect(await eventsOf(rig.core, 'web-0')).toContain(
      'ConflictingAnnotations: k8s.aliyun.com/eip-bandwidth is "20"; network.alibabacloud.com/eip-bandwidth says something else, and counts.',
    );
  });

  it('that is taken away and comes back in time gives back the same EIP', async () => {
    const pod = await boundPod('web-0', EIP);
    const [before] = rig.world.eips();
    await annotate(rig.core, 'web-0', { [WITH_EIP]: null });
    await sweep(rig);
    await annotate(rig.core, 'web-0', { [WITH_EIP]: 'true' });
    await sweep(rig);
    expect(rig.world.eips()).toMatchObject([{ id: before?.id, binding: { instanceId: pod.eniId } }]);
    expect(await toldOf(rig, 'eip', 'web-0')).toBe(before?.address);
  });

  it('that is taken away parks the fixed IP', async () => {
    const pod = await boundPod('web-0', FIXED_IP);
    const held = rig.world.eni(pod.eniId)?.addresses.slice(1);
    await annotate(rig.core, 'web-0', { 'network.alibabacloud.com/enable-fixed-ip': null });
    await sweep(rig);
    expect(rig.world.eni(pod.eniId)?.addresses).toHaveLength(1);
    const parking = rig.world.enis().find(({ name }) => name === 'holdfast-parking');
    expect(parking?.addresses.slice(1)).toEqual(held);
  });

  it.each([
    ['longer', '30m', 25],
    ['for ever', 'Never', 600],
  ])('that asks for a retention which is %s is taken over', async (_, strategy, minutes) => {
    const pod = await boundPod('web-0', EIP);
    await annotate(rig.core, 'web-0', { [STRATEGY]: strategy });
    await sweep(rig);
    await rig.endPod(pod);
    await settle(rig, 'web-0');
    await leap(rig, minutes * 60_000);
    expect(rig.world.eips()).toMatchObject([{ status: 'Available' }]);
  });

  it('that asks for a shorter retention is taken over', async () => {
    const pod = await boundPod('web-0', { [WITH_EIP]: 'true', [STRATEGY]: 'Never' });
    await annotate(rig.core, 'web-0', { [STRATEGY]: '2m' });
    await sweep(rig);
    await rig.endPod(pod);
    await settle(rig, 'web-0');
    await passMinutes(rig, 4);
    expect(rig.world.eips()).toEqual([]);
  });

  it('that cannot be read takes nothing away', async () => {
    const pod = await boundPod('web-0', EIP);
    await annotate(rig.core, 'web-0', { [WITH_EIP]: 'yes please' });
    await passMinutes(rig, 5);
    expect(rig.world.eips()).toMatchObject([{ binding: { instanceId: pod.eniId } }]);
  });

  it('that cannot be read on a pod that comes back keeps the address until it can', async () => {
    const kept = await keptEip();
    const pod = await rig.startPod('web-0', { ...EIP, [WITH_EIP]: 'yes please' });
    await passMinutes(rig, 15);
    expect(rig.world.eips()).toEqual([kept]);
    await annotate(rig.core, 'web-0', { [WITH_EIP]: 'true' });
    await sweep(rig);
    expect(rig.world.eips()).toMatchObject([{ id: kept?.id, binding: { instanceId: pod.eniId } }]);
  });
});

describe('a pod that cannot be served is told why', () => {
  it("when it uses its node's network", async () => {
    await rig.startPod('web-0', { ...EIP, ...FIXED_IP }, { hostNetwork: true });
    await passMinutes(rig, 3);
    const said = "HostNetwork: The pod uses the node's network and has no IP of its own.";
    expect(await conditionOf(rig.core, 'web-0', EIP_CONDITION)).toBe(`False ${said}`);
    expect(await conditionOf(rig.core, 'web-0', IP_CONDITION)).toBe(`False ${said}`);
    expect([...(await eventsOf(rig.core, 'web-0'))].sort()).toEqual([`EIP${said}`, `FixedIP${said}`]);
    expect(rig.world.eips()).toEqual([]);
  });

  it('when its ENI is managed by the cloud', async () => {
    const eni = rig.world.createManagedEni({});
    await createPendingPod(rig.core, 'web-0', { ...EIP, ...FIXED_IP });
    await setStatus(rig.core, 'web-0', { phase: 'Running', podIP: eni.addresses[0]?.ip ?? '' });
    await passMinutes(rig, 3);
    const said = `ManagedENI: The pod's ENI is managed by the cloud and refuses changes: ${eni.id}.`;
    expect(await conditionOf(rig.core, 'web-0', EIP_CONDITION)).toBe(`False ${said}`);
    expect(await conditionOf(rig.core, 'web-0', IP_CONDITION)).toBe(`False ${said}`);
    expect([...(await eventsOf(rig.core, 'web-0'))].sort()).toEqual([`EIP${said}`, `FixedIP${said}`]);
    expect(rig.world.eips()).toEqual([]);
  });

  it('when the account may have no more EIPs, and is served when it may', async () => {
    rig.world.setQuota('eips', 0);
    const pod = await rig.startPod('web-0', EIP);
    await passMinutes(rig, 3);
    expect(await conditionOf(rig.core, 'web-0', EIP_CONDITION)).toMatch(
      /^False QuotaExceeded: A quota of the account is used up \(.+\): QuotaExceeded\.Eip: AllocateEipAddress: (?!QuotaExceeded).+\.$/,
    );
    rig.world.setQuota('eips', 1);
    await passMinutes(rig, 3);
    expect(rig.world.eips()).toMatchObject([{ binding: { instanceId: pod.eniId } }]);
  });

  it('when its fixed IP belongs to another vSwitch than the one it runs in', async () => {
    const first = await boundPod('web-0', FIXED_IP);
    await rig.endPod(first);
    await settle(rig, 'web-0');
    const [, otherVSwitch] = rig.world.defaults.vSwitchIds;
    const eni = rig.world.createEni({ vSwitchId: otherVSwitch, instanceId: 'i-node2' });
    await createPendingPod(rig.core, 'web-0', FIXED_IP);
    await setStatus(rig.core, 'web-0', { phase: 'Running', podIP: eni.addresses[0]?.ip ?? '' });
    await passMinutes(rig, 3);
    expect(await conditionOf(rig.core, 'web-0', IP_CONDITION)).toMatch(/^False WrongVSwitch/);
  });
});

describe('two clusters with pods of the same name', () => {
  const OTHER = 'c-other';

  it('do not mix: each has its own address, and losing one takes nothing from the other', async () => {
    const second = await startKubernetesApi(rig.context, { clusterId: OTHER });
    const core = coreOf(second.kubeconfig(OTHER));
    // What runs every cluster.
    await createPendingPod(core, 'coredns-0', {});
    const newPorts = (): Ports => {
      const ports = rig.newPorts();
      const clusters = new Map([
        ...openClusters(rig.kubernetes.kubeconfig(CLUSTER)),
        ...openClusters(second.kubeconfig(OTHER)),
      ]);
      return { ...ports, pods: createPodApi({ ...ports, clusters }) };
    };
    const sweepBoth = () => drive(rig, swept(rig), newPorts);

    const here = await rig.startPod('web-0', EIP);
    const eni = rig.world.createEni({ instanceId: 'i-other' });
    await createPendingPod(core, 'web-0', EIP);
    await setStatus(core, 'web-0', { phase: 'Running', podIP: eni.addresses[0]?.ip ?? '' });
    await sweepBoth();
    const at = (eniId: string) =>
      rig.world.eips().find(({ binding }) => binding?.instanceId === eniId)?.address;
    const [ours, theirs] = [at(here.eniId), at(eni.id)];
    expect(new Set([ours, theirs])).toEqual(new Set(rig.world.eips().map(({ address }) => address)));
    expect(rig.world.eips()).toHaveLength(2);

    rig.world.deleteEni(eni.id);
    await core.deleteNamespacedPod({ namespace: 'default', name: 'web-0', gracePeriodSeconds: 0 });
    for (let minute = 0; minute < 15; minute++) {
      await rig.context.clock.advance(60_000);
      await swept(rig)(newPorts());
    }
    expect(rig.world.eips()).toMatchObject([{ address: ours, binding: { instanceId: here.eniId } }]);

    await rig.endPod(here);
    await second.close();
    await sweepBoth();
    expect(rig.world.eips()).toMatchObject([{ address: ours, status: 'Available' }]);
  });

  it('of which one is no longer configured: its addresses are left as they are', async () => {
    const pod = await boundPod('web-0', EIP);
    const kept = rig.world.eips();
    const ports = (): Ports => {
      const all = rig.newPorts();
      return { ...all, pods: createPodApi({ ...all, clusters: new Map() }) };
    };
    await rig.endPod(pod);
    for (let minute = 0; minute < 15; minute++) {
      await rig.context.clock.advance(60_000);
      await swept(rig)(ports());
    }
    expect(rig.world.eips()).toMatchObject(kept.map(({ address }) => ({ address })));
  });
});

function coreOf(kubeconfig: string): CoreV1Api {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  return config.makeApiClient(Core);
}
