import OpenApi, { $OpenApiUtil } from '@alicloud/openapi-core';
import { RuntimeOptions } from '@darabonba/typescript';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CloudContext, createContext } from '../../infra/local/kernel/context.ts';
import { type OpenApi as Cloud, startOpenApi } from '../../infra/local/openapi/server.ts';
import { createOpenApi, type OpenApiCall } from '../../shared/adapters/openapi/call.ts';
import { createEipCloud } from '../../shared/adapters/openapi/eips.ts';
import { createEniCloud } from '../../shared/adapters/openapi/enis.ts';
import type { ParkingBook, ParkingBooks } from '../../shared/adapters/openapi/parking.ts';
import { claimTags } from '../../shared/adapters/openapi/tags.ts';
import { CALL_WORST_MS } from '../../shared/adapters/time-left.ts';
import type { ClaimKey } from '../../shared/claim/identity.ts';
import type { EipCloud, EniCloud, TaggedEip } from '../../shared/reconcile/ports.ts';
import { INSTANT } from '../rig/parts.ts';
import { timeoutsOf } from './timeouts.ts';

const KEY: ClaimKey = { clusterId: 'c-test', namespace: 'default', pod: 'web-0', kind: 'eip' };
const VPC = '2016-04-28';
const ECS = '2014-05-26';

let context: CloudContext;
let cloud: Cloud;
let vpc: OpenApiCall;
let eips: EipCloud;
let enis: EniCloud;
beforeEach(async () => {
  context = createContext();
  cloud = await startOpenApi(context, { latency: INSTANT });
  const { owner: credentials, region } = context.account;
  vpc = createOpenApi({ endpoint: cloud.url, region, version: VPC, credentials });
  const ecs = createOpenApi({ endpoint: cloud.url, region, version: ECS, credentials });
  eips = createEipCloud(vpc, { installation: 'holdfast' });
  enis = createEniCloud(ecs, { installation: 'holdfast', books: booksInMemory() });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await cloud.close();
  context.clock.close();
});

function booksInMemory(): ParkingBooks {
  const books = new Map<string, ParkingBook>();
  return {
    read: async (vSwitchId) => books.get(vSwitchId) ?? { rev: 0, enis: [], open: 0 },
    save: async (vSwitchId, book) => {
      if ((books.get(vSwitchId)?.rev ?? 0) !== book.rev - 1) return false;
      books.set(vSwitchId, book);
      return true;
    },
  };
}

/** The vendor's client as its README sets it up. */
function rawCall(action: string, query: Record<string, string>, version = VPC): Promise<unknown> {
  const client = new OpenApi.default(
    new $OpenApiUtil.Config({
      ...context.account.owner,
      endpoint: cloud.url.replace('http://', ''),
      protocol: 'HTTP',
      regionId: context.account.region,
    }),
  );
  const params = new $OpenApiUtil.Params({
    action,
    version,
    protocol: 'HTTP',
    pathname: '/',
    method: 'POST',
    authType: 'AK',
    style: 'RPC',
    reqBodyType: 'formData',
    bodyType: 'json',
  });
  const request = new $OpenApiUtil.OpenApiRequest({
    query: { RegionId: context.account.region, ...query },
  });
  return client.callApi(params, request, new RuntimeOptions({}));
}

/** Every EIP of ours, of all pages. */
async function listed({ tagged }: EipCloud): Promise<readonly TaggedEip[]> {
  const all: TaggedEip[] = [];
  for await (const page of tagged()) all.push(...page);
  return all;
}

const failingWith = (status: number, code: string, message = 'injected') =>
  context.faults.add({ service: 'openapi', times: 1, fault: { kind: 'error', status, code, message } });
const losing = (kind: 'drop' | 'drop-after', operation: string) =>
  context.faults.add({ service: 'openapi', operation, times: 1, fault: { kind } });
const counts = (operation: string) =>
  Object.entries(context.meter.counts()).find(([name]) => name.endsWith(`.${operation}`))?.[1] ?? 0;

describe('the time that is allowed for an answer', () => {
  it('is three seconds in the SDK, after which a create call may have acted', async () => {
    expect((await timeoutsOf(() => rawCall('DescribeEipAddresses', {}))).timers).toContain(3_000);
  });

  it('is longer in the adapter, and with the connection still below what is kept back for one call', async () => {
    const { connect, timers } = await timeoutsOf(() => vpc('DescribeEipAddresses', {}));
    expect(connect).toEqual([3_000]);
    expect(timers).toContain(6_500);
    expect(timers).not.toContain(3_000);
    expect(3_000 + 6_500).toBeLessThanOrEqual(CALL_WORST_MS);
  });
});

describe('what an error means', () => {
  it('is left to the caller by the SDK, with the id of the request in the text', async () => {
    failingWith(400, 'Throttling.User', 'Request was denied due to user flow control.');
    await expect(rawCall('DescribeEipAddresses', {})).rejects.toMatchObject({
      code: 'Throttling.User',
      statusCode: 400,
      message: expect.stringMatching(/request id: [0-9A-F-]{36}$/),
    });
    expect(counts('DescribeEipAddresses')).toBe(1);
  });

  it.each([
    [400, 'Throttling', 'throttled'],
    [400, 'Throttling.User', 'throttled'],
    [503, 'Throttling.Api', 'throttled'],
    [503, 'ServiceUnavailable', 'unavailable'],
    [500, 'InternalError', 'unavailable'],
    [502, 'SomethingThatNobodyListed', 'unavailable'],
    [400, 'SomethingThatNobodyListed', 'refused'],
    [404, 'InvalidAllocationId.NotFound', 'gone'],
    [403, 'Forbidden.RAM', 'forbidden'],
    [403, 'InvalidOperation.EniServiceManaged', 'managed'],
    [400, 'QuotaExceeded.Eip', 'exhausted'],
    [400, 'LastTokenProcessing', 'busy'],
    [400, 'InsufficientBalance', 'unpaid'],
    [400, 'InsufficientBalance.Eip', 'unpaid'],
    [400, 'TaskConflict', 'busy'],
    [400, 'TaskConflict.AssociateGlobalAccelerationInstance', 'refused'],
  ])('%d %s is %j', async (status, code, verdict) => {
    failingWith(status, code);
    await expect(vpc('DescribeEipAddresses', {})).rejects.toMatchObject({ verdict, code });
  });

  it('is read off the code, though the wording may speak of a network', async () => {
    failingWith(404, 'InvalidEniId.NotFound', 'The specified network interface does not exist.');
    await expect(enis.unassign('eni-gone', '192.168.1.9')).rejects.toMatchObject({ verdict: 'gone' });
    failingWith(403, 'InvalidOperation.EniServiceManaged', 'The network interface is managed by a service.');
    await expect(enis.assign('eni-theirs', '192.168.1.9')).rejects.toMatchObject({ verdict: 'managed' });
  });

  it('is told in the same words each time, so that a pod is not told anew', async () => {
    const messages = await Promise.all(
      ['first', 'second'].map(() => eips.release('eip-unknown').catch((error: Error) => error.message)),
    );
    expect(messages[0]).toBe(messages[1]);
    expect(messages[0]).toMatch(/^ReleaseEipAddress: code: 404, /);
    expect(messages[0]).not.toMatch(/request id/i);
  });

  it('depends on the call: an EIP of another state is unbound for one and busy for another', async () => {
    const { allocationId } = await eips.allocate(KEY, 'token-1', {});
    await expect(eips.unassociate(allocationId, 'eni-1', undefined)).rejects.toMatchObject({
      verdict: 'unbound',
    });
    failingWith(400, 'IncorrectEipStatus');
    await expect(eips.release(allocationId)).rejects.toMatchObject({ verdict: 'busy' });
  });
});

describe('an error of the cloud', () => {
  it('has its code beside its words, and not in them', async () => {
    failingWith(400, 'QuotaExceeded.Eip', 'no more');
    await expect(eips.allocate(KEY, 'token-1', {})).rejects.toMatchObject({
      code: 'QuotaExceeded.Eip',
      message: 'AllocateEipAddress: code: 400, no more',
    });
  });
});

describe('an answer that does not come', () => {
  it('is an error without a code or a status in the SDK', async () => {
    losing('drop', 'DescribeEipAddresses');
    const error = await rawCall('DescribeEipAddresses', {}).catch((reason: object) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toHaveProperty('statusCode', expect.any(Number));
  });

  it.each(['drop', 'drop-after'] as const)('is "unavailable" (%s)', async (kind) => {
    losing(kind, 'AllocateEipAddress');
    await expect(eips.allocate(KEY, 'token-1', {})).rejects.toMatchObject({
      verdict: 'unavailable',
      message: expect.stringContaining('AllocateEipAddress'),
    });
    expect(counts('AllocateEipAddress')).toBe(1);
  });

  it('is "unavailable" where nobody listens', async () => {
    const { owner: credentials, region } = context.account;
    const nowhere = createOpenApi({ endpoint: 'http://127.0.0.1:9', region, version: VPC, credentials });
    await expect(nowhere('DescribeEipAddresses', {})).rejects.toMatchObject({ verdict: 'unavailable' });
  });
});

describe('buying an EIP', () => {
  it('twice without a token buys two', async () => {
    await rawCall('AllocateEipAddress', {});
    await rawCall('AllocateEipAddress', {});
    expect(cloud.world.eips()).toHaveLength(2);
  });

  it('twice with one token buys one, and both callers get it', async () => {
    const first = await eips.allocate(KEY, 'token-1', {});
    const second = await eips.allocate(KEY, 'token-1', {});
    expect(second).toEqual(first);
    expect(cloud.world.eips()).toHaveLength(1);
  });

  it('again with its token, after the answer was lost, gives the EIP that was bought', async () => {
    losing('drop-after', 'AllocateEipAddress');
    await expect(eips.allocate(KEY, 'token-1', {})).rejects.toMatchObject({ verdict: 'unavailable' });
    const [bought] = cloud.world.eips();
    expect(await eips.allocate(KEY, 'token-1', {})).toEqual({
      allocationId: bought?.id,
      address: bought?.address,
      status: 'Available',
    });
    expect(cloud.world.eips()).toHaveLength(1);
  });

  it('gives it its tags and bills by traffic from the first moment', async () => {
    await eips.allocate(KEY, 'token-1', { bandwidth: 20 });
    expect(cloud.world.eips()).toMatchObject([
      { bandwidth: 20, internetChargeType: 'PayByTraffic', chargeType: 'PostPaid' },
    ]);
    expect(await listed(eips)).toMatchObject([
      { claim: KEY, token: 'token-1', status: 'Available', allocatedAt: expect.any(Number) },
    ]);
  });

  it('can be found by its token, and told by its key, also when the key is too long for one tag', async () => {
    const long: ClaimKey = { ...KEY, pod: `${'a'.repeat(250)}-0` };
    const { allocationId } = await eips.allocate(long, 'token-long', {});
    expect(await eips.findByToken(long, 'token-long')).toMatchObject({ allocationId });
    expect(await eips.findByToken(long, 'another')).toBe('absent');
    expect(await listed(eips)).toMatchObject([{ claim: long, token: 'token-long' }]);
  });

  it('with a token that was used for something else says so', async () => {
    await eips.allocate(KEY, 'token-1', { bandwidth: 5 });
    await expect(eips.allocate(KEY, 'token-1', { bandwidth: 10 })).rejects.toMatchObject({
      verdict: 'token-spent',
    });
  });
});

describe('listing', () => {
  it('follows the pages to the last', async () => {
    cloud.world.setQuota('eips', 300);
    cloud.world.setQuota('AllocateEipAddress', 1_000);
    await Promise.all(Array.from({ length: 101 }, (_, index) => eips.allocate(KEY, `token-${index}`, {})));
    const all = await listed(eips);
    expect(new Set(all.map(({ allocationId }) => allocationId)).size).toBe(101);
    expect(counts('DescribeEipAddresses')).toBe(2);
  });

  it('fails when a page fails, for a part of a list proves nothing', async () => {
    await eips.allocate(KEY, 'token-1', {});
    failingWith(500, 'InternalError');
    await expect(listed(eips)).rejects.toMatchObject({ verdict: 'unavailable' });
  });

  it('by a token that bought two gives the one that is bound, else the older, to everybody who asks', async () => {
    const older = await eips.allocate(KEY, 'token-1', {});
    await context.clock.advance(60_000);
    await vpc('AllocateEipAddress', { Tag: claimTags('holdfast', KEY, 'token-1') });
    const second = cloud.world.eips().find(({ id }) => id !== older.allocationId);
    expect(await eips.findByToken(KEY, 'token-1')).toEqual(older);
    const eni = cloud.world.createEni({});
    await eips.associate(second?.id ?? '', eni.id, eni.addresses[0]?.ip ?? '');
    expect(await eips.findByToken(KEY, 'token-1')).toMatchObject({ allocationId: second?.id });
  });

  it("leaves another installation's EIPs out", async () => {
    await createEipCloud(vpc, { installation: 'theirs' }).allocate(KEY, 'token-1', {});
    expect(await listed(eips)).toEqual([]);
  });
});

describe('describing', () => {
  it('asks once for what is asked in one turn', async () => {
    const bought = await Promise.all(['a', 'b', 'c'].map((token) => eips.allocate(KEY, token, {})));
    const views = await Promise.all([
      ...bought.map(({ allocationId }) => eips.describe(allocationId)),
      eips.describe('eip-nowhere'),
    ]);
    expect(views).toMatchObject([...bought, 'absent']);
    expect(counts('DescribeEipAddresses')).toBe(1);
  });

  it('never takes a failed call for absence', async () => {
    failingWith(500, 'InternalError');
    await expect(eips.describe('eip-1')).rejects.toMatchObject({ verdict: 'unavailable' });
    losing('drop', 'DescribeNetworkInterfaces');
    await expect(enis.ofPrivateIp('192.168.1.9')).rejects.toMatchObject({ verdict: 'unavailable' });
  });
});

describe('binding', () => {
  it('is fenced: an EIP that is bound elsewhere by now stays there', async () => {
    const [first, second] = [cloud.world.createEni({}), cloud.world.createEni({})];
    const { allocationId } = await eips.allocate(KEY, 'token-1', {});
    await eips.associate(allocationId, second.id, second.addresses[0]?.ip ?? '');

    const ip = first.addresses[0]?.ip ?? '';
    await expect(eips.unassociate(allocationId, first.id, ip)).rejects.toMatchObject({
      verdict: 'elsewhere',
    });
    expect(cloud.world.eip(allocationId)).toMatchObject({
      status: 'InUse',
      binding: { instanceId: second.id },
    });
  });

  it('again after the answer was lost is no harm', async () => {
    const eni = cloud.world.createEni({});
    const ip = eni.addresses[0]?.ip ?? '';
    const { allocationId } = await eips.allocate(KEY, 'token-1', {});
    losing('drop-after', 'AssociateEipAddress');
    await expect(eips.associate(allocationId, eni.id, ip)).rejects.toMatchObject({ verdict: 'unavailable' });
    await eips.associate(allocationId, eni.id, ip).catch(() => {});
    expect(await eips.describe(allocationId)).toMatchObject({
      status: 'InUse',
      boundTo: { instanceId: eni.id, privateIp: ip },
    });
  });

  it('to an ENI that is gone, or has another IP, is "misplaced"', async () => {
    const { allocationId } = await eips.allocate(KEY, 'token-1', {});
    await expect(eips.associate(allocationId, 'eni-gone', '192.168.1.9')).rejects.toMatchObject({
      verdict: 'misplaced',
    });
    const eni = cloud.world.createEni({});
    await expect(eips.associate(allocationId, eni.id, '192.168.1.250')).rejects.toMatchObject({
      verdict: 'misplaced',
    });
  });
});

describe('private IPs', () => {
  const secondary = (eniId: string) =>
    cloud.world
      .eni(eniId)
      ?.addresses.slice(1)
      .map(({ ip }) => ip);

  it('are assigned once for one token, though the first answer was lost', async () => {
    const eni = cloud.world.createEni({});
    losing('drop-after', 'AssignPrivateIpAddresses');
    await expect(enis.assignAny(eni.id, 'token-1')).rejects.toMatchObject({ verdict: 'unavailable' });
    const address = await enis.assignAny(eni.id, 'token-1');
    expect(secondary(eni.id)).toEqual([address]);
  });

  it('may be assigned where they already are', async () => {
    const eni = cloud.world.createEni({});
    await enis.assign(eni.id, '192.168.1.200');
    await enis.assign(eni.id, '192.168.1.200');
    expect(secondary(eni.id)).toEqual(['192.168.1.200']);
  });

  it('are "taken" on another ENI, "unbound" where they are not, "misplaced" in another vSwitch', async () => {
    const [one, other] = [cloud.world.createEni({}), cloud.world.createEni({})];
    await enis.assign(one.id, '192.168.1.200');
    await expect(enis.assign(other.id, '192.168.1.200')).rejects.toMatchObject({ verdict: 'taken' });
    await expect(enis.unassign(other.id, '192.168.1.200')).rejects.toMatchObject({ verdict: 'unbound' });
    await expect(enis.assign(one.id, '10.0.0.1')).rejects.toMatchObject({ verdict: 'misplaced' });
  });

  it('are parked on an ENI of ours, a second one when the first is full', async () => {
    cloud.world.setQuota('secondaryIpsOfAvailableEni', 2);
    const parkedOn: string[] = [];
    for (const last of [200, 201, 202]) parkedOn.push(await enis.park(idle(`192.168.1.${last}`)));
    expect(new Set(parkedOn).size).toBe(2);
    expect(await enis.holderOf(idle('').id, '192.168.1.202')).toEqual({ eniId: parkedOn[2], parking: true });
    expect((await enis.parking()).map(({ held }) => held.length)).toEqual([2, 1]);
  });

  it('are parked on one ENI, though the answer of its creation was lost', async () => {
    losing('drop-after', 'CreateNetworkInterface');
    await expect(enis.park(idle('192.168.1.200'))).rejects.toMatchObject({ verdict: 'unavailable' });
    await enis.park(idle('192.168.1.200'));
    expect(await enis.parking()).toMatchObject([{ held: ['192.168.1.200'] }]);
  });

  /** An address of the first vSwitch that nobody has. */
  const idle = (address: string) => {
    const { vSwitchIds, securityGroupId } = cloud.world.defaults;
    return { id: vSwitchIds[0], address, securityGroupId };
  };
});
