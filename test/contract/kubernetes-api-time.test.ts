import { afterEach, describe, expect, it } from 'vitest';
import { createClock } from '../../infra/local/kernel/clock.ts';
import { type CloudContext, createContext } from '../../infra/local/kernel/context.ts';
import {
  type KubernetesApi,
  type KubernetesApiOptions,
  startKubernetesApi,
} from '../../infra/local/kubernetes/api/server.ts';
import { type Fields, send, watch } from './kubernetes-probe.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const EVENTS = '/api/v1/namespaces/default/events';
const MAPS = '/api/v1/namespaces/default/configmaps';

let context: CloudContext;
let api: KubernetesApi;

async function start(options: KubernetesApiOptions = {}): Promise<void> {
  context = createContext({ clock: createClock({ start: START, rate: 0 }) });
  api = await startKubernetesApi(context, options);
}

afterEach(() => api.close());

const map = (name: string) => ({ metadata: { name } });
const types = (events: readonly Fields[]) => events.map((event) => event.type);
const metadataOf = (body: unknown) => (body as { metadata: Record<string, unknown> }).metadata;

describe('time in the API server is the time of the cloud', () => {
  it('stamps creation and deletion', async () => {
    await start();
    await context.clock.advance(90_000);
    const pod = {
      metadata: { name: 'p' },
      spec: { nodeName: 'n', containers: [{ name: 'c', image: 'nginx' }] },
    };
    const made = await send(api, 'POST', '/api/v1/namespaces/default/pods', pod);
    expect(metadataOf(made.body).creationTimestamp).toBe('2026-01-01T00:01:30Z');
    const deleted = await send(api, 'DELETE', '/api/v1/namespaces/default/pods/p');
    expect(metadataOf(deleted.body)).toMatchObject({
      deletionTimestamp: '2026-01-01T00:02:00Z',
      deletionGracePeriodSeconds: 30,
    });
  });

  it('ages objects in tables', async () => {
    await start();
    await send(api, 'POST', MAPS, map('old'));
    await context.clock.advance(3 * 3_600_000);
    const table = await send(
      api,
      'GET',
      MAPS,
      undefined,
      undefined,
      'application/json;as=Table;v=v1;g=meta.k8s.io',
    );
    const [row] = table.body.rows as { cells: unknown[] }[];
    expect(row?.cells).toEqual(['old', 0, '3h']);
  });

  it('forgets events after an hour, and starts the hour anew when one is counted again', async () => {
    await start();
    const event = (name: string) => ({
      metadata: { name },
      involvedObject: { namespace: 'default', name: 'x' },
    });
    await send(api, 'POST', EVENTS, event('once'));
    await send(api, 'POST', EVENTS, event('again'));
    const watching = await watch(
      api,
      `${EVENTS}?watch=true&timeoutSeconds=86400&resourceVersion=${api.store.revision()}`,
    );
    await context.clock.advance(40 * 60_000);
    await send(api, 'PATCH', `${EVENTS}/again`, { count: 2 }, 'application/merge-patch+json');
    await context.clock.advance(30 * 60_000);
    expect(api.store.list('Event').map((object) => object.metadata.name)).toEqual(['again']);
    expect(types(await watching.until(2))).toEqual(['MODIFIED', 'DELETED']);
    await context.clock.advance(30 * 60_000);
    expect(api.store.list('Event')).toEqual([]);
    watching.close();
  });

  it('lets events live as long as it is told', async () => {
    await start({ eventTtlMs: 1000 });
    await send(api, 'POST', EVENTS, { metadata: { name: 'e' }, involvedObject: { namespace: 'default' } });
    await context.clock.advance(1001);
    expect(api.store.list('Event')).toEqual([]);
  });
});

describe('a watch', () => {
  it('is told by bookmarks how far a quiet collection has come', async () => {
    await start();
    const watching = await watch(
      api,
      `${MAPS}?watch=true&allowWatchBookmarks=true&resourceVersion=${api.store.revision()}`,
    );
    await send(api, 'POST', '/api/v1/namespaces', map('elsewhere'));
    await context.clock.advance(60_000);
    const [bookmark] = await watching.until(1);
    expect(bookmark?.type).toBe('BOOKMARK');
    expect(metadataOf(bookmark?.object).resourceVersion).toBe(String(api.store.revision()));
    watching.close();
  });

  it('ends when its time is over, with a last bookmark', async () => {
    await start();
    const watching = await watch(api, `${MAPS}?watch=true&allowWatchBookmarks=true&timeoutSeconds=5`);
    await context.clock.advance(5000);
    expect(types(await watching.until(1))).toEqual(['BOOKMARK']);
    watching.close();
  });

  it('from before the history is answered 410 inside the stream', async () => {
    await start({ historyWindow: 3 });
    for (let index = 0; index < 10; index++) await send(api, 'POST', MAPS, map(`m-${index}`));
    const watching = await watch(api, `${MAPS}?watch=true&resourceVersion=2`);
    const [error] = await watching.until(1);
    expect(error).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    watching.close();
  });

  it('of rows carries the column definitions once', async () => {
    await start();
    await send(api, 'POST', MAPS, map('a'));
    await send(api, 'POST', MAPS, map('b'));
    const form = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const watching = await watch(api, `${MAPS}?watch=true`, form);
    const events = await watching.until(2);
    expect(
      events.map(({ object }) => (object as { columnDefinitions: unknown[] }).columnDefinitions.length),
    ).toEqual([3, 0]);
    watching.close();
  });
});

describe('a page whose history is gone', () => {
  it('is answered 410 with a token that goes on from the present', async () => {
    await start();
    for (const name of ['a', 'b', 'c']) await send(api, 'POST', MAPS, map(name));
    const first = await send(api, 'GET', `${MAPS}?limit=1`);
    expect(metadataOf(first.body).remainingItemCount).toBe(2);
    await send(api, 'DELETE', `${MAPS}/b`);
    api.store.compact();
    const next = await send(
      api,
      'GET',
      `${MAPS}?limit=5&continue=${String(metadataOf(first.body).continue)}`,
    );
    expect(next.body).toMatchObject({ code: 410, reason: 'Expired' });
    const rest = await send(api, 'GET', `${MAPS}?limit=5&continue=${String(metadataOf(next.body).continue)}`);
    expect((rest.body.items as { metadata: { name: string } }[]).map((item) => item.metadata.name)).toEqual([
      'c',
    ]);
  });
});

describe('injected faults', () => {
  it('are worded as a Status, and are named by verb and resource', async () => {
    await start();
    context.faults.add({
      service: 'kubernetes',
      operation: 'patch pods/status',
      fault: { kind: 'error', status: 500, code: 'InternalError', message: 'etcdserver: request timed out' },
    });
    const path = '/api/v1/namespaces/default/pods/p/status';
    const { status, body } = await send(api, 'PATCH', path, {}, 'application/merge-patch+json');
    expect(status).toBe(500);
    expect(body).toMatchObject({
      kind: 'Status',
      reason: 'InternalError',
      message: 'etcdserver: request timed out',
    });
    expect(context.meter.counts()).toEqual({ 'kubernetes.patch pods/status': 1 });
    expect(context.faults.struck()).toBe(1);
    await send(api, 'GET', '/api/v1/pods');
    expect(context.faults.struck()).toBe(1);
  });
});

describe("the server's doors for audits", () => {
  it('tell of each change of a kind, and of the last state of what is gone', async () => {
    await start();
    const seen: string[] = [];
    const stop = api.store.onChange('ConfigMap', ({ object, gone }) => {
      seen.push(`${object.metadata.name} ${gone ? 'is gone' : 'is there'}`);
    });
    await send(api, 'POST', MAPS, map('a'));
    await send(api, 'POST', EVENTS, { metadata: { name: 'e' }, involvedObject: { namespace: 'default' } });
    await send(api, 'DELETE', `${MAPS}/a`);
    stop();
    await send(api, 'POST', MAPS, map('b'));
    expect(seen).toEqual(['a is there', 'a is gone']);
    expect(() => api.store.onChange('Nonsense', () => {})).toThrow('no kind Nonsense is served');
  });

  it('end every watch that is open, and none twice', async () => {
    await start();
    const watching = await watch(api, `${MAPS}?watch=true`);
    expect(api.endWatches()).toBe(1);
    await send(api, 'POST', MAPS, map('a'));
    expect(await watching.until(1, 100)).toEqual([]);
    expect(api.endWatches()).toBe(0);
  });
});
