import type { Api } from './api.ts';
import { deferred } from './deferred.ts';
import { remove } from './deletion.ts';
import { listAt } from './objects.ts';

const COLLECTION = 'namespaces';
const FINALIZER = 'kubernetes';

/** Empties namespaces that are being deleted, then lets them go. Returns the way to stop. */
export function emptyNamespaces(api: Api): () => void {
  const terminating = new Set<string>();
  const work = deferred<string>((name) => {
    const namespace = api.store.get(COLLECTION, undefined, name)?.object;
    if (!namespace) {
      terminating.delete(name);
      return;
    }
    if (namespace.metadata.deletionTimestamp === undefined) return;
    if (emptied(api, name)) letGo(api, name);
  });
  const unsubscribe = api.store.onChange(({ type, collection, current }) => {
    const { metadata } = current.object;
    if (collection === COLLECTION && metadata.deletionTimestamp !== undefined) {
      terminating.add(metadata.name);
      work.add(metadata.name);
    } else if (
      type === 'DELETED' &&
      metadata.namespace !== undefined &&
      terminating.has(metadata.namespace)
    ) {
      work.add(metadata.namespace);
    }
  });
  return () => {
    unsubscribe();
    work.stop();
  };
}

/** Deletes what is in a namespace, pods with their grace; true when nothing was left. */
function emptied(api: Api, namespace: string): boolean {
  let left = 0;
  for (const collection of [...api.store.collections()]) {
    const resource = api.catalog.ofCollection(collection);
    if (!resource?.namespaced) continue;
    for (const { object } of api.store.list(collection, namespace)) {
      if (object.metadata.deletionTimestamp === undefined) {
        remove(api, resource, namespace, object.metadata.name, { propagation: 'Background', dryRun: false });
      }
    }
    left += api.store.list(collection, namespace).length;
  }
  return left === 0;
}

function letGo(api: Api, name: string): void {
  const namespace = api.store.get(COLLECTION, undefined, name)?.object;
  if (!namespace) return;
  const finalizers = listAt(namespace, 'spec', 'finalizers').filter((finalizer) => finalizer !== FINALIZER);
  const held = finalizers.length > 0 || (namespace.metadata.finalizers ?? []).length > 0;
  if (!held) api.store.remove(COLLECTION, undefined, name);
  else if (listAt(namespace, 'spec', 'finalizers').includes(FINALIZER)) {
    api.store.put(COLLECTION, { ...namespace, metadata: { ...namespace.metadata }, spec: { finalizers } });
  }
}
