import { describe, expect, it, vi } from 'vitest';
import type { Credentials } from '../../infra/local/kernel/account.ts';
import type { CloudContext } from '../../infra/local/kernel/context.ts';
import { createFunctionCompute } from '../../infra/serverless/function-compute.ts';
import { createQueues } from '../../infra/serverless/queues.ts';
import { createTables } from '../../infra/serverless/tables.ts';
import type { Endpoints, Target } from '../../infra/serverless/target.ts';
import { openLocalInstance } from '../fixtures/tablestore-instance.ts';
import { SERVICE, startRig, zipped } from './functioncompute-rig.ts';
import { sdkFor } from './functioncompute-sdk.ts';
import { openGateway } from './gateway.ts';
import { openRig } from './mns-rig.ts';
import { timeoutsOf } from './timeouts.ts';

const CODE = { 'index.mjs': `export const handler = async () => 'ok';` };
const NOWHERE: Endpoints = { fc: '', mns: '', tablestore: '', vpc: '', ecs: '' };

const targetOf = (
  { account }: CloudContext,
  endpoints: Partial<Endpoints>,
  credentials: Credentials = account.owner,
): Target => ({
  stage: 'test',
  accountId: account.id,
  region: account.region,
  credentials,
  endpoints: { ...NOWHERE, ...endpoints },
  functionEndpoints: NOWHERE,
  tablestoreInstance: 'holdfast',
  kubeconfig: '',
  clusterIds: [],
  intakeToken: '',
});

describe('an option of a call to Function Compute', () => {
  it('goes into the headers where the SDK deletes a service or a domain, and the headers nowhere', async () => {
    const { context, fc } = await startRig();
    const { url, seen } = await openGateway(context, fc.url);
    const sdk = sdkFor(url, context.account.id, context.account.owner);
    await sdk.deleteCustomDomain('example', { 'x-option': '1' }, { 'x-header': '2' }).catch(() => undefined);
    await sdk.deleteService(SERVICE, { 'x-option': '1' }, { 'if-match': 'of another state' });
    for (const { headers, rawQuery } of seen) {
      expect(headers).toMatchObject({ 'x-option': '1' });
      expect(headers).not.toHaveProperty('x-header');
      expect(headers).not.toHaveProperty('if-match');
      expect(rawQuery).toBe('');
    }
    await expect(sdk.getService(SERVICE)).rejects.toMatchObject({ code: 'ServiceNotFound' });
  });

  it('goes into the query where the SDK reads code and the option is a header', async () => {
    const { context, fc, deploy } = await startRig();
    await deploy('fn', CODE);
    const { url, seen } = await openGateway(context, fc.url);
    const sdk = sdkFor(url, context.account.id, context.account.owner);
    await sdk.getFunctionCode(SERVICE, 'fn', { 'x-header': '2' });
    expect(seen[0]?.query.get('x-header')).toBe('2');
    expect(seen[0]?.headers).not.toHaveProperty('x-header');
  });

  it('is changed under its caller by the SDK, and left alone by the deployment', async () => {
    const { context, fc, sdk } = await startRig();
    const settings = () => ({ runtime: 'nodejs20', handler: 'index.handler', memorySize: '256' });
    const code = { zipFile: zipped(CODE) };
    const raw = { functionName: 'raw', ...settings(), code };
    await sdk.createFunction(SERVICE, raw);
    expect(raw.memorySize).toBe(256);

    const mine = Object.freeze({ ...settings(), memorySize: 256 });
    const api = createFunctionCompute(targetOf(context, { fc: fc.url }));
    await api.createFunction(SERVICE, 'mine', mine, Buffer.from(code.zipFile, 'base64'));
    await api.updateFunction(SERVICE, 'mine', Object.freeze({ memorySize: 512 }));
    expect((await sdk.getFunction(SERVICE, 'mine')).data).toMatchObject({ memorySize: 512 });
  });

  it('is none where the deployment deletes: path, signature, and nothing else', async () => {
    const { context, fc } = await startRig();
    const { url, seen } = await openGateway(context, fc.url);
    await createFunctionCompute(targetOf(context, { fc: url })).deleteService(SERVICE);
    expect(seen).toMatchObject([{ method: 'DELETE', path: `/2016-08-15/services/${SERVICE}`, rawQuery: '' }]);
    expect(seen[0]?.headers).not.toHaveProperty('if-match');
  });
});

describe('a security token', () => {
  /** A temporary key with an id of another form than the local cloud's own, which begin with STS. */
  function temporaryKey({ account }: CloudContext): Credentials {
    const key = { accessKeyId: 'TMP.abc', accessKeySecret: 'secret', securityToken: 'token' };
    vi.spyOn(account, 'secretOf').mockImplementation((_, token) =>
      token === key.securityToken ? { secret: key.accessKeySecret } : { refused: 'missing-token' },
    );
    return key;
  }

  it('is left out by the SDK where the key id does not begin with STS', async () => {
    const { context, fc } = await startRig();
    const sdk = sdkFor(fc.url, context.account.id, temporaryKey(context));
    await expect(sdk.getService(SERVICE)).rejects.toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining('security token'),
    });
  });

  it('is sent by the deployment, whatever the key id looks like', async () => {
    const { context, fc } = await startRig();
    const serviceSeenBy = (credentials: Credentials) =>
      createFunctionCompute(targetOf(context, { fc: fc.url }, credentials)).getService(SERVICE);
    expect(await serviceSeenBy(context.account.assumeRole(60_000))).toBeDefined();
    expect(await serviceSeenBy(temporaryKey(context))).toBeDefined();
  });
});

describe('the time that Function Compute has for an answer', () => {
  it('is a minute in the SDK, and three for the deployment, which uploads code', async () => {
    const { context, fc, sdk } = await startRig();
    expect((await timeoutsOf(() => sdk.getService(SERVICE))).timers).toContain(60_000);
    const api = createFunctionCompute(targetOf(context, { fc: fc.url }));
    expect((await timeoutsOf(() => api.getService(SERVICE))).timers).toContain(180_000);
  });
});

describe('an answer of the queues that is none', () => {
  it('is an error of the deployment, though it is success to the SDK', async () => {
    const { context, mns } = await openRig();
    const { url } = await openGateway(context, mns.url, [{ status: 503 }, { status: 503 }]);
    const queues = createQueues(targetOf(context, { mns: url }));
    const queue = { name: 'q', visibilityTimeout: 30, messageRetention: 3_600, pollingWait: 0 };
    await expect(queues.create(queue)).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining('creating queue q'),
    });
    await expect(queues.describe('q')).rejects.toMatchObject({ status: 503 });
    expect(await queues.describe('q')).toBeUndefined();
  });
});

describe('a change of a table', () => {
  it('breaks the SDK where it leaves the options out, and reaches the table from the deployment', async () => {
    const instance = await openLocalInstance();
    try {
      const tableName = await instance.newTable({ timeToLive: 86_400 });
      const { context, server, client } = instance;
      await expect(async () => client.updateTable({ tableName } as never)).rejects.toThrow(TypeError);
      const tables = createTables(targetOf(context, { tablestore: server.url }));
      await tables.update({ ...(await tables.describe(tableName)), timeToLive: 172_800 });
      expect(await tables.describe(tableName)).toMatchObject({ timeToLive: 172_800 });
    } finally {
      await instance.close();
    }
  });
});
