import type { Api } from './api.ts';
import { establishedStatus } from './custom-resources.ts';
import { deferred } from './deferred.ts';
import { equal, recordsAt } from './objects.ts';

const COLLECTION = 'customresourcedefinitions.apiextensions.k8s.io';

/** Serves what CustomResourceDefinitions declare, and tells them so in their status. Returns the way to stop. */
export function serveDefinitions(api: Api): () => void {
  const establish = deferred<string>((name) => {
    const definition = api.store.get(COLLECTION, undefined, name)?.object;
    if (!definition) return;
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
  const unsubscribe = api.store.subscribe(COLLECTION, ({ type, current, previous }) => {
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
