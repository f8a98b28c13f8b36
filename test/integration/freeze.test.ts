import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Save } from '../../shared/claim/action.ts';
import { KINDS } from '../../shared/claim/identity.ts';
import { reconcile } from '../../shared/reconcile/reconcile.ts';
import { addressesOf, createJourney, drive } from '../rig/journey.ts';
import { buyEip } from '../rig/own-eip.ts';
import { identityOf, type Rig, startRig } from '../rig/parts.ts';
import { leap, passMinutes, settle } from '../rig/timers.ts';

const EIP = { 'k8s.aliyun.com/pod-with-eip': 'true', 'k8s.aliyun.com/pod-eip-release-strategy': '10m' };
const FIXED_IP = {
  'network.alibabacloud.com/enable-fixed-ip': 'true',
  'network.alibabacloud.com/fixed-ip-release-after': '1',
};
const HOUR = 60 * 60_000;

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const freeze = (frozen: boolean) =>
  rig.tables.write([
    { table: 'control', key: [['name', 'switch/releases']], expect: { kind: 'any' }, row: { frozen } },
  ]);

describe('the switch that freezes releases', () => {
  it('stops every release, for as long as it is on', async () => {
    for (const [name, annotations] of [
      ['web-0', EIP],
      ['web-1', FIXED_IP],
      ['job-x', { 'k8s.aliyun.com/pod-with-eip': 'true' }],
    ] as const) {
      const pod = await rig.startPod(name, annotations);
      await settle(rig, name);
      await rig.endPod(pod);
      if (name !== 'job-x') await settle(rig, name);
    }
    await rig.newPorts().cloud.bind.eips.allocate({ ...identityOf('gone-0'), kind: 'eip' }, 'token-1', {});
    await freeze(true);
    await passMinutes(rig, 12);
    await leap(rig, HOUR);
    await passMinutes(rig, 5);
    expect(rig.world.eips()).toMatchObject(Array(3).fill({ status: 'Available' }));
    expect(addressesOf(rig, 'ip')).toHaveLength(1);

    await freeze(false);
    await passMinutes(rig, 20);
    expect(rig.world.eips()).toEqual([]);
    expect(rig.world.enis()).toEqual([]);
  });

  it('stops the end of an intent whose pod is gone; the next pod has an address of its own when it is off', async () => {
    const first = await rig.startPod('web-0', FIXED_IP);
    const { claims, ...ports } = rig.newPorts();
    const save = async (action: Save) => {
      if (action.next.phase === 'Bound') throw new Error('the function is killed');
      return claims.save(action);
    };
    await expect(reconcile({ ...ports, claims: { ...claims, save } }, identityOf('web-0'))).rejects.toThrow(
      'the function is killed',
    );
    // Its ENI outlives it for a while.
    await rig.core.deleteNamespacedPod({ namespace: 'default', name: 'web-0', gracePeriodSeconds: 0 });
    const second = await rig.startPod('web-0', FIXED_IP);
    const addresses = () => [first, second].map(({ eniId }) => rig.world.eni(eniId)?.addresses.length);
    await freeze(true);
    await passMinutes(rig, 5);
    expect(addresses()).toEqual([2, 1]);

    await freeze(false);
    await passMinutes(rig, 2);
    expect(addresses()).toEqual([1, 2]);
  });

  it('keeps no given EIP from the next pod that names it: to let go of one gives nothing back', async () => {
    const id = await buyEip(rig);
    const given = { 'k8s.aliyun.com/pod-eip-instanceid': id };
    const first = await rig.startPod('web-0', given);
    await settle(rig, 'web-0');
    await rig.endPod(first);
    await freeze(true);
    await passMinutes(rig, 3);
    const second = await rig.startPod('web-1', given);
    await passMinutes(rig, 3);
    expect(rig.world.eips()).toMatchObject([{ id, binding: { instanceId: second.eniId } }]);
  });

  it('stops nothing else: addresses are bought, bound, kept and bound again', async () => {
    await freeze(true);
    for (const kind of KINDS) {
      const journey = createJourney(rig, kind, `${kind}-0`);
      for (const leg of journey.legs.slice(0, 3)) {
        await leg.happen();
        await drive(rig, leg.run, rig.newPorts);
        await leg.arrived();
      }
      journey.end();
    }
  });
});
