import { type KubeObject, keyOf } from './objects.ts';

/** An object as it stands in the store: never changed, only replaced. */
export interface Stored {
  readonly object: KubeObject;
  readonly revision: number;
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly collection: string;
  readonly current: Stored;
  readonly previous: Stored | undefined;
}

/** Objects by collection under one global revision, with a window of history for watches. */
export interface Store {
  revision(): number;
  get(collection: string, namespace: string | undefined, name: string): Stored | undefined;
  /** Sorted as etcd sorts its keys; all namespaces when none is given. */
  list(collection: string, namespace?: string): readonly Stored[];
  /** As `list`, at an earlier revision; undefined when the history does not reach back to it. */
  listAt(revision: number, collection: string, namespace?: string): readonly Stored[] | undefined;
  /** Writes the object, with the new revision as its `metadata.resourceVersion`. */
  put(collection: string, object: KubeObject): Stored;
  /** Removes the object; its last state carries the revision of the removal. */
  remove(collection: string, namespace: string | undefined, name: string): Stored | undefined;
  /** What changed in a collection after a revision; undefined when the history does not reach back to it. */
  since(revision: number, collection: string): Change[] | undefined;
  subscribe(collection: string, listener: (change: Change) => void): () => void;
  /** Called with each change of any collection, before the watchers. */
  onChange(listener: (change: Change) => void): () => void;
  /** Forgets the history so far, as a compaction of etcd does. */
  compact(): void;
  collections(): Iterable<string>;
}

interface Collection {
  readonly objects: Map<string, Stored>;
  /** Sorted keys, rebuilt when keys came or went. */
  keys: string[] | undefined;
  readonly listeners: Set<(change: Change) => void>;
}

export function createStore(historyWindow: number): Store {
  const collections = new Map<string, Collection>();
  const changeListeners = new Set<(change: Change) => void>();
  let history: Change[] = [];
  let compacted = 0;
  let revision = 0;

  const collectionOf = (name: string): Collection => {
    let found = collections.get(name);
    if (!found) {
      found = { objects: new Map(), keys: undefined, listeners: new Set() };
      collections.set(name, found);
    }
    return found;
  };

  const record = (change: Change) => {
    history.push(change);
    // Trimmed in bulk, so that a write costs no shift of the whole window.
    if (history.length >= historyWindow * 2) forget(history.length - historyWindow);
    for (const listener of changeListeners) listener(change);
    for (const listener of collectionOf(change.collection).listeners) listener(change);
  };

  const forget = (count: number) => {
    compacted = history[count - 1]?.revision ?? compacted;
    history = history.slice(count);
  };

  /** Index of the first change after a revision. */
  const indexAfter = (after: number): number => {
    let low = 0;
    let high = history.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((history[middle] as Change).revision <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const store: Store = {
    revision: () => revision,
    get: (collection, namespace, name) => collections.get(collection)?.objects.get(keyOf(namespace, name)),
    list(collection, namespace) {
      const found = collections.get(collection);
      if (!found) return [];
      found.keys ??= [...found.objects.keys()].sort(byBytes);
      const keys = namespace === undefined ? found.keys : inNamespace(found.keys, namespace);
      return keys.map((key) => found.objects.get(key) as Stored);
    },
    listAt(wanted, collection, namespace) {
      if (wanted >= revision) return store.list(collection, namespace);
      if (wanted < compacted) return undefined;
      const objects = new Map(collectionOf(collection).objects);
      for (let index = history.length - 1; index >= indexAfter(wanted); index--) {
        const change = history[index] as Change;
        if (change.collection !== collection) continue;
        const { namespace: at, name } = change.current.object.metadata;
        if (change.previous) objects.set(keyOf(at, name), change.previous);
        else objects.delete(keyOf(at, name));
      }
      const keys = [...objects.keys()].sort(byBytes);
      return (namespace === undefined ? keys : inNamespace(keys, namespace)).map(
        (key) => objects.get(key) as Stored,
      );
    },
    put(name, object) {
      const collection = collectionOf(name);
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      const previous = collection.objects.get(key);
      revision++;
      object.metadata.resourceVersion = String(revision);
      const current: Stored = { object, revision };
      collection.objects.set(key, current);
      if (!previous) collection.keys = undefined;
      record({ type: previous ? 'MODIFIED' : 'ADDED', revision, collection: name, current, previous });
      return current;
    },
    remove(name, namespace, objectName) {
      const collection = collectionOf(name);
      const key = keyOf(namespace, objectName);
      const previous = collection.objects.get(key);
      if (!previous) return undefined;
      revision++;
      const metadata = { ...previous.object.metadata, resourceVersion: String(revision) };
      const current: Stored = { object: { ...previous.object, metadata }, revision };
      collection.objects.delete(key);
      collection.keys = undefined;
      record({ type: 'DELETED', revision, collection: name, current, previous });
      return current;
    },
    since(after, collection) {
      if (after < compacted) return undefined;
      return history.slice(indexAfter(after)).filter((change) => change.collection === collection);
    },
    subscribe(name, listener) {
      const { listeners } = collectionOf(name);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onChange(listener) {
      changeListeners.add(listener);
      return () => changeListeners.delete(listener);
    },
    compact() {
      compacted = revision;
      history = [];
    },
    collections: () => collections.keys(),
  };
  return store;
}

const byBytes = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0);

const inNamespace = (keys: readonly string[], namespace: string) => {
  const prefix = `${namespace}/`;
  return keys.filter((key) => key.startsWith(prefix));
};
