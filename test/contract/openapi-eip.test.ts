import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, openStage, regionId, type Stage, Vpc } from './openapi-stage.ts';

const HOUR = 3_600_000;

describe('an EIP', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.close());

  it('is allocated with everything that was asked for', async () => {
    const { body } = await stage.vpc.allocateEipAddress(
      new Vpc.AllocateEipAddressRequest({
        regionId,
        bandwidth: '42',
        internetChargeType: 'PayByTraffic',
        ISP: 'BGP_PRO',
        name: 'web-0',
        description: 'of web-0',
        resourceGroupId: 'rg-mine',
        publicIpAddressPoolId: 'pippool-1',
        zone: 'cn-hangzhou-h',
        securityProtectionTypes: ['AntiDDoS_Enhanced'],
        tag: [
          { key: 'owner', value: 'holdfast' },
          { key: 'pod', value: 'default/web-0' },
        ],
      }),
    );
    expect(body?.allocationId).toMatch(/^eip-bp1[a-z0-9]{17}$/);
    const [eip] = await stage.describeEips({ allocationId: body?.allocationId ?? '' });
    expect(eip).toMatchObject({
      allocationId: body?.allocationId,
      ipAddress: body?.eipAddress,
      status: 'Available',
      bandwidth: '42',
      eipBandwidth: '42',
      internetChargeType: 'PayByTraffic',
      chargeType: 'PostPaid',
      ISP: 'BGP_PRO',
      name: 'web-0',
      description: 'of web-0',
      resourceGroupId: 'rg-mine',
      publicIpAddressPoolId: 'pippool-1',
      zone: 'cn-hangzhou-h',
      securityProtectionTypes: { securityProtectionType: ['AntiDDoS_Enhanced'] },
      tags: {
        tag: [
          { key: 'owner', value: 'holdfast' },
          { key: 'pod', value: 'default/web-0' },
        ],
      },
      instanceId: '',
      businessStatus: 'Normal',
      serviceManaged: 0,
      deletionProtection: false,
    });
    expect(Date.parse(eip?.allocationTime ?? '')).toBeGreaterThan(stage.clock.now() - 1001);
  });

  it('is paid by bandwidth at 5 Mbit/s unless stated otherwise', async () => {
    const [eip] = await stage.describeEips({ allocationId: await stage.allocate() });
    expect(eip).toMatchObject({ bandwidth: '5', internetChargeType: 'PayByBandwidth', ISP: 'BGP' });
  });

  it('is refused a bandwidth that its charge type does not reach', async () => {
    expect(await codeOf(stage.allocate({ bandwidth: '201', internetChargeType: 'PayByTraffic' }))).toBe(
      'InvalidBandwidth.Malformed',
    );
    expect(await codeOf(stage.allocate({ bandwidth: '201' }))).toBe('accepted');
    expect(await codeOf(stage.allocate({ bandwidth: '501' }))).toBe('InvalidBandwidth.Malformed');
    expect(await codeOf(stage.allocate({ bandwidth: 'much' }))).toBe('InvalidBandwidth.Malformed');
  });

  it('is one of 20, and of more once the quota is raised', async () => {
    for (let count = 0; count < 20; count++) await stage.allocate();
    expect(await codeOf(stage.allocate())).toBe('QuotaExceeded.Eip');
    stage.world.setQuota('eips', 21);
    expect(await codeOf(stage.allocate())).toBe('accepted');
    expect(stage.world.eips()).toHaveLength(21);
  });

  it('can be had back by address or id for seven days after its release', async () => {
    const first = await stage.allocate();
    const second = await stage.allocate();
    const address = stage.world.eip(first)?.address ?? '';
    expect(await codeOf(stage.allocate({ ipAddress: address }))).toBe('Ip.Allocated');
    await stage.release(first);
    await stage.release(second);

    const again = await stage.vpc.allocateEipAddress(
      new Vpc.AllocateEipAddressRequest({ regionId, ipAddress: address }),
    );
    expect(again.body).toMatchObject({ eipAddress: address, allocationId: first });
    const pro = await stage.vpc.allocateEipAddressPro(
      new Vpc.AllocateEipAddressProRequest({ regionId, instanceId: second }),
    );
    expect(pro.body?.allocationId).toBe(second);

    await stage.release(first);
    await stage.clock.advance(7 * 24 * HOUR + 1);
    expect(await codeOf(stage.allocate({ ipAddress: address }))).toBe('OperationFailed.AllocateUnfamiliarIp');
    expect(await codeOf(stage.allocate({ instanceId: first, ipAddress: address }))).toBe(
      'InvalidParameter.Conflict',
    );
  });

  it('is bound to the private IP that is named, or to the primary one', async () => {
    const eni = await stage.createEni({
      primaryIpAddress: '192.168.1.10',
      privateIpAddress: ['192.168.1.11'],
    });
    const onPrimary = await stage.allocate();
    const onSecondary = await stage.allocate();
    await stage.associate(onPrimary, eni);
    await stage.associate(onSecondary, eni, '192.168.1.11');
    const [first] = await stage.describeEips({ allocationId: onPrimary });
    const [second] = await stage.describeEips({ allocationId: onSecondary });
    expect(first).toMatchObject({
      status: 'InUse',
      instanceId: eni,
      instanceType: 'NetworkInterface',
      instanceRegionId: regionId,
      privateIpAddress: '192.168.1.10',
      mode: 'NAT',
      vpcId: stage.world.defaults.vpcId,
    });
    expect(second).toMatchObject({ status: 'InUse', instanceId: eni, privateIpAddress: '192.168.1.11' });
  });

  it('is not bound where the private IP has one, where it is bound already, or where the target is wrong', async () => {
    const eni = await stage.createEni();
    const other = await stage.createEni();
    const bound = await stage.allocate();
    const free = await stage.allocate();
    await stage.associate(bound, eni);
    expect(await codeOf(stage.associate(free, eni))).toBe('BIND_INSTANCE_HAVE_PORTMAP_OR_BIND_EIP');
    expect(await codeOf(stage.associate(bound, other))).toBe('InvalidAssociation.Duplicated');
    expect(await codeOf(stage.associate(bound, eni))).toBe('InvalidAssociation.Duplicated');
    expect(await codeOf(stage.associate(free, other, '192.168.1.250'))).toBe('InvalidParameter');
    expect(await codeOf(stage.associate(free, 'eni-none'))).toBe('InvalidInstanId.NotFound');
    expect(await codeOf(stage.associate('eip-none', other))).toBe('InvalidAllocationId.NotFound');
    expect(
      await codeOf(
        stage.call('Vpc', 'AssociateEipAddress', {
          AllocationId: free,
          InstanceId: 'ngw-1',
          InstanceType: 'Nat',
        }),
      ),
    ).toBe('InvalidInstanceType.ValueNotSupported');
    expect(stage.world.eip(free)?.status).toBe('Available');
    expect(stage.world.eip(bound)?.binding?.instanceId).toBe(eni);
  });

  it('can be bound to an instance, one to each', async () => {
    const { id } = stage.world.registerInstance({ zone: 'cn-hangzhou-h' });
    const first = await stage.allocate();
    const second = await stage.allocate();
    await stage.call('Vpc', 'AssociateEipAddress', { AllocationId: first, InstanceId: id });
    expect(
      await codeOf(stage.call('Vpc', 'AssociateEipAddress', { AllocationId: second, InstanceId: id })),
    ).toBe('InvalidAssociation.Duplicated');
    expect(
      await stage.describeEips({ associatedInstanceType: 'EcsInstance', associatedInstanceId: id }),
    ).toMatchObject([{ allocationId: first, instanceType: 'EcsInstance' }]);
  });

  it('stays where it is when the call names another ENI or private IP than it is bound to', async () => {
    const eni = await stage.createEni({ primaryIpAddress: '192.168.1.10' });
    const other = await stage.createEni();
    const eip = await stage.allocate();
    await stage.associate(eip, eni);
    const before = stage.world.eip(eip);
    expect(await codeOf(stage.unassociate(eip, other))).toBe('InvalidParameter');
    expect(await codeOf(stage.unassociate(eip, eni, '192.168.1.99'))).toBe('InvalidParameter');
    expect(stage.world.eip(eip)).toBe(before);
    expect(await codeOf(stage.unassociate(eip, eni, '192.168.1.10'))).toBe('accepted');
    expect(stage.world.eip(eip)).toMatchObject({ status: 'Available' });
    expect(stage.world.eip(eip)?.binding).toBeUndefined();
    expect(await codeOf(stage.associate(await stage.allocate(), eni))).toBe('accepted');
  });

  it('is released only when it is Available, and is absent then', async () => {
    const eni = await stage.createEni();
    const eip = await stage.allocate();
    await stage.associate(eip, eni);
    expect(await codeOf(stage.release(eip))).toBe('IncorrectEipStatus');
    await stage.unassociate(eip);
    expect(await codeOf(stage.unassociate(eip))).toBe('IncorrectEipStatus');
    await stage.release(eip);
    expect(await stage.describeEips({ allocationId: eip })).toEqual([]);
    expect(await codeOf(stage.release(eip))).toBe('InvalidAllocationId.NotFound');
  });

  it('is not released when it is paid for in advance', async () => {
    const eip = await stage.allocate({ instanceChargeType: 'PrePaid' });
    expect(await codeOf(stage.release(eip))).toBe('Forbidden.ChargeTypeIsPrepaid');
  });

  it('takes another bandwidth, name and description', async () => {
    const allocationId = await stage.allocate({ internetChargeType: 'PayByTraffic' });
    await stage.vpc.modifyEipAddressAttribute(
      new Vpc.ModifyEipAddressAttributeRequest({
        allocationId,
        bandwidth: '200',
        name: 'n',
        description: 'd',
      }),
    );
    expect(await stage.describeEips({ allocationId })).toMatchObject([
      { bandwidth: '200', name: 'n', description: 'd' },
    ]);
    const tooMuch = new Vpc.ModifyEipAddressAttributeRequest({ allocationId, bandwidth: '201' });
    expect(await codeOf(stage.vpc.modifyEipAddressAttribute(tooMuch))).toBe('InvalidBandwidth.Malformed');
  });

  it('is found by each of its properties', async () => {
    const eni = await stage.createEni();
    const eip = await stage.allocate({
      name: 'wanted',
      tag: [new Vpc.AllocateEipAddressRequestTag({ key: 'k', value: 'v' })],
    });
    const other = await stage.allocate();
    await stage.associate(eip, eni);
    const ids = async (filter: Parameters<Stage['describeEips']>[0]) =>
      (await stage.describeEips(filter)).map(({ allocationId }) => allocationId);
    const tag = (key: string, value?: string) => ({
      tag: [new Vpc.DescribeEipAddressesRequestTag({ key, value })],
    });
    expect(await ids({ eipName: 'wanted' })).toEqual([eip]);
    expect(await ids({ eipAddress: stage.world.eip(eip)?.address ?? '' })).toEqual([eip]);
    expect(await ids({ status: 'InUse' })).toEqual([eip]);
    expect(await ids({ status: 'Available' })).toEqual([other]);
    expect(await ids({ associatedInstanceType: 'NetworkInterface', associatedInstanceId: eni })).toEqual([
      eip,
    ]);
    expect(await ids(tag('k', 'v'))).toEqual([eip]);
    expect(await ids(tag('k'))).toEqual([eip]);
    expect(await ids(tag('k', 'w'))).toEqual([]);
    expect(await ids({ allocationId: `${eip},${other},eip-none` })).toEqual([eip, other]);
  });

  it('is listed in pages of up to 100, and asked for by up to 50 ids at once', async () => {
    stage.world.setQuota('eips', 200);
    stage.world.setQuota('AllocateEipAddress', 1000);
    for (let count = 0; count < 101; count++) await stage.allocate();
    const page = async (pageNumber: number, pageSize: number) => {
      const request = new Vpc.DescribeEipAddressesRequest({ regionId, pageNumber, pageSize });
      return (await stage.vpc.describeEipAddresses(request)).body;
    };
    expect(await stage.describeEips()).toHaveLength(10);
    const first = await page(1, 100);
    const second = await page(2, 100);
    expect(first).toMatchObject({ totalCount: 101, pageNumber: 1, pageSize: 100 });
    expect(first?.eipAddresses?.eipAddress).toHaveLength(100);
    expect(second?.eipAddresses?.eipAddress).toHaveLength(1);
    expect(await codeOf(page(1, 101))).toBe('InvalidParameter');
    const ids = stage.world.eips().map(({ id }) => id);
    expect(await codeOf(stage.describeEips({ allocationId: ids.slice(0, 50).join(',') }))).toBe('accepted');
    expect(await codeOf(stage.describeEips({ allocationId: ids.slice(0, 51).join(',') }))).toBe(
      'InvalidParameter',
    );
  });
});

describe('an EIP in transition', () => {
  const span = { min: 400, max: 400 };
  let stage: Stage;
  let eip: string;
  let eni: string;
  const status = () => stage.world.eip(eip)?.status;

  beforeEach(async () => {
    stage = await openStage({
      latency: { AssociateEipAddress: span, UnassociateEipAddress: span, ReleaseEipAddress: span },
    });
    eip = await stage.allocate();
    eni = await stage.createEni();
  });
  afterEach(() => stage.close());

  it('goes through Associating, Unassociating and Releasing in cloud time', async () => {
    await stage.associate(eip, eni);
    expect(status()).toBe('Associating');
    await stage.clock.advance(399);
    expect(status()).toBe('Associating');
    await stage.clock.advance(1);
    expect(status()).toBe('InUse');
    await stage.unassociate(eip, eni);
    expect(await stage.describeEips({ allocationId: eip })).toMatchObject([{ status: 'Unassociating' }]);
    await stage.clock.advance(400);
    expect(status()).toBe('Available');
    await stage.release(eip);
    expect(await stage.describeEips({ allocationId: eip })).toMatchObject([{ status: 'Releasing' }]);
    await stage.clock.advance(400);
    expect(status()).toBeUndefined();
    expect(stage.world.eipHistory().map(({ to }) => to)).toEqual([
      'Available',
      'Associating',
      'InUse',
      'Unassociating',
      'Available',
      'Releasing',
      undefined,
    ]);
  });

  it('can only be looked at meanwhile', async () => {
    const modify = () =>
      stage.vpc.modifyEipAddressAttribute(
        new Vpc.ModifyEipAddressAttributeRequest({ allocationId: eip, name: 'n' }),
      );
    await stage.associate(eip, eni);
    expect(await codeOf(stage.associate(eip, eni))).toBe('TaskConflict');
    expect(await codeOf(stage.unassociate(eip, eni))).toBe('IncorrectEipStatus');
    expect(await codeOf(stage.release(eip))).toBe('IncorrectEipStatus');
    expect(await codeOf(modify())).toBe('IncorrectEipStatus');
    await stage.clock.advance(400);
    await stage.unassociate(eip, eni);
    expect(await codeOf(stage.unassociate(eip, eni))).toBe('TaskConflict');
    expect(await codeOf(stage.associate(eip, eni))).toBe('IncorrectEipStatus');
    await stage.clock.advance(400);
    await stage.release(eip);
    expect(await codeOf(stage.release(eip))).toBe('TaskConflict');
    expect(await codeOf(stage.associate(eip, eni))).toBe('IncorrectEipStatus');
  });

  it('holds its private IP from the first moment: a rival is refused', async () => {
    const rival = await stage.allocate();
    await stage.associate(eip, eni);
    expect(await codeOf(stage.associate(rival, eni))).toBe('BIND_INSTANCE_HAVE_PORTMAP_OR_BIND_EIP');
    expect(await stage.describeEnis({ networkInterfaceId: [eni] })).toMatchObject([{ status: 'Available' }]);
    expect((await stage.describeEnis({ networkInterfaceId: [eni] }))[0]?.associatedPublicIp).toBeUndefined();
    await stage.clock.advance(400);
    expect((await stage.describeEnis({ networkInterfaceId: [eni] }))[0]?.associatedPublicIp).toEqual(
      expect.objectContaining({ allocationId: eip }),
    );
  });

  it('becomes Available when its ENI goes, and a timer of the old binding does not end the next one', async () => {
    await stage.associate(eip, eni);
    await stage.clock.advance(300);
    stage.world.deleteEni(eni);
    expect(status()).toBe('Available');
    const next = await stage.createEni();
    await stage.associate(eip, next);
    await stage.clock.advance(399);
    expect(status()).toBe('Associating');
    await stage.clock.advance(1);
    expect(stage.world.eip(eip)).toMatchObject({ status: 'InUse', binding: { instanceId: next } });
  });
});
