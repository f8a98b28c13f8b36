import type { Informer } from './informer.ts';
import { controllerOf, type KubernetesObject, keyOf } from './objects.ts';

/** Finds what an owner controls without looking at everything. Create it before the informer starts. */
export function indexByController<T extends KubernetesObject>(informer: Informer<T>): (uid: string) => T[] {
  const keys = new Map<string, Set<string>>();
  informer.listen({
    changed(object) {
      const uid = controllerOf(object)?.uid;
      if (!uid) return;
      const owned = keys.get(uid) ?? new Set();
      owned.add(keyOf(object));
      keys.set(uid, owned);
    },
    gone(object) {
      const uid = controllerOf(object)?.uid ?? '';
      const owned = keys.get(uid);
      owned?.delete(keyOf(object));
      if (owned?.size === 0) keys.delete(uid);
    },
  });
  return (uid) =>
    [...(keys.get(uid) ?? [])].flatMap((key) => {
      const object = informer.get(key);
      // A pod of the same name may have come under another owner since.
      return object && controllerOf(object)?.uid === uid ? [object] : [];
    });
}
