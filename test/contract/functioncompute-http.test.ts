import { describe, expect, it } from 'vitest';
import { type Rig, SERVICE, startRig } from './functioncompute-rig.ts';
import { sdkFor } from './functioncompute-sdk.ts';

const MIRROR = `
  export const handler = async (req, resp, context) => {
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    const { method, path, url, queries, headers, clientIP } = req;
    resp.setStatusCode(201);
    resp.setHeader('X-Mirror', 'yes');
    resp.setHeader('content-type', 'application/json');
    resp.setHeader('x-fc-request-id', 'forged');
    resp.setHeader('x-gone', '1');
    resp.deleteHeader('X-Gone');
    const body = Buffer.concat(chunks).toString();
    resp.send(JSON.stringify({ method, path, url, queries, own: headers['x-own'], clientIP, body, id: context.requestId }));
  };`;

async function served(rig: Rig, code: string, config: object = {}): Promise<string> {
  await rig.deploy('web', code);
  await rig.sdk.createTrigger(SERVICE, 'web', {
    triggerName: 'http',
    triggerType: 'http',
    triggerConfig: { authType: 'anonymous', methods: ['GET', 'POST'], ...config },
  });
  return rig.fc.httpUrl(SERVICE, 'web');
}

describe('an HTTP trigger', () => {
  it('hands the request to the function, and its response back', async () => {
    const rig = await startRig();
    const url = await served(rig, MIRROR);
    const response = await fetch(`${url}a/b?x=1&y=2&y=3`, {
      method: 'POST',
      body: 'content',
      headers: { 'X-Own': 'mine' },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-mirror')).toBe('yes');
    expect(response.headers.has('x-gone')).toBe(false);
    const requestId = response.headers.get('x-fc-request-id');
    expect(requestId).toMatch(/^.{36}$/);
    expect(await response.json()).toEqual({
      method: 'POST',
      path: '/a/b',
      url: `/2016-08-15/proxy/${SERVICE}/web/a/b?x=1&y=2&y=3`,
      queries: { x: '1', y: ['2', '3'] },
      own: 'mine',
      clientIP: '127.0.0.1',
      body: 'content',
      id: requestId,
    });
  });

  it('sends bytes and streams as they are', async () => {
    const rig = await startRig();
    const url = await served(
      rig,
      `import { Readable } from 'node:stream';
       export const handler = (req, resp) =>
         resp.send(req.path === '/stream' ? Readable.from(['a', 'b']) : Buffer.from([0, 255]));`,
    );
    expect(await (await fetch(`${url}stream`)).text()).toBe('ab');
    expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(Buffer.from([0, 255]));
  });

  it('that wants signatures lets in only those who sign, their query too', async () => {
    const rig = await startRig();
    const url = await served(rig, MIRROR, { authType: 'function' });
    expect((await fetch(url)).status).toBe(400);
    const { data } = await rig.sdk.get(`/proxy/${SERVICE}/web/action`, { x: 'awsome', y: 'serverless' });
    expect(data).toMatchObject({ path: '/action', queries: { x: 'awsome', y: 'serverless' } });
    await rig.sdk.get(`/proxy/${SERVICE}/web/`);
    const { id, owner } = rig.context.account;
    const stranger = sdkFor(rig.fc.url, id, { ...owner, accessKeySecret: 'wrong' });
    await expect(stranger.get(`/proxy/${SERVICE}/web/`)).rejects.toMatchObject({ code: 'SignatureNotMatch' });
  });

  it('refuses methods that it does not serve', async () => {
    const rig = await startRig();
    const url = await served(rig, MIRROR);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(405);
  });

  it('is a bad gateway when the function fails', async () => {
    const rig = await startRig();
    const url = await served(
      rig,
      `export const handler = async (req, resp) => { if (req.path === '/exit') process.exit(1); throw new Error('oops'); };`,
    );
    const thrown = await fetch(url);
    expect([thrown.status, await thrown.json()]).toEqual([
      502,
      expect.objectContaining({ errorMessage: 'oops' }),
    ]);
    expect(thrown.headers.get('x-fc-error-type')).toBe('UnhandledInvocationError');
    const exited = await fetch(`${url}exit`);
    expect([exited.status, await exited.json()]).toEqual([
      502,
      { errorMessage: expect.stringMatching(/^Process exited unexpectedly/) },
    ]);
  });

  it('is not there for a function that has none', async () => {
    const rig = await startRig();
    await rig.deploy('plain', `export const handler = async () => 'ok';`);
    const response = await fetch(rig.fc.httpUrl(SERVICE, 'plain'));
    expect([response.status, await response.json()]).toEqual([
      404,
      expect.objectContaining({ ErrorCode: 'TriggerNotFound' }),
    ]);
  });
});
