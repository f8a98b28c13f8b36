import type { Api } from './api.ts';
import { ordered } from './metadata.ts';
import type { KubeObject } from './objects.ts';

/** Takes a finalizer off an object; one that was only waiting for it goes. */
export function dropFinalizer(api: Api, collection: string, object: KubeObject, finalizer: string): void {
  const finalizers = (object.metadata.finalizers ?? []).filter((other) => other !== finalizer);
  const next = ordered({ ...object, metadata: { ...object.metadata, finalizers } });
  if (isReleased(next)) api.store.remove(collection, object.metadata.namespace, object.metadata.name);
  else api.store.put(collection, next);
}

/** Marked for deletion, without grace left, and nobody holds it. */
export function isReleased({ metadata }: KubeObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    (metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
    (metadata.finalizers ?? []).length === 0
  );
}
