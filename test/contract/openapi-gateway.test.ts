import { createHash, createHmac, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClock } from '../../infra/local/kernel/clock.ts';
import { codeOf, openStage, regionId, type Stage, Vpc } from './openapi-stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A signed request of our own making, so that each part of it can be wrong. */
function signed(
  stage: Stage,
  changes: { date?: Date; nonce?: string; headers?: Record<string, string> } = {},
) {
  const { accessKeyId, accessKeySecret } = stage.context.account.owner;
  const headers: Record<string, string> = {
    host: `127.0.0.1:${stage.port}`,
    'x-acs-action': 'DescribeEipAddresses',
    'x-acs-content-sha256': sha256(''),
    'x-acs-date': (changes.date ?? new Date()).toISOString().replace(/\.\d+Z/, 'Z'),
    'x-acs-signature-nonce': changes.nonce ?? randomUUID(),
    'x-acs-version': '2016-04-28',
  };
  const names = Object.keys(headers);
  const canonical = [
    'POST',
    '/',
    `RegionId=${regionId}`,
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    sha256(''),
  ].join('\n');
  const signature = createHmac('sha256', accessKeySecret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest('hex');
  headers.authorization = `ACS3-HMAC-SHA256 Credential=${accessKeyId},SignedHeaders=${names.join(';')},Signature=${signature}`;
  return { method: 'POST', headers: { ...headers, ...changes.headers } };
}

async function codeOfRequest(
  stage: Stage,
  init: RequestInit,
  query = `RegionId=${regionId}`,
): Promise<string> {
  const response = await fetch(`${stage.url}/?${query}`, init);
  const body = (await response.json()) as { Code?: string };
  return body.Code ?? 'accepted';
}

describe('the OpenAPI gateway', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.close());

  it('words errors as the SDKs expect them', async () => {
    const refused = stage.release('eip-none');
    await expect(refused).rejects.toMatchObject({
      code: 'InvalidAllocationId.NotFound',
      statusCode: 404,
      data: {
        Code: 'InvalidAllocationId.NotFound',
        HostId: `127.0.0.1:${stage.port}`,
        Recommend: expect.stringContaining('InvalidAllocationId.NotFound'),
        RequestId: expect.stringMatching(/^[0-9A-F-]{36}$/),
      },
    });
  });

  it('refuses unknown keys, wrong secrets and signatures that leave something out', async () => {
    const { accessKeyId, accessKeySecret } = stage.context.account.owner;
    const describeWith = (keys: { accessKeyId: string; accessKeySecret: string }) =>
      codeOf(stage.call('Vpc', 'DescribeEipAddresses', { RegionId: regionId }, { keys }));
    expect(await describeWith({ accessKeyId: 'nobody', accessKeySecret })).toBe(
      'InvalidAccessKeyId.NotFound',
    );
    expect(await describeWith({ accessKeyId, accessKeySecret: 'guessed' })).toBe('SignatureDoesNotMatch');
    expect(
      await codeOfRequest(stage, {
        method: 'POST',
        headers: { 'x-acs-action': 'DescribeEipAddresses', 'x-acs-version': '2016-04-28' },
      }),
    ).toBe('MissingAccessKeyId');
    expect(await codeOfRequest(stage, signed(stage))).toBe('accepted');
    expect(await codeOfRequest(stage, signed(stage), 'RegionId=cn-beijing')).toBe('SignatureDoesNotMatch');
    expect(await codeOfRequest(stage, { ...signed(stage), body: 'RegionId=cn-beijing' })).toBe(
      'SignatureDoesNotMatch',
    );
    expect(await codeOfRequest(stage, signed(stage, { headers: { 'x-acs-version': '2014-05-26' } }))).toBe(
      'InvalidAction.NotFound',
    );
    expect(await codeOfRequest(stage, signed(stage, { headers: { 'x-acs-extra': 'unsigned' } }))).toBe(
      'SignatureDoesNotMatch',
    );
  });

  it('refuses a nonce that was used before', async () => {
    const request = signed(stage, { nonce: 'once' });
    expect(await codeOfRequest(stage, request)).toBe('accepted');
    expect(await codeOfRequest(stage, request)).toBe('SignatureNonceUsed');
  });

  it('refuses a request that was signed more than 15 minutes ago, or ahead', async () => {
    const now = Date.now();
    expect(await codeOfRequest(stage, signed(stage, { date: new Date(now - 14 * MINUTE) }))).toBe('accepted');
    expect(await codeOfRequest(stage, signed(stage, { date: new Date(now - 16 * MINUTE) }))).toBe(
      'InvalidTimeStamp.Expired',
    );
    expect(await codeOfRequest(stage, signed(stage, { date: new Date(now + 16 * MINUTE) }))).toBe(
      'InvalidTimeStamp.Expired',
    );
  });

  it("takes the machine's date, which SDKs sign with, when the cloud's time has been moved on", async () => {
    await stage.clock.advance(48 * HOUR);
    expect(await codeOf(stage.allocate())).toBe('accepted');
  });

  it('takes temporary keys with their token, until they expire', async () => {
    const keys = stage.context.account.assumeRole(HOUR);
    const { securityToken: _, ...tokenless } = keys;
    const describeWith = (given: { accessKeyId: string; accessKeySecret: string; securityToken?: string }) =>
      codeOf(stage.call('Vpc', 'DescribeEipAddresses', { RegionId: regionId }, { keys: given }));
    expect(await describeWith(keys)).toBe('accepted');
    expect(await describeWith(tokenless)).toBe('MissingSecurityToken');
    expect(await describeWith({ ...keys, securityToken: 'forged' })).toBe('InvalidSecurityToken.Malformed');
    await stage.clock.advance(HOUR + 1);
    expect(await describeWith(keys)).toBe('InvalidSecurityToken.Expired');
  });

  it('knows an action by its product and version', async () => {
    expect(await codeOf(stage.call('Ecs', 'AllocateEipAddress', {}))).toBe('InvalidAction.NotFound');
    expect(await codeOf(stage.call('Vpc', 'CreateMoon', {}))).toBe('InvalidAction.NotFound');
    expect(await codeOf(stage.call('Vpc', 'DescribeEipAddresses', { RegionId: 'cn-beijing' }))).toBe(
      'InvalidRegionId.NotFound',
    );
    expect(await codeOf(stage.call('Vpc', 'DescribeEipAddresses', {}))).toBe('MissingRegionId');
    expect(
      await codeOf(stage.call('Vpc', 'DescribeEipAddresses', { RegionId: regionId, PageSize: 'ten' })),
    ).toBe('InvalidParameter');
  });

  it('reads parameters from a form, too', async () => {
    const body = await stage.call(
      'Vpc',
      'AllocateEipAddress',
      { RegionId: regionId },
      { body: { Name: 'by form', 'Tag.1.Key': 'k' } },
    );
    expect(stage.world.eip(String(body.AllocationId))).toMatchObject({
      name: 'by form',
      tags: [{ key: 'k', value: '' }],
    });
  });

  it('reads action, version and signature from the query, as older clients send them', async () => {
    const keys = stage.context.account.assumeRole(HOUR);
    const older = { signature: 'v2', keys } as const;
    const body = await stage.call(
      'Vpc',
      'AllocateEipAddress',
      { RegionId: regionId, Name: "it's (older)*" },
      older,
    );
    expect(stage.world.eip(String(body.AllocationId))?.name).toBe("it's (older)*");
    const wrong = { signature: 'v2', keys: { ...keys, accessKeySecret: 'guessed' } } as const;
    expect(await codeOf(stage.call('Vpc', 'AllocateEipAddress', { RegionId: regionId }, wrong))).toBe(
      'SignatureDoesNotMatch',
    );
  });

  it('lets through so many calls of an action a minute, and all again from the next minute on', async () => {
    await stage.clock.advance(MINUTE - (stage.clock.now() % MINUTE) + 59_000);
    stage.world.setQuota('AllocateEipAddress', 2);
    await stage.allocate();
    await stage.allocate();
    await expect(stage.allocate()).rejects.toMatchObject({
      code: 'Throttling.User',
      statusCode: 400,
      name: 'ThrottlingError',
    });
    expect(await codeOf(stage.describeEips())).toBe('accepted');
    await stage.clock.advance(999);
    expect(await codeOf(stage.allocate())).toBe('Throttling.User');
    await stage.clock.advance(1);
    expect(await codeOf(stage.allocate())).toBe('accepted');
    expect(stage.world.eips()).toHaveLength(3);
  });

  it('holds EIP calls to 120 a minute by default', async () => {
    await stage.clock.advance(MINUTE - (stage.clock.now() % MINUTE));
    const eni = await stage.createEni();
    const answers = [];
    for (let count = 0; count < 121; count++) answers.push(await codeOf(stage.associate('eip-none', eni)));
    expect(answers.slice(0, 120).every((code) => code === 'InvalidAllocationId.NotFound')).toBe(true);
    expect(answers[120]).toBe('Throttling.User');
  });

  it('applies injected faults before or after the effect', async () => {
    const fault = stage.context.faults.add({
      service: 'openapi',
      operation: 'AllocateEipAddress',
      fault: { kind: 'error-after', status: 503, code: 'ServiceUnavailable' },
    });
    await expect(stage.allocate()).rejects.toMatchObject({ code: 'ServiceUnavailable', statusCode: 503 });
    expect(stage.world.eips()).toHaveLength(1);
    fault.remove();
    expect(stage.context.meter.counts()).toMatchObject({ 'openapi.AllocateEipAddress': 1 });
  });
});

describe('a ClientToken', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.close());

  it('makes a repeated call answer the same and act once', async () => {
    const first = await stage.allocate({ clientToken: 'claim-1', name: 'a' });
    expect(await stage.allocate({ clientToken: 'claim-1', name: 'a' })).toBe(first);
    expect(stage.world.eips()).toHaveLength(1);
    const eni = await stage.createEni({ clientToken: 'claim-1' });
    expect(await stage.createEni({ clientToken: 'claim-1' })).toBe(eni);
    const assigned = await stage.assign(eni, { secondaryPrivateIpAddressCount: 1, clientToken: 't' });
    expect(await stage.assign(eni, { secondaryPrivateIpAddressCount: 1, clientToken: 't' })).toEqual(
      assigned,
    );
    expect(stage.world.eni(eni)?.addresses).toHaveLength(2);
    await stage.associate(first, eni, undefined, 'bind');
    expect(await codeOf(stage.associate(first, eni, undefined, 'bind'))).toBe('accepted');
  });

  it('finds the effect of a call whose answer was lost', async () => {
    stage.context.faults.add({ operation: 'AllocateEipAddress', times: 1, fault: { kind: 'drop-after' } });
    expect(await codeOf(stage.allocate({ clientToken: 'lost' }))).not.toBe('accepted');
    const [lost] = stage.world.eips();
    expect(await stage.allocate({ clientToken: 'lost' })).toBe(lost?.id);
    expect(stage.world.eips()).toHaveLength(1);
  });

  it('is refused with other parameters', async () => {
    await stage.allocate({ clientToken: 'claim-1', name: 'a' });
    expect(await codeOf(stage.allocate({ clientToken: 'claim-1', name: 'b' }))).toBe(
      'IdempotentParameterMismatch',
    );
    expect(await codeOf(stage.allocate({ clientToken: 'x'.repeat(65) }))).toBe('InvalidParameter');
    expect(stage.world.eips()).toHaveLength(1);
  });

  it('can be used again after a call that failed', async () => {
    stage.world.setQuota('eips', 0);
    expect(await codeOf(stage.allocate({ clientToken: 'claim-1' }))).toBe('QuotaExceeded.Eip');
    stage.world.setQuota('eips', 1);
    expect(await codeOf(stage.allocate({ clientToken: 'claim-1' }))).toBe('accepted');
  });

  it('still answers the id of an EIP that has been released since, for 24 hours', async () => {
    const first = await stage.allocate({ clientToken: 'claim-1' });
    await stage.release(first);
    await stage.clock.advance(24 * HOUR - 1);
    expect(await stage.allocate({ clientToken: 'claim-1' })).toBe(first);
    expect(stage.world.eips()).toEqual([]);
    await stage.clock.advance(1);
    expect(await stage.allocate({ clientToken: 'claim-1' })).not.toBe(first);
    expect(stage.world.eips()).toHaveLength(1);
  });
});

describe('a ClientToken of a call that is still running', () => {
  it('is answered with the code of its product', async () => {
    const span = { min: 5000, max: 5000 };
    const clock = createClock({ rate: 0 });
    const stage = await openStage({
      clock,
      latency: { AllocateEipAddress: span, CreateNetworkInterface: span },
    });
    const calls = [stage.allocate({ clientToken: 't' }), stage.createEni({ clientToken: 't' })];
    await until(() => stage.world.eips().length + stage.world.enis().length === 2);
    expect(await codeOf(stage.allocate({ clientToken: 't' }))).toBe('LastTokenProcessing');
    expect(await codeOf(stage.createEni({ clientToken: 't' }))).toBe('IdempotentProcessing');
    await clock.advance(5000);
    const [eip] = await Promise.all(calls);
    const request = new Vpc.AllocateEipAddressRequest({ regionId, clientToken: 't' });
    expect((await stage.vpc.allocateEipAddress(request)).body?.allocationId).toBe(eip);
    await stage.close();
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
