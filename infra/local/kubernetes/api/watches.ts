import type { ServerResponse } from 'node:http';
import type { Api } from './api.ts';
import type { Format } from './format.ts';
import { parseRevision, type Scope, select } from './lists.ts';
import type { KubeObject } from './objects.ts';
import { objectJson } from './representation.ts';
import { groupVersion } from './resources.ts';
import { expired, StatusError, statusBody } from './status.ts';
import type { Change } from './store.ts';

const BOOKMARK_EVERY_MS = 60_000;
/** A watch without a wish ends after 30 to 60 minutes. Source: kube-apiserver, --min-request-timeout. */
const SHORTEST_WATCH_MS = 1_800_000;

interface Watch {
  readonly scope: Scope;
  /** Where to start: after this revision; undefined or 0 to be sent the present state first. */
  readonly after: number | undefined;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
  readonly format: Format;
}

export function watchOf(scope: Scope, query: URLSearchParams, format: Format, jitter: number): Watch {
  if (query.get('sendInitialEvents') === 'true') {
    throw new StatusError(
      422,
      'Invalid',
      'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
    );
  }
  const timeout = Number(query.get('timeoutSeconds') ?? 0);
  return {
    scope,
    after: parseRevision(query.get('resourceVersion')),
    bookmarks: ['true', '1'].includes(query.get('allowWatchBookmarks') ?? ''),
    timeoutMs: timeout > 0 ? timeout * 1000 : SHORTEST_WATCH_MS * (1 + jitter),
    format,
  };
}

/**
 * Streams changes until the client goes away, the time is over, or the history does not reach back: that is told
 * inside the stream, by an ERROR event that carries a 410 `Status`.
 */
export function stream(api: Api, watch: Watch, response: ServerResponse, signal: AbortSignal): Promise<void> {
  const { scope, format } = watch;
  const { clock } = api.context;
  return new Promise((resolve) => {
    let sentHeaders = false;
    let closed = false;
    const write = (type: string, json: string) => {
      if (!closed) response.write(`{"type":"${type}","object":${json}}\n`);
    };
    const emit = (type: string, object: KubeObject) => {
      write(type, objectJson(scope.resource, object, format, clock.now(), !sentHeaders));
      sentHeaders = true;
    };
    const bookmark = () => {
      const { kind } = scope.resource;
      const metadata = { resourceVersion: String(api.store.revision()), creationTimestamp: null };
      write('BOOKMARK', JSON.stringify({ kind, apiVersion: groupVersion(scope.resource), metadata }));
    };
    const finish = () => {
      if (closed) return;
      closed = true;
      api.openWatches.delete(finish);
      unsubscribe();
      for (const timer of timers) timer.cancel();
      response.end();
      resolve();
    };

    response.flushHeaders();
    const backlog = backlogOf(api, watch);
    if (!backlog) {
      const error = expired(`too old resource version: ${watch.after} (${api.store.revision()})`);
      write('ERROR', JSON.stringify(statusBody(error)));
      response.end();
      resolve();
      return;
    }
    for (const { type, object } of backlog) emit(type, object);
    const unsubscribe = api.store.subscribe(scope.resource.collection, (change) => {
      if (watch.after !== undefined && change.revision <= watch.after) return;
      const seen = visible(scope, change);
      if (seen) emit(seen.type, seen.object);
    });
    const timers = [
      clock.after(watch.timeoutMs, () => {
        if (watch.bookmarks) bookmark();
        finish();
      }),
    ];
    const repeatBookmark = () => {
      timers[1] = clock.after(BOOKMARK_EVERY_MS, () => {
        bookmark();
        repeatBookmark();
      });
    };
    if (watch.bookmarks) repeatBookmark();
    api.openWatches.add(finish);
    if (signal.aborted) finish();
    else signal.addEventListener('abort', finish, { once: true });
  });
}

interface Seen {
  readonly type: Change['type'];
  readonly object: KubeObject;
}

/** What to send at once; undefined when the history does not reach back far enough. */
function backlogOf(api: Api, { scope, after }: Watch): Seen[] | undefined {
  if (after === undefined || after === 0) {
    return select(api, scope).map(({ object }) => ({ type: 'ADDED', object }));
  }
  return api.store.since(after, scope.resource.collection)?.flatMap((change) => visible(scope, change) ?? []);
}

/** A change as this watch sees it: entering the selection is ADDED, leaving it is DELETED. */
function visible({ namespace, predicate }: Scope, change: Change): Seen | undefined {
  const { object } = change.current;
  if (namespace !== undefined && object.metadata.namespace !== namespace) return undefined;
  if (!predicate) return { type: change.type, object };
  const is = change.type !== 'DELETED' && predicate(object);
  const was = change.previous !== undefined && predicate(change.previous.object);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object };
  if (!was || !change.previous) return undefined;
  // The last state inside the selection, at the revision of the change.
  const { metadata, ...rest } = change.previous.object;
  const leaving = { ...rest, metadata: { ...metadata, resourceVersion: String(change.revision) } };
  return { type: 'DELETED', object: change.type === 'DELETED' ? object : (leaving as KubeObject) };
}
