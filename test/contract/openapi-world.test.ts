import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClock } from '../../infra/local/kernel/clock.ts';
import type { RecordWrite, StateChange } from '../../infra/local/openapi/records.ts';
import { codeOf, openStage, type Stage } from './openapi-stage.ts';

const HOUR = 3_600_000;

describe('the world behind the API', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.close());

  it('tells of each change of a state, with the cloud time at which it happened', async () => {
    const changes: StateChange[] = [];
    const slow = await openStage({ latency: { AssociateEipAddress: { min: 300, max: 300 } } });
    const stop = slow.world.onChange((change) => changes.push(change));
    const start = slow.clock.now();
    const eip = await slow.allocate();
    const eni = await slow.createEni();
    await slow.associate(eip, eni);
    await slow.clock.advance(300);
    expect(changes).toEqual([
      { resource: 'eip', id: eip, from: undefined, to: 'Available', at: start },
      { resource: 'eni', id: eni, from: undefined, to: 'Available', at: start },
      { resource: 'eip', id: eip, from: 'Available', to: 'Associating', at: start },
      { resource: 'eip', id: eip, from: 'Associating', to: 'InUse', at: start + 300 },
    ]);
    stop();
    slow.world.deleteEni(eni);
    expect(changes).toHaveLength(4);
    expect(slow.world.eipHistory().at(-1)).toMatchObject({
      id: eip,
      from: 'InUse',
      to: 'Available',
      instanceId: eni,
    });
    await slow.close();
  });

  it('tells of each write with what was before, also where no state changes', async () => {
    const eni = await stage.createEni();
    const writes: RecordWrite[] = [];
    const stop = stage.world.onWrite((write) => writes.push(write));
    await stage.assign(eni, { privateIpAddress: ['192.168.1.200'] });
    expect(writes).toMatchObject([
      { resource: 'eni', before: { id: eni, addresses: [{}] }, at: stage.clock.now() },
    ]);
    expect(writes[0]?.after).toMatchObject({ addresses: [{}, { ip: '192.168.1.200' }] });
    stage.world.deleteEni(eni);
    expect(writes[1]).toMatchObject({ before: { id: eni }, after: undefined });
    stop();
    await stage.allocate();
    expect(writes).toHaveLength(2);
  });

  it('gives each resource an id of its own, and refuses addresses that are taken', () => {
    const vpc = stage.world.createVpc({ cidr: '10.0.0.0/8' });
    const vSwitch = stage.world.createVSwitch({ vpcId: vpc.id, cidr: '10.1.0.0/16', zone: 'cn-hangzhou-h' });
    const first = stage.world.createEni({ vSwitchId: vSwitch.id, primaryIp: '10.1.2.3' });
    expect(first).toMatchObject({
      status: 'Available',
      vpcId: vpc.id,
      securityGroupIds: [vpc.securityGroupId],
    });
    expect(() => stage.world.createManagedEni({ vSwitchId: vSwitch.id, primaryIp: '10.1.2.3' })).toThrow(
      expect.objectContaining({ code: 'InvalidPrivateIpAddress.Duplicated' }),
    );
    expect(stage.world.idleAddresses(vSwitch.id)).toBe(2 ** 16 - 4 - 1);
    stage.world.deleteEni(first.id);
    expect(stage.world.idleAddresses(vSwitch.id)).toBe(2 ** 16 - 4);
    expect(() => stage.world.deleteManagedEni(first.id)).toThrow(first.id);
  });

  it('lets an instance go with those of its ENIs that are deleted with it', async () => {
    const { id } = stage.world.registerInstance({ id: 'i-node', zone: 'cn-hangzhou-h' });
    const goes = await stage.createEni();
    const stays = await stage.createEni({ deleteOnRelease: false });
    await stage.attach(goes, id);
    await stage.attach(stays, id);
    stage.world.releaseInstance(id);
    expect(stage.world.eni(goes)).toBeUndefined();
    expect(stage.world.eni(stays)).toMatchObject({ status: 'Available' });
    expect(stage.world.eni(stays)?.instanceId).toBeUndefined();
  });
});

describe('idle addresses', () => {
  it('are given out the longest idle first', async () => {
    const stage = await openStage();
    const { id } = stage.world.createVSwitch({ cidr: '192.168.3.0/29', zone: 'cn-hangzhou-h' });
    const enis = Array.from({ length: 4 }, () => stage.world.createEni({ vSwitchId: id }));
    const ips = enis.map(({ addresses }) => addresses[0]?.ip);
    expect(ips).toEqual(['192.168.3.1', '192.168.3.2', '192.168.3.3', '192.168.3.4']);
    for (const index of [2, 0, 3]) stage.world.deleteEni(enis[index]?.id ?? '');
    const again = Array.from({ length: 3 }, () => stage.world.createEni({ vSwitchId: id }).addresses[0]?.ip);
    expect(again).toEqual(['192.168.3.3', '192.168.3.1', '192.168.3.4']);
    await stage.close();
  });

  it('are given out at random by a seed, each once, where that is asked for', async () => {
    const drawn = async () => {
      const stage = await openStage({ addressOrder: 'random' });
      const ips = Array.from({ length: 252 }, () => stage.world.createEni({}).addresses[0]?.ip);
      await stage.close();
      return ips;
    };
    const ips = await drawn();
    expect(new Set(ips).size).toBe(252);
    expect(ips.slice(0, 3)).not.toEqual(['192.168.1.1', '192.168.1.2', '192.168.1.3']);
    expect(await drawn()).toEqual(ips);
  });
});

describe('reads that lag', () => {
  it('show the state of so long ago, while writes see what is', async () => {
    const stage = await openStage({ readLagMs: 2000 });
    const eip = await stage.allocate();
    const eni = await stage.createEni();
    const status = async () => (await stage.describeEips({ allocationId: eip }))[0]?.status;
    expect(await status()).toBeUndefined();
    expect(await stage.describeEnis({})).toEqual([]);
    await stage.clock.advance(2000);
    expect(await status()).toBe('Available');
    await stage.associate(eip, eni);
    expect(await status()).toBe('Available');
    expect(await codeOf(stage.associate(eip, eni))).toBe('InvalidAssociation.Duplicated');
    await stage.clock.advance(1999);
    expect(await status()).toBe('Available');
    await stage.clock.advance(1);
    expect(await status()).toBe('InUse');
    await stage.unassociate(eip);
    await stage.release(eip);
    expect(await codeOf(stage.release(eip))).toBe('InvalidAllocationId.NotFound');
    expect(await stage.describeEips()).toMatchObject([{ allocationId: eip, status: 'InUse' }]);
    await stage.clock.advance(2000);
    expect(await stage.describeEips()).toEqual([]);
    expect(await stage.describeEnis({})).toMatchObject([{ networkInterfaceId: eni }]);
    await stage.close();
  });
});

describe('a cloud with a folder', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'openapi-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it('goes on after a restart where it stopped, transitions and tokens included', async () => {
    const span = { min: 400, max: 400 };
    const options = { dataDir, latency: { AssociateEipAddress: span, DeleteNetworkInterface: span } };
    const before = await openStage(options);
    const { vSwitchIds } = before.world.defaults;
    const eip = await before.allocate({ clientToken: 't', name: 'kept' });
    const gone = await before.allocate();
    await before.release(gone);
    const eni = await before.createEni({ primaryIpAddress: '192.168.1.10' });
    const dying = await before.createEni({ primaryIpAddress: '192.168.1.11' });
    await before.associate(eip, eni);
    await before.deleteEni(dying);
    const now = before.clock.now();
    await before.close();

    const after = await openStage({ ...options, clock: createClock({ rate: 0, start: now }) });
    expect(after.world.defaults.vSwitchIds).toEqual(vSwitchIds);
    expect(after.world.eip(eip)).toMatchObject({ status: 'Associating', name: 'kept' });
    await after.clock.advance(400);
    expect(after.world.eip(eip)).toMatchObject({ status: 'InUse', binding: { instanceId: eni } });
    expect(after.world.eni(dying)).toBeUndefined();
    expect(await after.allocate({ clientToken: 't', name: 'kept' })).toBe(eip);
    expect(await codeOf(after.createEni({ primaryIpAddress: '192.168.1.10' }))).toBe(
      'InvalidPrivateIpAddress.Duplicated',
    );
    expect(await codeOf(after.createEni({ primaryIpAddress: '192.168.1.11' }))).toBe('accepted');
    expect(await after.allocate({ instanceId: gone })).toBe(gone);
    const fresh = await after.allocate();
    expect([eip, gone]).not.toContain(fresh);
    expect(new Set(after.world.eips().map(({ address }) => address)).size).toBe(3);
    await after.clock.advance(25 * HOUR);
    expect(await after.allocate({ clientToken: 't', name: 'kept' })).not.toBe(eip);
    await after.close();
  });

  it('has its state on disk as one whole file', async () => {
    const stage = await openStage({ dataDir });
    await stage.allocate({ name: 'saved' });
    await stage.close();
    const saved = JSON.parse(await readFile(join(dataDir, 'openapi.json'), 'utf8'));
    expect(saved).toMatchObject({ format: 1, eips: [{ name: 'saved' }] });
  });
});
