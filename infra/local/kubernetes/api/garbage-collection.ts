import type { Api } from './api.ts';
import { deferred } from './deferred.ts';
import { FOREGROUND, ORPHAN, remove } from './deletion.ts';
import { dropFinalizer } from './finalizers.ts';
import { ordered } from './metadata.ts';
import type { KubeObject, OwnerReference } from './objects.ts';

interface Place {
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

/**
 * Deletes what its owners leave behind, and finishes deletions that orphan their dependents or wait for them.
 * Works after the write that caused it, as the collector of a cluster does. Returns the way to stop.
 * Source: Kubernetes, pkg/controller/garbagecollector (attemptToDeleteItem, attemptToOrphan).
 */
export function collectGarbage(api: Api): () => void {
  const places = new Map<string, Place>();
  const dependents = new Map<string, Set<string>>();

  const work = deferred<string>((uid) => {
    const place = places.get(uid);
    const object = place && api.store.get(place.collection, place.namespace, place.name)?.object;
    if (place && object?.metadata.uid === uid) attend(place, object);
  });

  const attend = (place: Place, object: KubeObject) => {
    const finalizers = object.metadata.finalizers ?? [];
    if (object.metadata.deletionTimestamp !== undefined) {
      if (finalizers.includes(ORPHAN)) orphan(place, object);
      else if (finalizers.includes(FOREGROUND)) awaitDependents(place, object);
      return;
    }
    if ((object.metadata.ownerReferences ?? []).length > 0) reconsider(place, object);
  };

  const dependentsOf = (uid: string) =>
    [...(dependents.get(uid) ?? [])].flatMap((dependent) => {
      const place = places.get(dependent);
      const object = place && api.store.get(place.collection, place.namespace, place.name)?.object;
      return place && object ? [{ place, object }] : [];
    });

  const orphan = (place: Place, object: KubeObject) => {
    for (const dependent of dependentsOf(object.metadata.uid)) {
      keepOwners(dependent.place, dependent.object, (owner) => owner.uid !== object.metadata.uid);
    }
    dropFinalizer(api, place.collection, object, ORPHAN);
  };

  const awaitDependents = (place: Place, object: KubeObject) => {
    const { uid } = object.metadata;
    const blocks = ({ object: dependent }: { object: KubeObject }) =>
      dependent.metadata.ownerReferences?.some(
        (owner) => owner.uid === uid && owner.blockOwnerDeletion === true,
      );
    for (const dependent of dependentsOf(uid).filter(blocks)) {
      if (dependent.object.metadata.deletionTimestamp === undefined)
        reconsider(dependent.place, dependent.object);
    }
    const current = api.store.get(place.collection, place.namespace, place.name)?.object;
    if (current && !dependentsOf(uid).some(blocks)) dropFinalizer(api, place.collection, current, FOREGROUND);
  };

  /** Keeps an object that has a living owner, and deletes one whose owners are all gone or going. */
  const reconsider = (place: Place, object: KubeObject) => {
    const owners = object.metadata.ownerReferences ?? [];
    const states = new Map(owners.map((owner) => [owner, ownerState(object, owner)]));
    const lives = owners.some((owner) => states.get(owner) === 'lives');
    const waits = owners.some((owner) => states.get(owner) === 'waits');
    if (lives) {
      if (owners.some((owner) => states.get(owner) !== 'lives')) {
        keepOwners(place, object, (owner) => states.get(owner) === 'lives');
      }
      return;
    }
    const resource = api.catalog.ofCollection(place.collection);
    if (!resource) return;
    const hasDependents = (dependents.get(object.metadata.uid)?.size ?? 0) > 0;
    const asMarked = (object.metadata.finalizers ?? []).includes(ORPHAN) ? 'Orphan' : 'Background';
    remove(api, resource, place.namespace, place.name, {
      uid: object.metadata.uid,
      propagation: waits && hasDependents ? 'Foreground' : asMarked,
      dryRun: false,
    });
  };

  /** Owners are found by name and must have the uid. One of a kind that is not served cannot be judged: it lives. */
  const ownerState = (object: KubeObject, owner: OwnerReference): 'lives' | 'waits' | 'gone' => {
    const resource = api.catalog.ofKind(owner.apiVersion, owner.kind);
    if (!resource) return 'lives';
    const namespace = resource.namespaced ? object.metadata.namespace : undefined;
    const found = api.store.get(resource.collection, namespace, owner.name)?.object;
    if (found?.metadata.uid !== owner.uid) return 'gone';
    const leaving = found.metadata.deletionTimestamp !== undefined;
    return leaving && found.metadata.finalizers?.includes(FOREGROUND) ? 'waits' : 'lives';
  };

  const keepOwners = (place: Place, object: KubeObject, keep: (owner: OwnerReference) => boolean) => {
    const ownerReferences = (object.metadata.ownerReferences ?? []).filter(keep);
    api.store.put(
      place.collection,
      ordered({ ...object, metadata: { ...object.metadata, ownerReferences } }),
    );
  };

  const link = (object: KubeObject | undefined, change: (owner: string, uid: string) => void) => {
    for (const owner of object?.metadata.ownerReferences ?? []) change(owner.uid, object?.metadata.uid ?? '');
  };

  const unsubscribe = api.store.onChange(({ type, collection, current, previous }) => {
    const { object } = current;
    const { uid, namespace, name, ownerReferences = [], deletionTimestamp } = object.metadata;
    if (type === 'DELETED') {
      places.delete(uid);
      link(object, (owner, dependent) => dependents.get(owner)?.delete(dependent));
      for (const owner of ownerReferences) work.add(owner.uid);
      for (const dependent of dependents.get(uid) ?? []) work.add(dependent);
      if ((dependents.get(uid)?.size ?? 0) === 0) dependents.delete(uid);
      return;
    }
    if (type === 'ADDED') places.set(uid, { collection, namespace, name });
    if (previous?.object.metadata.ownerReferences !== ownerReferences) {
      link(previous?.object, (owner, dependent) => dependents.get(owner)?.delete(dependent));
      link(object, (owner, dependent) => {
        const known = dependents.get(owner) ?? new Set();
        dependents.set(owner, known.add(dependent));
      });
      if (ownerReferences.some((owner) => !places.has(owner.uid))) work.add(uid);
    }
    if (deletionTimestamp !== undefined) work.add(uid);
  });
  return () => {
    unsubscribe();
    work.stop();
  };
}
