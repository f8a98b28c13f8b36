import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage } from '../../infra/demo/stage.ts';
import { type StagedPods, stagedPods } from '../rig/staged-pods.ts';

const WITH_EIP = 'k8s.aliyun.com/pod-with-eip';
const STRATEGY = 'k8s.aliyun.com/pod-eip-release-strategy';
const TOLD_EIP = 'k8s.aliyun.com/allocated-eipAddress';
const KEPT = { [WITH_EIP]: 'true', [STRATEGY]: '10m' };
const FOLLOWS = { [WITH_EIP]: 'true' };
const FIXED_IP = {
  'network.alibabacloud.com/enable-fixed-ip': 'true',
  'network.alibabacloud.com/fixed-ip-release-after': '1',
};

let folder: string;
let stage: Stage;
let pods: StagedPods;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-crash-'));
  stage = await openStage({ folder });
  pods = stagedPods(stage.cloud);
});
afterAll(async () => {
  await stage?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Kills the function's processes once, when the cloud has done what was asked and before it has said so. */
function killAfter(operation: string) {
  const name = 'reconcile';
  const { context, functionCompute } = stage.cloud;
  const killed = { processes: 0, invocations: 0 };
  const stopCalls = context.meter.onCall((call) => {
    if (killed.processes > 0 || call.operation !== operation) return;
    killed.processes = functionCompute.kill(name);
    stopCalls();
  });
  const stopInvocations = functionCompute.onInvocation(({ functionName, error }) => {
    if (functionName !== name || error === undefined) return;
    killed.invocations++;
    stopInvocations();
  });
  return killed;
}

const atLeastOne = expect.toSatisfy((count: number) => count > 0);
const KILLED = { processes: atLeastOne, invocations: atLeastOne };

const eips = () => stage.cloud.openApi.world.eips();
const toldEip = async (name: string) => (await pods.read(name)).metadata?.annotations?.[TOLD_EIP];
const isBound = async (name: string) => {
  const podIp = (await pods.read(name)).status?.podIP;
  const bound = eips().some(({ status, binding }) => status === 'InUse' && binding?.privateIp === podIp);
  return podIp !== undefined && bound && (await toldEip(name)) !== undefined;
};

/** Private IPs beside the ENIs' own, with the ENI that has each. */
const secondaryIps = () =>
  stage.cloud.openApi.world
    .enis()
    .flatMap(({ id, name, addresses }) => addresses.slice(1).map(({ ip }) => ({ ip, eniId: id, name })));

describe('the process of a function that is killed between what the cloud did and its record', () => {
  it.each(['AllocateEipAddress', 'AssociateEipAddress'])(
    'after %s: the pod gets one EIP, and one is all there is',
    async (operation) => {
      const name = `first-${operation.slice(0, 5).toLowerCase()}`;
      const killed = killAfter(operation);
      await pods.create(name, FOLLOWS);
      await pods.until('the bind', () => isBound(name));
      expect(killed).toEqual(KILLED);
      expect(eips()).toHaveLength(1);
      expect(eips()[0]?.address).toBe(await toldEip(name));

      await pods.remove(name);
      await pods.until('the release', () => eips().length === 0);
    },
  );

  it('after UnassociateEipAddress and after the next AssociateEipAddress: the pod gets its EIP back', async () => {
    await pods.create('web-0', KEPT);
    await pods.until('the bind', () => isBound('web-0'));
    const [before] = eips();

    const killedFirst = killAfter('UnassociateEipAddress');
    await pods.remove('web-0');
    await pods.until('the unbind', () => killedFirst.invocations > 0 && eips()[0]?.status === 'Available');
    expect(killedFirst).toEqual(KILLED);

    const killedAgain = killAfter('AssociateEipAddress');
    await pods.create('web-0', KEPT);
    await pods.until('the rebind', () => isBound('web-0'));
    expect(killedAgain).toEqual(KILLED);
    expect(eips()).toMatchObject([{ id: before?.id, address: before?.address }]);
    expect(await toldEip('web-0')).toBe(before?.address);
  });

  it('after ReleaseEipAddress: the EIP is gone, no other is, and the name can begin anew', async () => {
    const [other] = eips();
    await pods.create('job-1', FOLLOWS);
    await pods.until('the bind', () => isBound('job-1'));
    const killed = killAfter('ReleaseEipAddress');
    await pods.remove('job-1');
    await pods.until('the release', () => killed.invocations > 0 && eips().length === 1);
    expect(killed).toEqual(KILLED);
    expect(eips()).toMatchObject([{ id: other?.id, status: 'InUse' }]);

    await pods.create('job-1', FOLLOWS);
    await pods.until('the bind', () => isBound('job-1'));
    expect(eips()).toHaveLength(2);
    await pods.remove('job-1');
    await pods.until('the release', () => eips().length === 1);
  });

  it('after AssignPrivateIpAddresses, for the pod and for its parking: one fixed IP, and the same one again', async () => {
    const killedFirst = killAfter('AssignPrivateIpAddresses');
    await pods.create('ip-0', FIXED_IP);
    const told = async () => (await pods.read('ip-0')).metadata?.annotations?.['holdfast.io/fixed-ip'];
    await pods.until('the bind', async () => (await told()) !== undefined);
    expect(killedFirst).toEqual(KILLED);
    const fixed = await told();
    expect(secondaryIps()).toMatchObject([{ ip: fixed }]);

    const killedAgain = killAfter('CreateNetworkInterface');
    await pods.remove('ip-0');
    await pods.until(
      'the parking',
      () => killedAgain.invocations > 0 && secondaryIps()[0]?.name === 'holdfast-parking',
    );
    expect(secondaryIps()).toMatchObject([{ ip: fixed }]);

    await pods.create('ip-0', FIXED_IP);
    await pods.until('the rebind', async () => (await told()) !== undefined);
    expect(await told()).toBe(fixed);
    expect(secondaryIps()).toMatchObject([{ ip: fixed }]);
    await pods.remove('ip-0');
  });
});
