import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEipCloud } from '../../shared/adapters/openapi/eips.ts';
import { claimTags } from '../../shared/adapters/openapi/tags.ts';
import type { Row } from '../../shared/adapters/tablestore/table.ts';
import { KINDS } from '../../shared/claim/identity.ts';
import type { TaggedEip } from '../../shared/reconcile/ports.ts';
import { resyncPass } from '../../shared/reconcile/resync.ts';
import { addressesOf, createJourney, drive, hinted, swept } from '../rig/journey.ts';
import { identityOf, type Rig, startRig } from '../rig/parts.ts';
import { passMinutes, settle, sweep } from '../rig/timers.ts';

const EIP = { 'k8s.aliyun.com/pod-with-eip': 'true', 'k8s.aliyun.com/pod-eip-release-strategy': '10m' };
const FIXED_IP = {
  'network.alibabacloud.com/enable-fixed-ip': 'true',
  'network.alibabacloud.com/fixed-ip-release-after': '1',
};
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

describe.each(KINDS)('with every event lost, an %s', (kind) => {
  it('is bound, kept, bound again and given back by the timers alone', async () => {
    const journey = createJourney(rig, kind, 'web-0');
    for (const leg of journey.legs) {
      await leg.happen();
      await sweep(rig);
      await leg.arrived();
    }
    await journey.nothingLeft();
    expect(journey.violations).toEqual([]);
    journey.end();
  });

  it('costs no hint while it is where it belongs', async () => {
    const journey = createJourney(rig, kind, 'web-0');
    for (const leg of journey.legs.slice(0, 2)) {
      await leg.happen();
      await settle(rig, 'web-0');
      await leg.arrived();
      await rig.takeHints();
      await resyncPass(rig.newPorts());
      expect(await rig.takeHints(), `after the ${leg.name}`).toEqual([]);
    }
    journey.end();
  });

  it('leaves nothing in the store but its history when it is long gone', async () => {
    const journey = createJourney(rig, kind, 'web-0');
    for (const leg of journey.legs) {
      await leg.happen();
      await drive(rig, leg.run, rig.newPorts);
      await leg.arrived();
    }
    journey.end();
    await rig.context.clock.advance(HOUR);
    await sweep(rig);
    const { claims } = await resyncPass(rig.newPorts());
    expect(claims).toBe(0);
    expect(await rig.newPorts().claims.due(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  });
});

describe('an EIP that no claim names', () => {
  const buy = (token = 'token-1') =>
    rig.newPorts().cloud.bind.eips.allocate({ ...identityOf('gone-0'), kind: 'eip' }, token, {});

  it('is left alone while it is young, and released when it was seen twice after that', async () => {
    await buy();
    await passMinutes(rig, 9);
    expect(rig.world.eips()).toHaveLength(1);
    await rig.context.clock.advance(2 * MINUTE);
    await resyncPass(rig.newPorts());
    await resyncPass(rig.newPorts());
    expect(rig.world.eips()).toHaveLength(1);
    await rig.context.clock.advance(MINUTE);
    await resyncPass(rig.newPorts());
    expect(rig.world.eips()).toEqual([]);
  });

  it('is not released on a sighting from long ago and one of now', async () => {
    await buy();
    await rig.context.clock.advance(11 * MINUTE);
    await resyncPass(rig.newPorts());
    await rig.context.clock.advance(2 * HOUR);
    await resyncPass(rig.newPorts());
    expect(rig.world.eips()).toHaveLength(1);
    await passMinutes(rig, 3);
    expect(rig.world.eips()).toEqual([]);
  });

  it('is not released while it is bound to anything', async () => {
    const { allocationId } = await buy();
    const eni = rig.world.createEni({ instanceId: 'i-1' });
    await rig.vpc('AssociateEipAddress', {
      AllocationId: allocationId,
      InstanceType: 'NetworkInterface',
      InstanceId: eni.id,
    });
    await passMinutes(rig, 20);
    expect(rig.world.eips()).toMatchObject([{ id: allocationId, binding: { instanceId: eni.id } }]);
  });

  it('is released once the ENI that it is bound to is gone', async () => {
    const { allocationId } = await buy();
    const eni = rig.world.createEni({ instanceId: 'i-1' });
    await rig.vpc('AssociateEipAddress', {
      AllocationId: allocationId,
      InstanceType: 'NetworkInterface',
      InstanceId: eni.id,
    });
    await passMinutes(rig, 12);
    rig.world.deleteEni(eni.id);
    await passMinutes(rig, 3);
    expect(rig.world.eips()).toEqual([]);
  });

  it('beside another one of the same claim and token is released, and the other one stays', async () => {
    const pod = await rig.startPod('web-0', EIP);
    await settle(rig, 'web-0');
    const [own] = rig.world.eips();
    const { token = '' } = await taggedOf(own?.id);
    const key = { ...identityOf('web-0'), kind: 'eip' } as const;
    await rig.vpc('AllocateEipAddress', { Tag: claimTags('holdfast', key, token) });
    await passMinutes(rig, 14);
    expect(rig.world.eips()).toMatchObject([{ id: own?.id, binding: { instanceId: pod.eniId } }]);
  });

  it("is not released when it is another installation's, or bears no tags at all", async () => {
    const other = createEipCloud(rig.vpc, { installation: 'other' });
    await other.allocate({ ...identityOf('gone-0'), kind: 'eip' }, 'token-1', {});
    await rig.vpc('AllocateEipAddress', { Bandwidth: 5 });
    await passMinutes(rig, 20);
    expect(rig.world.eips()).toHaveLength(2);
  });

  it('is not released while an intent stands that it was bought for', async () => {
    await rig.startPod('web-0', EIP);
    const { cloud, ...ports } = rig.newPorts();
    const { eips } = cloud.bind;
    const allocate: typeof eips.allocate = async (...wishes) => {
      await eips.allocate(...wishes);
      throw new Error('the process is dead');
    };
    const bind = { ...cloud.bind, eips: { ...eips, allocate } };
    await expect(hinted('web-0')({ ...ports, cloud: { ...cloud, bind } })).rejects.toThrow('is dead');
    const [bought] = rig.world.eips();
    const silence = rig.context.faults.add({ service: 'kubernetes', fault: { kind: 'drop' } });
    await passMinutes(rig, 30);
    expect(rig.world.eips()).toMatchObject([{ id: bought?.id, status: 'Available' }]);
    silence.remove();
    await sweep(rig);
    expect(rig.world.eips()).toMatchObject([{ id: bought?.id, status: 'InUse' }]);
  });
});

/** How the listing by tag shows it. */
async function taggedOf(id: string | undefined): Promise<TaggedEip> {
  for await (const page of rig.newPorts().cloud.release.eips.tagged()) {
    const eip = page.find(({ allocationId }) => allocationId === id);
    if (eip) return eip;
  }
  throw new Error(`${id} bears no tag of ours`);
}

describe('a parking ENI', () => {
  it('goes when it holds nothing any more, and not before', async () => {
    const pod = await rig.startPod('web-0', FIXED_IP);
    await settle(rig, 'web-0');
    await rig.endPod(pod);
    await settle(rig, 'web-0');
    await passMinutes(rig, 30);
    expect(rig.world.enis()).toMatchObject([{ name: 'holdfast-parking' }]);
    await passMinutes(rig, 50);
    expect(rig.world.enis()).toEqual([]);
  });

  it("stays when it is somebody else's", async () => {
    rig.world.createEni({ name: 'holdfast-parking' });
    await passMinutes(rig, 20);
    expect(rig.world.enis()).toHaveLength(1);
  });
});

describe('a list of pods that cannot be trusted', () => {
  const bindBoth = async () => {
    await rig.startPod('web-0', { ...EIP, 'k8s.aliyun.com/pod-eip-release-strategy': 'Follow' });
    await rig.startPod('web-1', FIXED_IP);
    await settle(rig, 'web-0');
    await settle(rig, 'web-1');
    return { eips: rig.world.eips(), enis: rig.world.enis() };
  };

  it('takes nothing from anybody when it comes back empty', async () => {
    const before = await bindBoth();
    for (let minute = 0; minute < 15; minute++) {
      const { pods, ...ports } = rig.newPorts();
      await swept(rig)({ ...ports, pods: { ...pods, list: async () => [] } });
      await rig.context.clock.advance(MINUTE);
    }
    expect({ eips: rig.world.eips(), enis: rig.world.enis() }).toEqual(before);
  });

  it.each([500, 403])('takes nothing from anybody when it is answered with %i', async (status) => {
    const before = await bindBoth();
    rig.context.faults.add({
      service: 'kubernetes',
      operation: /list/i,
      fault: { kind: 'error', status, code: 'InternalError' },
    });
    await passMinutes(rig, 15);
    expect({ eips: rig.world.eips(), enis: rig.world.enis() }).toEqual(before);
  });
});

describe('a record of a newer version', () => {
  it.each([
    ['short', 'web-0'],
    ['longer than a tag', `web-${'x'.repeat(120)}`],
  ])('whose name is %s is left alone and reported, and so is the address that it names', async (_, name) => {
    const pod = await rig.startPod(name, EIP);
    await settle(rig, name);
    await rig.endPod(pod);
    await settle(rig, name);
    const [eip] = rig.world.eips();
    const written = await rewriteClaims({ schema: 2, phase: 'Resting' });
    await passMinutes(rig, 40);
    expect(rig.world.eips()).toEqual([eip]);
    expect(await readClaims()).toEqual(written);
    expect(rig.lines.join('\n')).toContain('was written by a newer version (layout 2, known is 1)');
  });

  it('stops the address that it is about, and not the other one of the pod', async () => {
    const pod = await rig.startPod('web-0', { ...EIP, ...FIXED_IP });
    await settle(rig, 'web-0');
    await rig.endPod(pod);
    await settle(rig, 'web-0');
    const ip = addressesOf(rig, 'ip');
    const isAboutIp = ({ claim }: Row) => String(claim).endsWith('/ip');
    const written = await rewriteClaims({ schema: 2 }, isAboutIp);
    await passMinutes(rig, 15);
    expect(rig.world.eips()).toEqual([]);
    await passMinutes(rig, 50);
    expect(addressesOf(rig, 'ip')).toEqual(ip);
    expect(ip).toHaveLength(1);
    expect((await readClaims()).filter(isAboutIp)).toEqual(written.filter(isAboutIp));
  });

  async function readClaims() {
    const { rows } = await rig.tables.range(
      'claims',
      [
        ['bucket', ''],
        ['claim', ''],
      ],
      [
        ['bucket', 'zz'],
        ['claim', ''],
      ],
      10,
    );
    return rows;
  }

  async function rewriteClaims(
    columns: Record<string, string | number>,
    which: (row: Row) => boolean = () => true,
  ) {
    for (const { bucket = '', claim = '', ...row } of (await readClaims()).filter(which)) {
      await rig.tables.write([
        {
          table: 'claims',
          key: [
            ['bucket', bucket],
            ['claim', claim],
          ],
          expect: { kind: 'any' },
          row: { ...row, ...columns },
        },
      ]);
    }
    return readClaims();
  }
});
