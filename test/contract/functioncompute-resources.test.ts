import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { SERVICE, startRig, zipped } from './functioncompute-rig.ts';
import { sdkFor } from './functioncompute-sdk.ts';

const CODE = `export const handler = async () => 'ok';`;

describe('a service', () => {
  it('is created, read with its qualifier, changed and deleted', async () => {
    const { sdk } = await startRig();
    await sdk.createService('other', { description: 'first', role: 'acs:ram::1:role/r' });
    const { data } = await sdk.getService('other', {}, 'LATEST');
    expect(data).toMatchObject({
      serviceName: 'other',
      description: 'first',
      role: 'acs:ram::1:role/r',
      createdTime: '2030-06-01T12:00:00Z',
    });
    await sdk.updateService('other', { description: 'second' });
    expect((await sdk.getService('other')).data).toMatchObject({
      description: 'second',
      role: 'acs:ram::1:role/r',
    });
    await sdk.deleteService('other');
    await expect(sdk.getService('other')).rejects.toMatchObject({
      name: 'FCServiceNotFoundError',
      message: expect.stringContaining('404'),
    });
  });

  it('cannot be created twice, nor deleted while it has functions', async () => {
    const { sdk, deploy } = await startRig();
    await expect(sdk.createService(SERVICE)).rejects.toMatchObject({ code: 'ServiceAlreadyExists' });
    await deploy('fn', CODE);
    await expect(sdk.deleteService(SERVICE)).rejects.toMatchObject({ code: 'ServiceNotEmpty' });
  });

  it('is found in pages, by prefix and from a name on', async () => {
    const { sdk } = await startRig();
    for (const name of ['a1', 'a3', 'a2', 'b1']) await sdk.createService(name);
    const names = ({ services }: { readonly services?: unknown }) =>
      (services as { serviceName: string }[]).map(({ serviceName }) => serviceName);
    const first = (await sdk.listServices({ limit: 2 })).data;
    expect(names(first)).toEqual(['a1', 'a2']);
    const rest = (await sdk.listServices({ nextToken: first.nextToken })).data;
    expect(names(rest)).toEqual(['a3', 'b1', SERVICE]);
    expect(rest).not.toHaveProperty('nextToken');
    expect(names((await sdk.listServices({ prefix: 'a', startKey: 'a2' })).data)).toEqual(['a2', 'a3']);
    await expect(sdk.listServices({ limit: 101 })).rejects.toMatchObject({ code: 'InvalidArgument' });
  });
});

describe('a function', () => {
  it('is created with defaults, listed, changed and deleted', async () => {
    const { sdk, deploy } = await startRig();
    await deploy('fn', CODE, { timeout: undefined, environmentVariables: { A: '1' } });
    expect((await sdk.getFunction(SERVICE, 'fn')).data).toMatchObject({
      functionName: 'fn',
      runtime: 'nodejs20',
      handler: 'index.handler',
      timeout: 3,
      memorySize: 128,
      instanceConcurrency: 1,
      environmentVariables: { A: '1' },
    });
    const { data } = await sdk.updateFunction(SERVICE, 'fn', { memorySize: 512 });
    expect(data).toMatchObject({ memorySize: 512, environmentVariables: { A: '1' } });
    expect((await sdk.listFunctions(SERVICE)).data.functions).toMatchObject([{ functionName: 'fn' }]);
    await sdk.deleteFunction(SERVICE, 'fn');
    await expect(sdk.getFunction(SERVICE, 'fn')).rejects.toMatchObject({
      code: 'FunctionNotFound',
      message: expect.stringContaining(`function 'fn' does not exist in service '${SERVICE}'`),
    });
  });

  it('gives its code back, with its checksum', async () => {
    const { sdk, deploy } = await startRig();
    await deploy('fn', CODE);
    const { data } = await sdk.getFunctionCode(SERVICE, 'fn');
    const zip = await (await fetch(String(data.url))).arrayBuffer();
    const [name, content] = Object.entries(unzipSync(new Uint8Array(zip)))[0] ?? [];
    expect([name, Buffer.from(content ?? []).toString()]).toEqual(['index.mjs', CODE]);
    expect((await sdk.getFunction(SERVICE, 'fn')).data.codeChecksum).toBe(data.checksum);
  });

  it('is changed only by those who saw its latest state, when they say so', async () => {
    const { sdk, deploy } = await startRig();
    await deploy('fn', CODE);
    const { etag = '' } = (await sdk.getFunction(SERVICE, 'fn')).headers;
    const change = { description: 'changed' };
    await sdk.updateFunction(SERVICE, 'fn', change, { 'if-match': etag });
    await expect(sdk.updateFunction(SERVICE, 'fn', change, { 'if-match': etag })).rejects.toMatchObject({
      code: 'PreconditionFailed',
    });
    await expect(sdk.deleteFunction(SERVICE, 'fn', {}, { 'if-match': etag })).rejects.toMatchObject({
      code: 'PreconditionFailed',
    });
  });

  it.each([
    ['a runtime that is none', { runtime: 'cobol' }, /Runtime is set to an invalid value/],
    ['a timeout of more than a day', { timeout: 86_401 }, /timeout/],
    ['memory out of step', { memorySize: 200 }, /memorySize/],
    ['a reserved variable', { environmentVariables: { FC_REGION: 'x' } }, /reserved/],
    ['too many variables', { environmentVariables: { A: 'x'.repeat(4096) } }, /4096/],
    ['a handler without an export', { handler: 'index' }, /handler/],
    ['code that is no zip', { code: { zipFile: 'bm8gemlw' } }, /not a zip/],
    ['code that leaves its folder', { code: { zipFile: zipped({ '../evil.mjs': CODE }) } }, /outside/],
  ])('is refused with %s', async (_what, settings, message) => {
    const { sdk } = await startRig();
    const options = {
      functionName: 'fn',
      runtime: 'nodejs20',
      handler: 'index.handler',
      code: { zipFile: zipped({ 'index.mjs': CODE }) },
      ...settings,
    };
    await expect(sdk.createFunction(SERVICE, options)).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(message),
    });
  });

  it('cannot be created twice, nor deleted while it has triggers', async () => {
    const { sdk, deploy } = await startRig();
    await deploy('fn', CODE);
    await expect(deploy('fn', CODE)).rejects.toMatchObject({ code: 'FunctionAlreadyExists' });
    await sdk.createTrigger(SERVICE, 'fn', {
      triggerName: 't',
      triggerType: 'http',
      triggerConfig: { authType: 'anonymous', methods: ['GET'] },
    });
    await expect(sdk.deleteFunction(SERVICE, 'fn')).rejects.toMatchObject({ code: 'FunctionNotEmpty' });
    await sdk.deleteTrigger(SERVICE, 'fn', 't');
    await sdk.deleteFunction(SERVICE, 'fn');
  });
});

describe('a trigger', () => {
  const TIMER = { triggerName: 't', triggerType: 'timer', triggerConfig: { cronExpression: '@every 5m' } };

  it('is created, listed, changed in part and deleted', async () => {
    const { sdk, deploy } = await startRig();
    await deploy('fn', CODE);
    await sdk.createTrigger(SERVICE, 'fn', TIMER);
    await expect(sdk.createTrigger(SERVICE, 'fn', TIMER)).rejects.toMatchObject({
      code: 'TriggerAlreadyExists',
    });
    await sdk.updateTrigger(SERVICE, 'fn', 't', { triggerConfig: { enable: false } });
    expect((await sdk.getTrigger(SERVICE, 'fn', 't')).data).toMatchObject({
      triggerName: 't',
      triggerType: 'timer',
      triggerConfig: { cronExpression: '@every 5m', payload: '', enable: false },
    });
    expect((await sdk.listTriggers(SERVICE, 'fn')).data.triggers).toHaveLength(1);
    await sdk.deleteTrigger(SERVICE, 'fn', 't');
    await expect(sdk.getTrigger(SERVICE, 'fn', 't')).rejects.toMatchObject({ code: 'TriggerNotFound' });
  });

  it.each([
    ['a kind that is not emulated', { triggerType: 'oss', triggerConfig: {} }, /timer, http and eventbridge/],
    [
      'a time that is none',
      { triggerType: 'timer', triggerConfig: { cronExpression: '* * *' } },
      /six fields/,
    ],
    [
      'an event source that is not emulated',
      { triggerType: 'eventbridge', triggerConfig: { eventSourceConfig: { eventSourceType: 'RocketMQ' } } },
      /other than MNS/,
    ],
  ])('is refused for %s', async (_what, settings, message) => {
    const { sdk, deploy } = await startRig();
    await deploy('fn', CODE);
    await expect(sdk.createTrigger(SERVICE, 'fn', { triggerName: 't', ...settings })).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(message),
    });
  });
});

describe('configurations of a function', () => {
  it('for asynchronous calls are put, read, listed and deleted', async () => {
    const { sdk, deploy } = await startRig();
    await deploy('fn', CODE);
    const destination = 'acs:mns:cn-hangzhou:1234567890123456:/queues/failed/messages';
    await sdk.putFunctionAsyncConfig(SERVICE, 'fn', '', {
      destinationConfig: { onFailure: { destination } },
      maxAsyncRetryAttempts: 1,
    });
    expect((await sdk.getFunctionAsyncConfig(SERVICE, 'fn')).data).toMatchObject({
      destinationConfig: { onFailure: { destination } },
      maxAsyncRetryAttempts: 1,
      maxAsyncEventAgeInSeconds: 86_400,
    });
    expect((await sdk.listFunctionAsyncConfigs(SERVICE, 'fn')).data.configs).toHaveLength(1);
    await sdk.deleteFunctionAsyncConfig(SERVICE, 'fn');
    await expect(sdk.getFunctionAsyncConfig(SERVICE, 'fn')).rejects.toMatchObject({
      code: 'AsyncConfigNotExists',
    });
  });

  it('on demand are put, read and deleted', async () => {
    const { sdk, deploy } = await startRig();
    await deploy('fn', CODE);
    await sdk.putOnDemandConfig(SERVICE, 'fn', 'LATEST', { maximumInstanceCount: 3 });
    expect((await sdk.getOnDemandConfig(SERVICE, 'fn', 'LATEST')).data).toEqual({
      resource: `services/${SERVICE}.LATEST/functions/fn`,
      maximumInstanceCount: 3,
    });
    await sdk.deleteOnDemandConfig(SERVICE, 'fn', 'LATEST');
    await expect(sdk.getOnDemandConfig(SERVICE, 'fn', 'LATEST')).rejects.toThrow(/404/);
  });
});

describe('a request', () => {
  it("signed with a secret that is not the key's is refused", async () => {
    const { fc, context } = await startRig();
    const { id, owner } = context.account;
    const sdk = sdkFor(fc.url, id, { ...owner, accessKeySecret: 'wrong' });
    await expect(sdk.listServices()).rejects.toMatchObject({
      name: 'FCSignatureNotMatchError',
      message: expect.stringMatching(
        /GET \/services failed with 403\. requestid: .{36}, message: The request signature we calculated does not match/,
      ),
    });
  });

  it('of a key that does not exist is refused', async () => {
    const { fc, context } = await startRig();
    const sdk = sdkFor(fc.url, context.account.id, { accessKeyId: 'nobody', accessKeySecret: 'x' });
    await expect(sdk.listServices()).rejects.toMatchObject({
      code: 'InvalidAccessKeyID',
      message: expect.stringContaining("invalid access key ID 'nobody'"),
    });
  });

  it('with the credentials of a role is let in, for as long as they live', async () => {
    const { fc, context } = await startRig();
    const sdk = sdkFor(fc.url, context.account.id, context.account.assumeRole(60_000));
    await sdk.listServices();
    await context.clock.advance(61_000);
    await expect(sdk.listServices()).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  it('without a signature, or for what the API has not, is refused', async () => {
    const { fc } = await startRig();
    const unsigned = await fetch(`${fc.url}/2016-08-15/services`);
    expect([unsigned.status, await unsigned.json()]).toEqual([
      400,
      {
        ErrorCode: 'MissingRequiredHeader',
        ErrorMessage: 'required HTTP header Authorization was not specified',
      },
    ]);
    const unknown = await fetch(`${fc.url}/2016-08-15/layers`);
    expect(await unknown.json()).toMatchObject({ ErrorCode: 'PathNotSupported' });
  });
});
