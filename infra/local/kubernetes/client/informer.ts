import type { Clock } from '../../kernel/clock.ts';
import type { KubernetesClient, ListAnswer, Query, WatchLine } from './client.ts';
import { type KubernetesObject, keyOf } from './objects.ts';

export interface Informer<T extends KubernetesObject> {
  get(key: string): T | undefined;
  list(): IterableIterator<T>;
  /**
   * Puts in what a write of ours has answered, so that the next look sees it although its watch line is still on
   * the way. Listeners are told; the line itself is then no news.
   */
  learn(object: T): void;
  /** Forgets what a delete of ours has removed for good. */
  forget(object: T): void;
  /** Adds a listener; do it before `start`. */
  listen(listener: InformerListener<T>): void;
  /** Resolves once the first list is in. A server that does not answer is asked again, without end. */
  start(): Promise<void>;
  close(): void;
}

export interface InformerListener<T> {
  /** `old` is undefined for what is new here, also where it was merely found by a list. */
  changed(object: T, old: T | undefined): void;
  /** The last state that was seen; it may not be the very last. */
  gone?(object: T): void;
}

export interface InformerOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly path: string;
  /** `labelSelector`, `fieldSelector`. */
  readonly query?: Query;
  readonly log: (line: string) => void;
}

const PAGE = 500;
/** A server closes a watch after some minutes; asking for it keeps a dead connection from hanging for ever. */
const WATCH_SECONDS = 290;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;

/** Mirrors a collection: lists it, follows it with bookmarks, and lists again when the server no longer has the revision. */
export function createInformer<T extends KubernetesObject>(options: InformerOptions): Informer<T> {
  const { client, clock, path, query = {}, log } = options;
  const listeners: InformerListener<T>[] = [];
  const objects = new Map<string, T>();
  const closing = new AbortController();
  let stopWatch = () => {};
  /** The newest revision that the server has told of: what is older and not here, is gone. */
  let revision = 0n;

  const tellGone = (object: T) => {
    for (const listener of listeners) listener.gone?.(object);
  };
  const put = (object: T) => {
    const key = keyOf(object);
    const old = objects.get(key);
    if (old && revisionOf(old) >= revisionOf(object)) return;
    objects.set(key, object);
    for (const listener of listeners) listener.changed(object, old);
  };
  const drop = (object: T) => {
    const key = keyOf(object);
    const old = objects.get(key);
    // A delete line of an earlier object says nothing about a newer one of the same name.
    if (!old || revisionOf(old) > revisionOf(object)) return;
    objects.delete(key);
    tellGone(object);
  };

  const list = async () => {
    const listed = new Map<string, T>();
    let next: string | undefined;
    let listRevision = '0';
    do {
      const page: ListAnswer<T> = await client.get(path, {
        ...query,
        limit: PAGE,
        ...(next ? { continue: next } : {}),
      });
      for (const item of page.items) listed.set(keyOf(item), item);
      listRevision = page.metadata.resourceVersion ?? '0';
      next = page.metadata.continue;
    } while (next);
    if (closing.signal.aborted) return;
    revision = BigInt(listRevision);
    for (const [key, object] of objects) {
      const current = listed.get(key);
      const replaced = current !== undefined && current.metadata.uid !== object.metadata.uid;
      if ((current === undefined && revisionOf(object) <= revision) || replaced) {
        objects.delete(key);
        tellGone(object);
      }
    }
    for (const object of listed.values()) put(object);
  };

  /** Follows the collection until the watch ends, and resolves with how much it has told. */
  const follow = () =>
    new Promise<number>((resolve, reject) => {
      let lines = 0;
      const finish = (error?: unknown) => {
        closing.signal.removeEventListener('abort', onClosing);
        stopWatch();
        if (error) reject(error);
        else resolve(lines);
      };
      const onClosing = () => finish();
      const onLine = ({ type, object }: WatchLine) => {
        lines++;
        if (type === 'ERROR')
          return finish(new WatchRefused(object.code ?? 0, object.message ?? 'watch failed'));
        const seen = revisionOf(object);
        if (seen > revision) revision = seen;
        if (type === 'DELETED') drop(object as unknown as T);
        else if (type !== 'BOOKMARK') put(object as unknown as T);
      };
      const watchQuery = {
        ...query,
        resourceVersion: String(revision),
        allowWatchBookmarks: true,
        timeoutSeconds: WATCH_SECONDS,
      };
      stopWatch = client.watch(path, watchQuery, guarded(onLine), finish);
      closing.signal.addEventListener('abort', onClosing, { once: true });
    });

  // The vendor's Watch swallows what its callback throws, taking it for a line that does not parse.
  const guarded = (onLine: (line: WatchLine) => void) => (line: WatchLine) => {
    try {
      onLine(line);
    } catch (error) {
      log(`informer ${path}: ${(error as Error).stack}`);
    }
  };

  let retryMs = 0;
  const backOff = async () => {
    // The first retry is at once: most often it was just a closed connection.
    if (retryMs > 0) await clock.sleep(retryMs, closing.signal).catch(() => {});
    retryMs = Math.min(LAST_RETRY_MS, retryMs === 0 ? FIRST_RETRY_MS : retryMs * 2);
  };
  const complain = (error: unknown) => {
    if (!closing.signal.aborted) log(`informer ${path}: ${(error as Error).message}`);
  };
  const listUntilDone = async () => {
    while (!closing.signal.aborted) {
      try {
        return await list();
      } catch (error) {
        complain(error);
        await backOff();
      }
    }
  };
  const run = async () => {
    while (!closing.signal.aborted) {
      try {
        // A watch that says nothing before it ends may be one that the server closes at once.
        if ((await follow()) > 0) retryMs = 0;
        else await backOff();
      } catch (error) {
        if (isTooOld(error)) await listUntilDone();
        else complain(error);
        await backOff();
      }
    }
  };

  return {
    get: (key) => objects.get(key),
    list: () => objects.values(),
    learn(object) {
      const key = keyOf(object);
      // Older than what the server has told, and not here: it has been deleted since.
      if (!objects.has(key) && revisionOf(object) <= revision) return;
      put(object);
    },
    forget: drop,
    listen(listener) {
      listeners.push(listener);
    },
    async start() {
      await listUntilDone();
      run().catch((error) => log(`informer ${path} ended: ${(error as Error).stack}`));
    },
    close() {
      closing.abort();
      stopWatch();
    },
  };
}

class WatchRefused extends Error {
  readonly statusCode: number;
  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

const isTooOld = (error: unknown): boolean => (error as { statusCode?: number } | null)?.statusCode === 410;

/** Revisions are opaque by contract, but every server that we meet counts one number up for all objects. */
const revisionOf = (object: KubernetesObject): bigint => BigInt(object.metadata.resourceVersion ?? '0');
