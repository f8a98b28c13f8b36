import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, openStage, regionId, type Stage, Vpc } from './openapi-stage.ts';

let stage: Stage;
afterEach(() => stage.close());

describe('a common bandwidth package', () => {
  const span = { min: 300, max: 300 };
  let bandwidthPackageId: string;

  beforeEach(async () => {
    stage = await openStage({
      latency: {
        AddCommonBandwidthPackageIp: span,
        RemoveCommonBandwidthPackageIp: span,
        AssociateEipAddress: span,
      },
    });
    bandwidthPackageId = await create();
  });

  const create = async (wishes: Record<string, unknown> = {}) => {
    const request = new Vpc.CreateCommonBandwidthPackageRequest({
      regionId,
      bandwidth: 1000,
      name: 'shared',
      ...wishes,
    });
    return (await stage.vpc.createCommonBandwidthPackage(request)).body?.bandwidthPackageId ?? '';
  };
  const add = (ipInstanceId: string, to = bandwidthPackageId) =>
    stage.vpc.addCommonBandwidthPackageIp(
      new Vpc.AddCommonBandwidthPackageIpRequest({
        regionId,
        bandwidthPackageId: to,
        ipInstanceId,
        ipType: 'EIP',
      }),
    );
  const remove = (ipInstanceId: string, from = bandwidthPackageId) =>
    stage.vpc.removeCommonBandwidthPackageIp(
      new Vpc.RemoveCommonBandwidthPackageIpRequest({ regionId, bandwidthPackageId: from, ipInstanceId }),
    );
  const drop = (force?: string) =>
    stage.vpc.deleteCommonBandwidthPackage(
      new Vpc.DeleteCommonBandwidthPackageRequest({ regionId, bandwidthPackageId, force }),
    );
  const look = async () => {
    const request = new Vpc.DescribeCommonBandwidthPackagesRequest({ regionId, bandwidthPackageId });
    const { body } = await stage.vpc.describeCommonBandwidthPackages(request);
    return body?.commonBandwidthPackages?.commonBandwidthPackage?.[0];
  };

  it('takes an EIP in, BINDING then BINDED, and shares its bandwidth with it', async () => {
    const eip = await stage.allocate({ bandwidth: '7' });
    await add(eip);
    const member = (bandwidthPackageIpRelationStatus: string) => [
      { allocationId: eip, bandwidthPackageIpRelationStatus, ipAddress: stage.world.eip(eip)?.address },
    ];
    expect((await look())?.publicIpAddresses?.publicIpAddresse).toMatchObject(member('BINDING'));
    await stage.clock.advance(300);
    expect(await look()).toMatchObject({
      bandwidth: '1000',
      name: 'shared',
      ISP: 'BGP',
      status: 'Available',
    });
    expect((await look())?.publicIpAddresses?.publicIpAddresse).toMatchObject(member('BINDED'));
    expect(await stage.describeEips({ allocationId: eip })).toMatchObject([
      { bandwidth: '1000', eipBandwidth: '7', bandwidthPackageId, bandwidthPackageBandwidth: '1000' },
    ]);
  });

  it('gives an EIP its own bandwidth back when it leaves', async () => {
    const eip = await stage.allocate({ bandwidth: '7' });
    await add(eip);
    await stage.clock.advance(300);
    await remove(eip);
    expect((await look())?.publicIpAddresses?.publicIpAddresse).toMatchObject([
      { bandwidthPackageIpRelationStatus: 'UNBINDING' },
    ]);
    await stage.clock.advance(300);
    expect((await look())?.publicIpAddresses?.publicIpAddresse).toEqual([]);
    expect(await stage.describeEips({ allocationId: eip })).toMatchObject([
      { bandwidth: '7', bandwidthPackageId: '' },
    ]);
    expect(await codeOf(remove(eip))).toBe('OperationUnsupported.IpNotInCbwp');
  });

  it('keeps others from changing an EIP that is on its way in, and one that is in from being released', async () => {
    const eni = await stage.createEni();
    const eip = await stage.allocate();
    await add(eip);
    expect(await codeOf(add(eip))).toBe('TaskConflict');
    expect(await codeOf(remove(eip))).toBe('TaskConflict');
    expect(await codeOf(stage.associate(eip, eni))).toBe('TaskConflict');
    expect(await codeOf(stage.release(eip))).toBe('TaskConflict');
    await stage.clock.advance(300);
    expect(await codeOf(stage.release(eip))).toBe('IncorrectEipStatus');
    expect(await codeOf(add(eip))).toBe('IpInstanceId.AlreadyInBandwidthPackage');
    await stage.associate(eip, eni);
    expect(await codeOf(remove(eip))).toBe('IncorrectStatus.Eip');
    await stage.clock.advance(300);
    expect(await codeOf(remove(eip))).toBe('accepted');
  });

  it('refuses EIPs that do not fit, and more than 100', async () => {
    const prepaid = await stage.allocate({ instanceChargeType: 'PrePaid' });
    const line = await stage.allocate({ ISP: 'BGP_PRO' });
    expect(await codeOf(add(prepaid))).toBe('IpInstanceId.ChargeType.NotSupport');
    expect(await codeOf(add(line))).toBe('IpInstanceId.UnMatchedWithBandwidthPackageISP');
    expect(await codeOf(add('eip-none'))).toBe('InvalidIpInstanceId.NotFound');
    expect(await codeOf(add(prepaid, 'cbwp-none'))).toBe('InvalidBandwidthPackageId.NotFound');
    for (const name of ['eips', 'AllocateEipAddress', 'AddCommonBandwidthPackageIp'] as const)
      stage.world.setQuota(name, 1000);
    for (let count = 0; count < 100; count++) await add(await stage.allocate());
    expect(await codeOf(add(await stage.allocate()))).toBe('IpInstanceId.QuotaExceeded');
  });

  it('is deleted when it is empty, or by force with its EIPs set free', async () => {
    const eip = await stage.allocate();
    await add(eip);
    await stage.clock.advance(300);
    expect(await codeOf(drop())).toBe('DependencyViolation.EIP');
    await drop('true');
    expect(await look()).toBeUndefined();
    expect(stage.world.eip(eip)?.membership).toBeUndefined();
  });

  it('makes one package of a repeated call', async () => {
    expect(await create({ clientToken: 't' })).toBe(await create({ clientToken: 't' }));
  });
});

describe('tags of EIPs', () => {
  const tags = (...pairs: [string, string][]) => pairs.map(([key, value]) => ({ key, value }));
  const tag = (resourceId: string[], tag: { key: string; value: string }[], resourceType = 'EIP') =>
    stage.vpc.tagResources(new Vpc.TagResourcesRequest({ regionId, resourceType, resourceId, tag }));
  const untag = (resourceId: string[], wishes: { tagKey?: string[]; all?: boolean }) =>
    stage.vpc.unTagResources(
      new Vpc.UnTagResourcesRequest({ regionId, resourceType: 'EIP', resourceId, ...wishes }),
    );
  const list = async (wishes: Record<string, unknown>) => {
    const request = new Vpc.ListTagResourcesRequest({ regionId, resourceType: 'EIP', ...wishes });
    return (await stage.vpc.listTagResources(request)).body;
  };

  beforeEach(async () => {
    stage = await openStage();
  });

  it('are added, replaced, listed and removed', async () => {
    const one = await stage.allocate();
    const two = await stage.allocate();
    await tag([one, two], tags(['owner', 'a'], ['pod', 'web-0']));
    await tag([two], tags(['owner', 'b']), 'eip');
    expect(stage.world.eip(two)?.tags).toEqual(tags(['pod', 'web-0'], ['owner', 'b']));
    expect((await list({ tag: [{ key: 'owner', value: 'b' }] }))?.tagResources?.tagResource).toMatchObject([
      { resourceId: two, resourceType: 'EIP', tagKey: 'pod', tagValue: 'web-0' },
      { resourceId: two, resourceType: 'EIP', tagKey: 'owner', tagValue: 'b' },
    ]);
    await untag([one, two], { tagKey: ['owner'] });
    expect(stage.world.eip(one)?.tags).toEqual(tags(['pod', 'web-0']));
    expect(await codeOf(untag([one], {}))).toBe('MissingParameter');
    await untag([one], { all: true });
    expect(stage.world.eip(one)?.tags).toEqual([]);
  });

  it('are walked by NextToken', async () => {
    const ids = [];
    for (let count = 0; count < 5; count++) ids.push(await stage.allocate());
    await tag(ids, tags(['owner', 'a']));
    const first = await list({ resourceId: ids, maxResults: 3 });
    const second = await list({ resourceId: ids, maxResults: 3, nextToken: first?.nextToken });
    const seen = [first, second].flatMap((body) =>
      body?.tagResources?.tagResource?.map(({ resourceId }) => resourceId),
    );
    expect(seen).toEqual(ids);
    expect(second?.nextToken).toBe('');
  });

  it('are refused as a whole where one resource is unknown, a key is reserved or there are too many', async () => {
    const eip = await stage.allocate();
    expect(await codeOf(tag([eip, 'eip-none'], tags(['owner', 'a'])))).toBe('InvalidResourceId.NotFound');
    expect(await codeOf(tag([eip], tags(['acs:owner', 'a'])))).toBe('InvalidParameter');
    expect(await codeOf(tag([eip], tags(['a', '1']), 'MOON'))).toBe('InvalidResourceType.NotFound');
    expect(
      await codeOf(
        tag(
          Array.from({ length: 51 }, () => eip),
          tags(['a', '1']),
        ),
      ),
    ).toBe('InvalidParameter');
    const twenty = Array.from({ length: 20 }, (_, index) => ({ key: `k${index}`, value: '' }));
    await tag([eip], twenty);
    expect(await codeOf(tag([eip], tags(['one', 'more'])))).toBe('QuotaExceeded.TagsPerResource');
    expect(stage.world.eip(eip)?.tags).toHaveLength(20);
  });
});

describe('vSwitches', () => {
  beforeEach(async () => {
    stage = await openStage();
  });

  const list = async (wishes: Record<string, unknown> = {}) => {
    const { body } = await stage.vpc.describeVSwitches(
      new Vpc.DescribeVSwitchesRequest({ regionId, ...wishes }),
    );
    return body?.vSwitches?.vSwitch ?? [];
  };
  const create = (cidrBlock: string, vpcId = stage.world.defaults.vpcId) =>
    stage.vpc.createVSwitch(
      new Vpc.CreateVSwitchRequest({
        regionId,
        vpcId,
        zoneId: 'cn-hangzhou-h',
        cidrBlock,
        vSwitchName: 'pods',
      }),
    );

  it('exist from the start, one in each of two zones, less the four reserved addresses', async () => {
    expect(await list()).toMatchObject([
      { cidrBlock: '192.168.1.0/24', zoneId: 'cn-hangzhou-h', availableIpAddressCount: 252, isDefault: true },
      { cidrBlock: '192.168.2.0/24', zoneId: 'cn-hangzhou-i', availableIpAddressCount: 252, isDefault: true },
    ]);
    await stage.createEni();
    expect(await list({ zoneId: 'cn-hangzhou-h' })).toMatchObject([{ availableIpAddressCount: 251 }]);
  });

  it('are created within their VPC and beside each other', async () => {
    const { body } = await create('192.168.3.0/24');
    expect(await list({ vSwitchId: body?.vSwitchId })).toMatchObject([
      { vSwitchName: 'pods', status: 'Available' },
    ]);
    expect(await codeOf(create('192.168.3.128/25'))).toBe('InvalidCidrBlock.Overlapped');
    expect(await codeOf(create('10.0.0.0/24'))).toBe('InvalidCidrBlock');
    expect(await codeOf(create('192.168.4.1/24'))).toBe('InvalidCidrBlock');
    expect(await codeOf(create('192.168.4.0/30'))).toBe('InvalidCidrBlock');
    expect(await codeOf(create('192.168.4.0/24', 'vpc-none'))).toBe('InvalidVpcId.NotFound');
  });
});
