import type { Api } from './api.ts';
import { ordered } from './metadata.ts';
import { type Fields, fieldsAt, type KubeObject, recordsAt } from './objects.ts';
import type { Resource } from './resources.ts';
import { forbidden } from './status.ts';

const PROTECTED = new Set(['default', 'kube-system', 'kube-public']);
export const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';

/**
 * The first step of deleting what holds other objects: it is marked, its content is removed by those who watch for the mark,
 * and then it goes. Undefined for a kind that holds nothing.
 */
export function markContainer(api: Api, resource: Resource, object: KubeObject): KubeObject | undefined {
  if (resource.kind === 'Namespace' && resource.group === '') {
    if (PROTECTED.has(object.metadata.name)) {
      throw forbidden(resource, object.metadata.name, 'this namespace may not be deleted');
    }
    if (object.metadata.deletionTimestamp !== undefined) return object;
    return marked(api, object, object.metadata.finalizers, {
      ...fieldsAt(object, 'status'),
      phase: 'Terminating',
    });
  }
  if (resource.kind === 'CustomResourceDefinition') {
    if (object.metadata.deletionTimestamp !== undefined) return object;
    const finalizers = new Set([...(object.metadata.finalizers ?? []), CLEANUP]);
    return marked(api, object, [...finalizers], {
      ...fieldsAt(object, 'status'),
      conditions: [...recordsAt(object, 'status', 'conditions'), terminating(api.now())],
    });
  }
  return undefined;
}

function marked(api: Api, object: KubeObject, finalizers: string[] | undefined, status: Fields): KubeObject {
  const metadata = { ...object.metadata, deletionTimestamp: api.now() };
  if (finalizers) metadata.finalizers = finalizers;
  return ordered({ ...object, metadata, status });
}

const terminating = (now: string): Fields => ({
  type: 'Terminating',
  status: 'True',
  lastTransitionTime: now,
  reason: 'InstanceDeletionPending',
  message:
    'CustomResourceDefinition marked for deletion; CustomResource deletion will occur as soon as possible',
});
