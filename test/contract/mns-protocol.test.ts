import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createClock } from '../../infra/local/kernel/clock.ts';
import { openRig, type RawReply } from './mns-rig.ts';
import { sdkFor } from './mns-sdk.ts';

const outcome = ({ status, xml }: RawReply) => ({ status, code: xml.Error?.Code });

const MESSAGES = '/queues/q/messages';
const message = (body: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><Message xmlns="http://mns.aliyuncs.com/doc/v1/">${body}</Message>`;

const openQueue = async () => {
  const rig = await openRig();
  await rig.sdk.createQueue('q');
  return rig;
};

describe('an answer', () => {
  it('carries a request id and the version, with or without a body', async () => {
    const { raw, mns } = await openRig();

    const created = await raw({ method: 'PUT', resource: '/queues/q', body: '<Queue/>' });
    const listed = await raw({ method: 'GET', resource: '/queues' });

    expect(created).toMatchObject({ status: 201, text: '' });
    expect(created.headers.get('location')).toBe(`${mns.url}/queues/q`);
    expect(listed.headers.get('content-type')).toBe('text/xml;charset=utf-8');
    for (const { headers } of [created, listed]) {
      expect(headers.get('x-mns-version')).toBe('2015-06-06');
      expect(headers.get('x-mns-request-id')).toMatch(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
    }
  });

  it('to a failed request is an Error document with code, message, request id and host', async () => {
    const { raw, mns } = await openRig();

    const reply = await raw({ method: 'GET', resource: '/queues/nowhere' });

    expect(reply.status).toBe(404);
    expect(reply.text).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<Error xmlns="http:\/\/mns.aliyuncs.com\/doc\/v1\/">/,
    );
    expect(reply.xml.Error).toEqual({
      Code: 'QueueNotExist',
      Message: 'The queue name you provided is not exist.',
      RequestId: reply.headers.get('x-mns-request-id'),
      HostId: mns.url,
    });
  });

  it('escapes what a message says', async () => {
    const { raw, mns } = await openQueue();
    await mns.queues.send('q', 'a < b && c > d\r\n');

    const { text } = await raw({ method: 'GET', resource: MESSAGES });

    expect(text).toContain('<MessageBody>a &lt; b &amp;&amp; c &gt; d&#xD;\n</MessageBody>');
  });
});

describe('a request', () => {
  const get = { method: 'GET', resource: '/queues' } as const;

  it.each([
    ['without authorization', { authorization: '' }, 400, 'InvalidAuthorizationHeader'],
    ['of another scheme', { authorization: 'OSS key:signature' }, 400, 'InvalidAuthorizationHeader'],
    ['without a date', { date: undefined }, 400, 'MissingDateHeader'],
    ['with a date that is none', { date: 'yesterday' }, 400, 'InvalidDateHeader'],
    ['without a version', { 'x-mns-version': undefined }, 400, 'MissingVersionHeader'],
    ['of another version', { 'x-mns-version': '2014-07-08' }, 400, 'InvalidVersionHeader'],
  ])('%s is refused', async (_what, headers, status, code) => {
    const { raw } = await openRig();
    expect(outcome(await raw({ ...get, headers }))).toEqual({ status, code });
  });

  it('without any Authorization header is refused', async () => {
    const { mns } = await openRig();

    const response = await fetch(`${mns.url}/queues`, { headers: { 'x-mns-version': '2015-06-06' } });

    expect(response.status).toBe(400);
    expect(await response.text()).toContain('<Code>MissingAuthorizationHeader</Code>');
  });

  it('with a wrong signature is refused, and has no effect', async () => {
    const { raw, sdk, mns, context } = await openRig();
    const stranger = sdkFor(mns.url, { ...context.account.owner, accessKeySecret: 'guessed' });

    expect(outcome(await raw({ ...get, signature: 'AAAA' }))).toEqual({
      status: 403,
      code: 'SignatureDoesNotMatch',
    });
    await expect(stranger.createQueue('q')).rejects.toMatchObject({ name: 'MNSSignatureDoesNotMatchError' });
    expect((await sdk.listQueue('', 10, '')).body).toBeUndefined();
  });

  it('with an unknown key is refused', async () => {
    const { raw } = await openRig();
    const credentials = { accessKeyId: 'NOBODY', accessKeySecret: 'x' };
    expect(outcome(await raw({ ...get, credentials }))).toEqual({ status: 403, code: 'InvalidAccessKeyId' });
  });

  it('may be 15 minutes old or ahead, not more', async () => {
    const { raw } = await openRig();
    const dated = (minutes: number) => ({ date: new Date(Date.now() + minutes * 60_000).toUTCString() });

    for (const minutes of [-14, 14]) {
      expect((await raw({ ...get, headers: dated(minutes) })).status).toBe(200);
    }
    for (const minutes of [-16, 16]) {
      expect(outcome(await raw({ ...get, headers: dated(minutes) }))).toEqual({
        status: 408,
        code: 'TimeExpired',
      });
    }
  });

  it('may be dated by x-mns-date instead', async () => {
    const { raw } = await openRig();
    const headers = { date: undefined, 'x-mns-date': new Date().toUTCString() };
    expect((await raw({ ...get, headers })).status).toBe(200);
  });

  it('passes by the machine’s time or by the cloud’s, where the two differ', async () => {
    const start = Date.parse('2031-01-01T00:00:00Z');
    const { raw } = await openRig({ clock: createClock({ start, rate: 0 }) });

    expect((await raw(get)).status).toBe(200);
    expect((await raw({ ...get, headers: { date: new Date(start).toUTCString() } })).status).toBe(200);
  });

  it('signed with temporary credentials needs their token, the right one, in time', async () => {
    const { raw, mns, context } = await openRig();
    const session = context.account.assumeRole(3_600_000);
    const { securityToken: _token, ...keys } = session;

    await expect(sdkFor(mns.url, session).createQueue('q')).resolves.toMatchObject({ code: 201 });
    expect(outcome(await raw({ ...get, credentials: keys }))).toEqual({
      status: 403,
      code: 'InvalidAccessKeyId',
    });
    expect(outcome(await raw({ ...get, credentials: { ...keys, securityToken: 'other' } }))).toEqual({
      status: 403,
      code: 'InvalidSecurityToken',
    });
    await context.clock.advance(3_600_000);
    expect(outcome(await raw({ ...get, credentials: session }))).toEqual({
      status: 403,
      code: 'SecurityTokenExpired',
    });
  });

  it('whose body is not what its Content-MD5 says is refused', async () => {
    const { raw, mns } = await openQueue();
    const body = message('<MessageBody>x</MessageBody>');
    const digest = createHash('md5').update(body).digest('base64');
    const send = (md5: string | undefined) =>
      raw({ method: 'POST', resource: MESSAGES, body, headers: { 'content-md5': md5 } });

    expect(outcome(await send('AAAA'))).toEqual({ status: 400, code: 'InvalidDegist' });
    expect(mns.queues.depth('q').active).toBe(0);
    expect((await send(digest)).status).toBe(201);
    expect((await send(undefined)).status).toBe(201);
  });

  it('with a body that is not declared as XML is refused', async () => {
    const { raw } = await openQueue();
    const request = { method: 'POST', resource: MESSAGES, body: message('<MessageBody>x</MessageBody>') };

    const reply = await raw({ ...request, headers: { 'content-type': 'application/json' } });

    expect(outcome(reply)).toEqual({ status: 400, code: 'InvalidContentType' });
  });

  it.each([
    ['a bare ampersand', message('<MessageBody>a & b</MessageBody>')],
    ['a bare less-than sign', message('<MessageBody>a < b</MessageBody>')],
    ['an unknown entity', message('<MessageBody>&nbsp;</MessageBody>')],
    ['a forbidden character', message('<MessageBody>&#0;</MessageBody>')],
    ['a tag left open', message('<MessageBody>x')],
    ['a second root', `${message('<MessageBody>x</MessageBody>')}<Message/>`],
    ['text after the root', `${message('<MessageBody>x</MessageBody>')}more`],
    ['a DOCTYPE', `<!DOCTYPE Message [<!ENTITY e "x">]><Message><MessageBody>&e;</MessageBody></Message>`],
    ['nothing', ''],
    ['no XML', '{"MessageBody":"x"}'],
  ])('with %s in its document is refused as MalformedXML', async (_what, body) => {
    const { raw, mns } = await openQueue();

    const reply = await raw({ method: 'POST', resource: MESSAGES, body });

    expect(outcome(reply)).toEqual({ status: 400, code: 'MalformedXML' });
    expect(mns.queues.depth('q').active).toBe(0);
  });

  it('with a document of another kind is refused as InvalidArgument', async () => {
    const { raw } = await openQueue();
    for (const [method, resource, body] of [
      ['POST', MESSAGES, '<Queue/>'],
      ['PUT', '/queues/p', '<Message/>'],
      ['DELETE', MESSAGES, '<Messages><ReceiptHandle>x</ReceiptHandle></Messages>'],
    ] as const) {
      expect(outcome(await raw({ method, resource, body }))).toEqual({
        status: 400,
        code: 'InvalidArgument',
      });
    }
  });

  it.each([
    ['DELETE', MESSAGES, 400, 'MissingReceiptHandle'],
    ['DELETE', `${MESSAGES}?ReceiptHandle=nonsense`, 400, 'ReceiptHandleError'],
    ['PUT', `${MESSAGES}?visibilityTimeout=5`, 400, 'MissingReceiptHandle'],
    ['PUT', `${MESSAGES}?receiptHandle=nonsense`, 400, 'MissingVisibilityTimeout'],
    ['PUT', `${MESSAGES}?receiptHandle=nonsense&visibilityTimeout=5`, 400, 'ReceiptHandleError'],
    ['GET', `${MESSAGES}?wait=5`, 400, 'InvalidQueryString'],
    ['GET', `${MESSAGES}?waitseconds=soon`, 400, 'InvalidArgument'],
    ['GET', '/queues/q/letters', 400, 'InvalidRequestURL'],
    ['GET', '/', 400, 'InvalidRequestURL'],
    ['POST', '/queues/q', 400, 'InvalidRequestURL'],
    ['GET', '/topics', 400, 'InvalidRequestURL'],
  ])('%s %s is answered %i %s', async (method, resource, status, code) => {
    const { raw } = await openQueue();
    expect(outcome(await raw({ method, resource }))).toEqual({ status, code });
  });
});

describe('faults and figures', () => {
  it('words an injected error as the service words its own', async () => {
    const { sdk, context } = await openQueue();
    const fault = { kind: 'error', status: 429, code: 'QpsLimitExceeded' } as const;
    context.faults.add({ service: 'mns', operation: 'SendMessage', times: 1, fault });

    await expect(sdk.sendMessage('q', { MessageBody: 'x' })).rejects.toMatchObject({
      name: 'MNSQpsLimitExceededError',
      message: expect.stringContaining('429'),
    });
    await expect(sdk.sendMessage('q', { MessageBody: 'x' })).resolves.toMatchObject({ code: 201 });
  });

  it('counts every call under the name of its operation', async () => {
    const { sdk, mns, context } = await openQueue();
    await sdk.setQueueAttributes('q', {});
    await sdk.getQueueAttributes('q');
    await sdk.listQueue('', 1, '');
    await sdk.sendMessage('q', { MessageBody: 'a' });
    await sdk.batchSendMessage('q', [{ MessageBody: 'b' }]);
    await sdk.peekMessage('q');
    await sdk.batchPeekMessage('q', 2);
    const a = (await sdk.receiveMessage('q')).body.ReceiptHandle ?? '';
    const [b] = (await sdk.batchReceiveMessage('q', 2)).body;
    const changed = (await sdk.changeMessageVisibility('q', a, 9)).body.ReceiptHandle ?? '';
    await sdk.deleteMessage('q', changed);
    await sdk.batchDeleteMessage('q', [b?.ReceiptHandle ?? '']);
    await sdk.deleteQueue('q');
    await expect(mns.queues.send('q', 'x')).rejects.toMatchObject({ code: 'QueueNotExist', status: 404 });

    expect(context.meter.counts()).toEqual({
      'mns.CreateQueue': 1,
      'mns.SetQueueAttributes': 1,
      'mns.GetQueueAttributes': 1,
      'mns.ListQueue': 1,
      'mns.SendMessage': 2,
      'mns.BatchSendMessage': 1,
      'mns.PeekMessage': 1,
      'mns.BatchPeekMessage': 1,
      'mns.ReceiveMessage': 1,
      'mns.BatchReceiveMessage': 1,
      'mns.ChangeMessageVisibility': 1,
      'mns.DeleteMessage': 1,
      'mns.BatchDeleteMessage': 1,
      'mns.DeleteQueue': 1,
    });
  });
});
