import type { Api } from './api.ts';
import { establishedStatus } from './custom-resources.ts';
import { deferred } from './deferred.ts';
import { remove } from './deletion.ts';
import { dropFinalizer } from './finalizers.ts';
import { equal, type KubeObject, recordsAt } from './objects.ts';
import { CLEANUP } from './phased-deletion.ts';

const COLLECTION = 'customresourcedefinitions.apiextensions.k8s.io';

/** Serves what CustomResourceDefinitions declare, and tells them so in their status. Returns the way to stop. */
export function serveDefinitions(api: Api): () => void {
  const establish = deferred<string>((name) => {
    const definition = api.store.get(COLLECTION, undefined, name)?.object;
    if (!definition) return;
    if (definition.metadata.deletionTimestamp !== undefined) {
      clean(api, definition);
      return;
    }
    const established = recordsAt(definition, 'status', 'conditions').some(
      (condition) => condition.type === 'Established' && condition.status === 'True',
    );
    if (established) return;
    api.store.put(COLLECTION, {
      ...definition,
      metadata: { ...definition.metadata },
      status: establishedStatus(definition, api.now()),
    });
  });
  const unsubscribe = api.store.onChange(({ type, collection, current, previous }) => {
    if (collection !== COLLECTION) {
      const cleaning = type === 'DELETED' && api.catalog.ofCollection(collection)?.custom?.definition;
      if (cleaning) establish.add(cleaning);
      return;
    }
    const { object } = current;
    if (type === 'DELETED') {
      api.catalog.undefine(object.metadata.name);
      return;
    }
    if (!previous || !equal(previous.object.spec, object.spec)) api.catalog.define(object);
    establish.add(object.metadata.name);
  });
  return () => {
    unsubscribe();
    establish.stop();
  };
}

/** Removes every object of a definition that is being deleted, then lets the definition go. */
function clean(api: Api, definition: KubeObject): void {
  const { name } = definition.metadata;
  const resource = api.catalog.ofCollection(name);
  if (resource) {
    for (const { object } of api.store.list(name)) {
      if (object.metadata.deletionTimestamp !== undefined) continue;
      remove(api, resource, object.metadata.namespace, object.metadata.name, { dryRun: false });
    }
  }
  if (api.store.list(name).length === 0 && definition.metadata.finalizers?.includes(CLEANUP)) {
    dropFinalizer(api, COLLECTION, definition, CLEANUP);
  }
}
