import { describe, expect, it } from 'vitest';
import { accept } from '../../shared/intake/accept.ts';
import { decodeHint, encodeHint } from '../../shared/intake/hint.ts';
import type { Hint, HintQueue } from '../../shared/reconcile/ports.ts';
import { createLogger } from '../../shared/runtime/log.ts';

const HASH = /^[0-9a-f]{16}$/;
const HINT: Hint = { clusterId: 'c-test', namespace: 'default', pod: 'web-0' };

function intake(send: HintQueue['send'] = async () => {}) {
  const sent: unknown[] = [];
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({ level: 'debug', write: (line) => lines.push(JSON.parse(line)) });
  const queue: HintQueue = {
    send: async (hints) => {
      sent.push(...hints);
      await send(hints);
    },
  };
  const take = (body: unknown, more: { oversized?: string } = {}) =>
    accept({ body, ...more }, ['c-test'], queue, log);
  return { sent, lines, take };
}

describe('what a webhook brings', () => {
  it('is put on the queue, all of it at once', async () => {
    const { take, sent } = intake();
    const body = [encodeHint(HINT), encodeHint({ ...HINT, pod: 'web-1' })];
    expect(await take(body)).toEqual({ accepted: 2, ignored: {} });
    expect(sent).toEqual([{ hint: HINT }, { hint: { ...HINT, pod: 'web-1' } }]);
  });

  it('is counted and logged where it gives no hint, and acknowledged', async () => {
    const { take, sent, lines } = intake();
    const node = { involvedObject: { kind: 'Node', name: 'n' } };
    const own = { involvedObject: { kind: 'Pod' }, source: { component: 'holdfast' } };
    const foreign = encodeHint({ ...HINT, clusterId: 'c-theirs' });
    expect(await take([node, node, own, '{', foreign])).toEqual({
      accepted: 0,
      ignored: { irrelevant: 2, own: 1, malformed: 1, foreign: 1 },
    });
    expect(sent).toEqual([]);
    expect(lines).toMatchObject([
      { level: 'warn', msg: 'a message was ignored', why: 'malformed', hash: expect.stringMatching(HASH) },
      { level: 'warn', msg: 'a message was ignored', why: 'foreign', hash: expect.stringMatching(HASH) },
    ]);
  });

  it('is acknowledged where it gives no hint, though the queue is away', async () => {
    const { take } = intake(() => Promise.reject(new Error('the queue is away')));
    expect(await take({ involvedObject: { kind: 'Node' } })).toMatchObject({ accepted: 0 });
  });

  it('is not read where it was too large to be kept, and named by the hash of it all', async () => {
    const { take, sent, lines } = intake();
    const oversized = '0123456789abcdef';
    expect(await take(encodeHint(HINT), { oversized })).toEqual({ accepted: 0, ignored: { oversized: 1 } });
    expect(sent).toEqual([]);
    expect(lines).toMatchObject([{ why: 'oversized', hash: oversized }]);
  });

  it('is never in a log line itself', async () => {
    const { take, lines } = intake();
    await take('{"password":"hunter2"');
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  it('is not acknowledged where the queue cannot take it', async () => {
    const { take } = intake(() => Promise.reject(new Error('the queue is away')));
    await expect(take(encodeHint(HINT))).rejects.toThrow('the queue is away');
  });
});

describe('a hint of our own', () => {
  it('leaves out what it does not need', () => {
    expect(encodeHint({ ...HINT, attempt: 0, look: false })).toBe(
      '{"holdfast":1,"cluster":"c-test","namespace":"default","pod":"web-0"}',
    );
  });

  it('says how often it has been looked at, and that the cloud is to be asked', () => {
    expect(encodeHint({ ...HINT, attempt: 3, look: true })).toBe(
      '{"holdfast":1,"cluster":"c-test","namespace":"default","pod":"web-0","attempt":3,"look":true}',
    );
  });

  it.each([
    { pod: 'Web-0' },
    { pod: 'web_0' },
    { pod: '-web' },
    { pod: 'web-0\n' },
    { pod: 'a'.repeat(254) },
    { pod: 7 },
    { namespace: 'a.b' },
    { namespace: 'a'.repeat(64) },
    { namespace: '' },
    { cluster: 'c/1' },
    { cluster: '' },
    { attempt: 1.5 },
    { attempt: -1 },
    { attempt: 1_001 },
    { look: 'yes' },
    { holdfast: '1' },
  ])('is none with %j', (wrong) => {
    const message = { holdfast: 1, cluster: 'c-test', namespace: 'default', pod: 'web-0' };
    expect(decodeHint(message)).toEqual(HINT);
    expect(decodeHint({ ...message, ...wrong })).toBeUndefined();
  });

  it('may carry fields that a later version adds, and has none itself that it was not given', () => {
    const message = { holdfast: 1, cluster: 'c-test', namespace: 'default', pod: 'web-0', since: 5 };
    expect(decodeHint(message)).toStrictEqual(HINT);
  });

  it.each([{ attempt: 0 }, { attempt: 1_000 }, { look: true }, { look: false }])('may have %j', (more) => {
    const message = { holdfast: 1, cluster: 'c-test', namespace: 'default', pod: 'web-0', ...more };
    expect(decodeHint(message)).toStrictEqual({ ...HINT, ...more });
  });
});
