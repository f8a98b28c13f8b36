import type { Api, WriteOptions } from './api.ts';
import { clone, isFields, type KubeObject } from './objects.ts';
import type { Resource } from './resources.ts';
import { badRequest } from './status.ts';
import { strategicMerge } from './strategic-merge.ts';
import { create, decodeObject, update } from './writes.ts';

export interface ApplyRequest {
  readonly api: Api;
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly subresource: 'status' | undefined;
  readonly options: WriteOptions;
  readonly body: unknown;
  readonly force: boolean;
  readonly query: URLSearchParams;
}

export function apply(request: ApplyRequest): { object: KubeObject; created: boolean } {
  const { api, resource, namespace, name, subresource, options, body } = request;
  if (!isFields(body)) throw badRequest('error decoding YAML: the applied configuration is no object');
  const applied = decodeObject(resource, namespace, name, clone(body));
  if (!api.store.get(resource.collection, namespace, name)) {
    return { object: create(api, resource, applied, options), created: true };
  }
  const produce = (current: KubeObject) =>
    clone(strategicMerge(current, applied, resource.mergeSchema ?? {})) as KubeObject;
  return {
    object: update({ api, resource, namespace, name, subresource, options, isPatch: true, produce }),
    created: false,
  };
}
