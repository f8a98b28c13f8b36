import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, Ecs, openStage, regionId, type Stage } from './openapi-stage.ts';

const ZONE = 'cn-hangzhou-h';

describe('an ENI', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.close());

  const only = async (id: string) => (await stage.describeEnis({ networkInterfaceId: [id] }))[0];
  const addresses = (id: string) => stage.world.eni(id)?.addresses.map(({ ip }) => ip);

  it('is created with everything that was asked for, and Available at once', async () => {
    const { vpcId, vSwitchIds, securityGroupId } = stage.world.defaults;
    const { body } = await stage.ecs.createNetworkInterface(
      new Ecs.CreateNetworkInterfaceRequest({
        regionId,
        vSwitchId: vSwitchIds[0],
        securityGroupIds: [securityGroupId],
        primaryIpAddress: '192.168.1.50',
        privateIpAddress: ['192.168.1.51', '192.168.1.52'],
        networkInterfaceName: 'parking',
        description: 'holds addresses',
        deleteOnRelease: false,
        tag: [{ key: 'owner', value: 'holdfast' }],
      }),
    );
    expect(body).toMatchObject({
      status: 'Available',
      privateIpAddress: '192.168.1.50',
      serviceManaged: false,
    });
    expect(await only(body?.networkInterfaceId ?? '')).toMatchObject({
      status: 'Available',
      type: 'Secondary',
      networkInterfaceName: 'parking',
      description: 'holds addresses',
      vpcId,
      vSwitchId: vSwitchIds[0],
      zoneId: ZONE,
      privateIpAddress: '192.168.1.50',
      deleteOnRelease: false,
      serviceManaged: false,
      instanceId: '',
      securityGroupIds: { securityGroupId: [securityGroupId] },
      tags: { tag: [{ tagKey: 'owner', tagValue: 'holdfast' }] },
      privateIpSets: {
        privateIpSet: [
          { primary: true, privateIpAddress: '192.168.1.50' },
          { primary: false, privateIpAddress: '192.168.1.51' },
          { primary: false, privateIpAddress: '192.168.1.52' },
        ],
      },
    });
    expect((await only(body?.networkInterfaceId ?? ''))?.creationTime).toMatch(/^\d{4}-.*:\d{2}Z$/);
  });

  it('gets as many addresses as asked for where none is named, the first of them primary', async () => {
    const eni = await stage.createEni({ secondaryPrivateIpAddressCount: 3 });
    expect(addresses(eni)).toEqual(['192.168.1.1', '192.168.1.2', '192.168.1.3', '192.168.1.4']);
    const mixed = await stage.createEni({ privateIpAddress: ['192.168.1.100'] });
    expect(addresses(mixed)).toEqual(['192.168.1.5', '192.168.1.100']);
  });

  it('is refused an address that is taken, reserved, foreign, named twice or none at all', async () => {
    await stage.createEni({ primaryIpAddress: '192.168.1.50' });
    const primary = (primaryIpAddress: string) => codeOf(stage.createEni({ primaryIpAddress }));
    expect(await primary('192.168.1.50')).toBe('InvalidPrivateIpAddress.Duplicated');
    expect(await primary('192.168.2.50')).toBe('InvalidVSwitchId.IpInvalid');
    expect(await primary('192.168.1.0')).toBe('InvalidVSwitchId.IpInvalid');
    expect(await primary('192.168.1.253')).toBe('InvalidVSwitchId.IpInvalid');
    expect(await primary('192.168.1.252')).toBe('accepted');
    expect(await primary('192.168.01.7')).toBe('InvalidPrivateIpAddress.Malformed');
    expect(
      await codeOf(stage.createEni({ primaryIpAddress: '192.168.1.60', privateIpAddress: ['192.168.1.60'] })),
    ).toBe('InvalidIp.IpRepeated');
    expect(stage.world.enis()).toHaveLength(2);
  });

  it('is refused where the vSwitch is unknown or full, or the security group is left out', async () => {
    const small = stage.world.createVSwitch({ cidr: '192.168.3.0/29', zone: ZONE });
    expect(await codeOf(stage.createEni({ vSwitchId: small.id, secondaryPrivateIpAddressCount: 3 }))).toBe(
      'accepted',
    );
    expect(await codeOf(stage.createEni({ vSwitchId: small.id }))).toBe('InvalidVSwitchId.IpNotEnough');
    expect(await codeOf(stage.createEni({ vSwitchId: 'vsw-none' }))).toBe('InvalidVSwitchId.NotFound');
    expect(await codeOf(stage.createEni({ securityGroupId: '' }))).toBe('MissingSecurityGroupId');
  });

  it('is given addresses by name or by number, all of them or none', async () => {
    const eni = await stage.createEni({ primaryIpAddress: '192.168.1.10' });
    expect(await stage.assign(eni, { privateIpAddress: ['192.168.1.20', '192.168.1.21'] })).toEqual([
      '192.168.1.20',
      '192.168.1.21',
    ]);
    expect(await stage.assign(eni, { secondaryPrivateIpAddressCount: 2 })).toEqual([
      '192.168.1.1',
      '192.168.1.2',
    ]);
    const before = addresses(eni);
    const other = await stage.createEni({ primaryIpAddress: '192.168.1.30' });
    const assign = (...privateIpAddress: string[]) => codeOf(stage.assign(eni, { privateIpAddress }));
    expect(await assign('192.168.1.40', '192.168.1.30')).toBe('InvalidPrivateIpAddress.Duplicated');
    expect(await assign('192.168.1.40', '192.168.1.20')).toBe('InvalidIp.IpAssigned');
    expect(await assign('192.168.1.40', '192.168.1.40')).toBe('InvalidIp.IpRepeated');
    expect(await assign('192.168.1.40', '192.168.9.1')).toBe('InvalidVSwitchId.IpInvalid');
    expect(await codeOf(stage.assign(eni, {}))).toBe('MissingParameter');
    expect(
      await codeOf(
        stage.assign(eni, { privateIpAddress: ['192.168.1.40'], secondaryPrivateIpAddressCount: 1 }),
      ),
    ).toBe('InvalidParameter.Conflict');
    expect(await codeOf(stage.assign('eni-none', { secondaryPrivateIpAddressCount: 1 }))).toBe(
      'InvalidEniId.NotFound',
    );
    expect(addresses(eni)).toEqual(before);
    expect(addresses(other)).toEqual(['192.168.1.30']);
  });

  it('holds 49 secondary addresses while Available, 32 of them a call, and 9 while in use', async () => {
    const eni = await stage.createEni();
    const many = Array.from({ length: 33 }, (_, index) => `192.168.1.${100 + index}`);
    expect(await codeOf(stage.assign(eni, { privateIpAddress: many }))).toBe('InvalidParameter');
    expect(await stage.assign(eni, { privateIpAddress: many.slice(0, 32) })).toHaveLength(32);
    expect(await codeOf(stage.assign(eni, { secondaryPrivateIpAddressCount: 18 }))).toBe(
      'InvalidOperation.Ipv4CountExceeded',
    );
    expect(await stage.assign(eni, { secondaryPrivateIpAddressCount: 17 })).toHaveLength(17);
    const { id } = stage.world.registerInstance({ zone: ZONE });
    expect(await codeOf(stage.attach(eni, id))).toBe('InvalidOperation.Ipv4CountExceeded');

    const attached = await stage.createEni();
    await stage.attach(attached, id);
    expect(await stage.assign(attached, { secondaryPrivateIpAddressCount: 9 })).toHaveLength(9);
    expect(await codeOf(stage.assign(attached, { secondaryPrivateIpAddressCount: 1 }))).toBe(
      'InvalidOperation.Ipv4CountExceeded',
    );
  });

  it('gives secondary addresses back, which are then idle for others', async () => {
    const eni = await stage.createEni({
      primaryIpAddress: '192.168.1.10',
      privateIpAddress: ['192.168.1.20'],
    });
    const other = await stage.createEni({ primaryIpAddress: '192.168.1.11' });
    expect(await codeOf(stage.unassign(eni, '192.168.1.10'))).toBe('InvalidIp.IpUnassigned');
    expect(await codeOf(stage.unassign(eni, '192.168.1.20', '192.168.1.77'))).toBe('InvalidIp.IpUnassigned');
    expect(addresses(eni)).toEqual(['192.168.1.10', '192.168.1.20']);
    await stage.unassign(eni, '192.168.1.20');
    expect(await codeOf(stage.unassign(eni, '192.168.1.20'))).toBe('InvalidIp.IpUnassigned');
    await stage.assign(other, { privateIpAddress: ['192.168.1.20'] });
    expect(addresses(other)).toEqual(['192.168.1.11', '192.168.1.20']);
  });

  it('keeps an address as long as an EIP is bound to it', async () => {
    const eni = await stage.createEni({ privateIpAddress: ['192.168.1.20'] });
    const eip = await stage.allocate();
    await stage.associate(eip, eni, '192.168.1.20');
    expect(await codeOf(stage.unassign(eni, '192.168.1.20'))).toBe('Operation.Conflict');
    expect(await only(eni)).toMatchObject({
      privateIpSets: {
        privateIpSet: [
          { primary: true },
          {
            privateIpAddress: '192.168.1.20',
            associatedPublicIp: { allocationId: eip, publicIpAddress: stage.world.eip(eip)?.address },
          },
        ],
      },
    });
    await stage.unassociate(eip, eni, '192.168.1.20');
    expect(await codeOf(stage.unassign(eni, '192.168.1.20'))).toBe('accepted');
  });

  it('frees its addresses and its EIPs when it is deleted', async () => {
    const eni = await stage.createEni({
      primaryIpAddress: '192.168.1.10',
      privateIpAddress: ['192.168.1.20'],
    });
    const eip = await stage.allocate();
    await stage.associate(eip, eni, '192.168.1.20');
    await stage.deleteEni(eni);
    expect(stage.world.eni(eni)).toBeUndefined();
    expect(stage.world.eip(eip)).toMatchObject({ status: 'Available' });
    expect(await codeOf(stage.deleteEni(eni))).toBe('InvalidEniId.NotFound');
    expect(await codeOf(stage.createEni({ primaryIpAddress: '192.168.1.20' }))).toBe('accepted');
  });

  it('is attached within its zone only, and detached from where it is', async () => {
    const { id } = stage.world.registerInstance({ zone: ZONE });
    const far = stage.world.registerInstance({ zone: 'cn-hangzhou-i' });
    const eni = await stage.createEni();
    expect(await codeOf(stage.attach(eni, 'i-none'))).toBe('InvalidEcsId.NotFound');
    expect(await codeOf(stage.attach(eni, far.id))).toBe('InvalidOperation.AvailabilityZoneMismatch');
    await stage.attach(eni, id);
    expect(await only(eni)).toMatchObject({
      status: 'InUse',
      instanceId: id,
      attachment: { instanceId: id },
    });
    expect(await codeOf(stage.attach(eni, id))).toBe('InvalidOperation.InvalidEniState');
    expect(await codeOf(stage.deleteEni(eni))).toBe('InvalidOperation.InvalidEniState');
    expect(await codeOf(stage.detach(eni, far.id))).toBe('InvalidEcsId.NotFound');
    await stage.detach(eni, id);
    expect(await only(eni)).toMatchObject({ status: 'Available', instanceId: '' });
    expect(await codeOf(stage.detach(eni, id))).toBe('InvalidOperation.InvalidEniState');
  });

  it('cannot be changed by its user when a cloud service manages it', async () => {
    const { id, addresses } = stage.world.createManagedEni({
      instanceId: 'eci-1',
      secondaryIps: ['192.168.1.90'],
    });
    const eip = await stage.allocate();
    const refused = 'InvalidOperation.EniServiceManaged';
    expect(await only(id)).toMatchObject({ serviceManaged: true, status: 'InUse', instanceId: 'eci-1' });
    expect(await codeOf(stage.associate(eip, id))).toBe(refused);
    expect(await codeOf(stage.associate(eip, id, '192.168.1.90'))).toBe(refused);
    expect(await codeOf(stage.assign(id, { secondaryPrivateIpAddressCount: 1 }))).toBe(refused);
    expect(await codeOf(stage.unassign(id, '192.168.1.90'))).toBe(refused);
    expect(await codeOf(stage.detach(id, 'eci-1'))).toBe(refused);
    expect(await codeOf(stage.attach(id, 'eci-1'))).toBe(refused);
    expect(await codeOf(stage.deleteEni(id))).toBe(refused);
    expect(await codeOf(tag(id))).toBe(refused);
    expect(stage.world.eni(id)?.addresses).toEqual(addresses);
    expect(stage.world.eip(eip)?.status).toBe('Available');
    await expect(stage.assign(id, { secondaryPrivateIpAddressCount: 1 })).rejects.toMatchObject({
      statusCode: 403,
    });
  });

  const tag = (id: string) =>
    stage.ecs.tagResources(
      new Ecs.TagResourcesRequest({
        regionId,
        resourceType: 'eni',
        resourceId: [id],
        tag: [{ key: 'pod', value: 'web-0' }],
      }),
    );

  it('takes and loses tags', async () => {
    const eni = await stage.createEni();
    await tag(eni);
    expect(stage.world.eni(eni)?.tags).toEqual([{ key: 'pod', value: 'web-0' }]);
    await stage.ecs.untagResources(
      new Ecs.UntagResourcesRequest({ regionId, resourceType: 'eni', resourceId: [eni], tagKey: ['pod'] }),
    );
    expect(stage.world.eni(eni)?.tags).toEqual([]);
  });

  it('is found by each of its properties', async () => {
    const { vSwitchIds } = stage.world.defaults;
    const { id } = stage.world.registerInstance({ zone: ZONE });
    const eni = await stage.createEni({
      primaryIpAddress: '192.168.1.10',
      privateIpAddress: ['192.168.1.20'],
    });
    const other = await stage.createEni({ vSwitchId: vSwitchIds[1] });
    const managed = stage.world.createManagedEni({ vSwitchId: vSwitchIds[1] });
    await stage.attach(eni, id);
    await tag(eni);
    const ids = async (filter: Parameters<Stage['describeEnis']>[0]) =>
      (await stage.describeEnis(filter)).map(({ networkInterfaceId }) => networkInterfaceId);
    expect(await ids({})).toEqual([eni, other, managed.id]);
    expect(await ids({ networkInterfaceId: [other, 'eni-none'] })).toEqual([other]);
    expect(await ids({ privateIpAddress: ['192.168.1.20', '192.168.2.1'] })).toEqual([eni, other]);
    expect(await ids({ privateIpAddress: ['192.168.1.99'] })).toEqual([]);
    expect(await ids({ primaryIpAddress: '192.168.1.10' })).toEqual([eni]);
    expect(await ids({ primaryIpAddress: '192.168.1.20' })).toEqual([]);
    expect(await ids({ instanceId: id })).toEqual([eni]);
    expect(await ids({ vSwitchId: vSwitchIds[1] })).toEqual([other, managed.id]);
    expect(await ids({ status: 'InUse' })).toEqual([eni]);
    expect(await ids({ serviceManaged: true })).toEqual([managed.id]);
    expect(
      await ids({ tag: [new Ecs.DescribeNetworkInterfacesRequestTag({ key: 'pod', value: 'web-0' })] }),
    ).toEqual([eni]);
    const tooMany = Array.from({ length: 101 }, (_, index) => `10.0.0.${index}`);
    expect(await codeOf(ids({ privateIpAddress: tooMany }))).toBe('InvalidParameter');
  });

  it('is listed once in a walk by NextToken, even if others come and go meanwhile', async () => {
    const enis = [];
    for (let count = 0; count < 25; count++) enis.push(stage.world.createEni({}).id);
    const walked: (string | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const { body } = await stage.ecs.describeNetworkInterfaces(
        new Ecs.DescribeNetworkInterfacesRequest({ regionId, maxResults: 10, nextToken }),
      );
      walked.push(
        ...(body?.networkInterfaceSets?.networkInterfaceSet ?? []).map((one) => one.networkInterfaceId),
      );
      nextToken = body?.nextToken || undefined;
      const [gone] = walked;
      if (gone && stage.world.eni(gone)) stage.world.deleteEni(gone);
    } while (nextToken);
    expect(walked).toEqual(enis);
    expect(await codeOf(stage.describeEnis({ maxResults: 10, nextToken: 'made-up' }))).toBe(
      'InvalidParameter',
    );
  });

  it('is listed by pages for callers of the older kind, and MaxResults is brought into its range', async () => {
    for (let count = 0; count < 12; count++) stage.world.createEni({});
    expect(await stage.describeEnis({})).toHaveLength(10);
    expect(await stage.describeEnis({ pageNumber: 2, pageSize: 5 })).toHaveLength(5);
    expect(await stage.describeEnis({ pageNumber: 3, pageSize: 5 })).toHaveLength(2);
    expect(await stage.describeEnis({ maxResults: 1 })).toHaveLength(10);
    expect(await stage.describeEnis({ maxResults: 1000 })).toHaveLength(12);
  });
});

describe('an ENI in transition', () => {
  const span = { min: 300, max: 300 };

  it('goes through Attaching, Detaching and Deleting in cloud time, and refuses writes meanwhile', async () => {
    const stage = await openStage({
      latency: { AttachNetworkInterface: span, DetachNetworkInterface: span, DeleteNetworkInterface: span },
    });
    const { id } = stage.world.registerInstance({ zone: ZONE });
    const eni = await stage.createEni({ primaryIpAddress: '192.168.1.10' });
    const eip = await stage.allocate();
    const refused = 'InvalidOperation.InvalidEniState';
    const status = () => stage.world.eni(eni)?.status;

    await stage.attach(eni, id);
    expect(status()).toBe('Attaching');
    expect(await codeOf(stage.assign(eni, { secondaryPrivateIpAddressCount: 1 }))).toBe(refused);
    expect(await codeOf(stage.attach(eni, id))).toBe(refused);
    expect(await codeOf(stage.detach(eni, id))).toBe(refused);
    expect(await codeOf(stage.deleteEni(eni))).toBe(refused);
    expect(await codeOf(stage.associate(eip, eni))).toBe('InvalidStatus.EniStatusNotSupport');
    await stage.clock.advance(300);
    expect(status()).toBe('InUse');

    await stage.detach(eni, id);
    expect(status()).toBe('Detaching');
    expect(await codeOf(stage.detach(eni, id))).toBe('accepted');
    await stage.clock.advance(300);
    expect(status()).toBe('Available');

    await stage.deleteEni(eni);
    expect(status()).toBe('Deleting');
    expect(await codeOf(stage.deleteEni(eni))).toBe('accepted');
    expect(await codeOf(stage.createEni({ primaryIpAddress: '192.168.1.10' }))).toBe(
      'InvalidPrivateIpAddress.Duplicated',
    );
    await stage.clock.advance(300);
    expect(status()).toBeUndefined();
    expect(await codeOf(stage.createEni({ primaryIpAddress: '192.168.1.10' }))).toBe('accepted');
    await stage.close();
  });
});
