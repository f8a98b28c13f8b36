import type { Api, WriteOptions } from './api.ts';
import { parseDeleteOptions, remove } from './deletion.ts';
import {
  ensureFields,
  type Fields,
  fieldsAt,
  isFields,
  type KubeObject,
  numberAt,
  read,
  recordsAt,
  textAt,
} from './objects.ts';
import type { Resource, ScalePaths } from './resources.ts';
import { badRequest, type Cause, cause, conflict, invalid, notFound, StatusError } from './status.ts';
import { selectorText } from './workloads.ts';
import { update } from './writes.ts';

/** One object's `scale`, as autoscaling/v1 shows it. */
export function scaleOf(object: KubeObject, paths: ScalePaths): Fields {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.selector === undefined ? undefined : read(object, ...paths.selector.split('.'));
  const replicas = numberAt(object, ...paths.specReplicas.split('.')) ?? 0;
  const text = isFields(selector) ? selectorText(selector) : selector;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      resourceVersion,
      creationTimestamp,
    },
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: numberAt(object, ...paths.statusReplicas.split('.')) ?? 0,
      ...(typeof text === 'string' && text !== '' ? { selector: text } : {}),
    },
  };
}

/** Writes the wished number of replicas that a Scale carries; 422 for a negative one, 409 for a stale revision. */
export function writeScale(
  api: Api,
  resource: Resource,
  paths: ScalePaths,
  target: { namespace: string | undefined; name: string },
  options: WriteOptions,
  produce: (scale: Fields) => unknown,
): Fields {
  const { namespace, name } = target;
  const current = api.store.get(resource.collection, namespace, name)?.object;
  if (!current) throw notFound(resource, name);
  const scale = produce(scaleOf(current, paths));
  if (!isFields(scale)) throw badRequest('the object provided is unrecognized (must be of type Scale)');
  const named = textAt(scale, 'metadata', 'name');
  if (named !== '' && named !== name) {
    throw badRequest(`the name of the object (${named}) does not match the name on the URL (${name})`);
  }
  const replicas = numberAt(scale, 'spec', 'replicas') ?? 0;
  const causes: Cause[] = [];
  if (resource.namespaced && textAt(scale, 'metadata', 'namespace') === '') {
    causes.push(cause.required('metadata.namespace'));
  }
  if (replicas < 0)
    causes.push(cause.invalid('spec.replicas', replicas, 'must be greater than or equal to 0'));
  if (causes.length > 0) throw invalid({ ...resource, group: 'autoscaling', kind: 'Scale' }, name, causes);
  const updated = update({
    api,
    resource,
    namespace,
    name,
    options,
    isPatch: false,
    produce(object) {
      const next = structuredClone(object);
      next.metadata.uid = textAt(scale, 'metadata', 'uid') || next.metadata.uid;
      next.metadata.resourceVersion =
        textAt(scale, 'metadata', 'resourceVersion') || next.metadata.resourceVersion;
      const steps = paths.specReplicas.split('.');
      let parent: Fields = next;
      for (const step of steps.slice(0, -1)) parent = ensureFields(parent, step);
      parent[steps.at(-1) ?? ''] = replicas;
      return next;
    },
  });
  return scaleOf(updated, paths);
}

const CREATED: Fields = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** Evicts a pod: a deletion with grace, since the local cloud has no disruption budgets. */
export function evict(
  api: Api,
  pods: Resource,
  namespace: string,
  name: string,
  body: unknown,
  query: URLSearchParams,
): Fields {
  const eviction = isFields(body) ? body : {};
  if (textAt(eviction, 'metadata', 'name') !== name) {
    throw badRequest('name in URL does not match name in Eviction object');
  }
  remove(api, pods, namespace, name, parseDeleteOptions(fieldsAt(eviction, 'deleteOptions'), query));
  return CREATED;
}

/** Assigns a pod to a node, as a scheduler does. 409 for a pod that has one, or that is being deleted. */
export function bind(
  api: Api,
  pods: Resource,
  target: { namespace: string; name: string },
  body: unknown,
  options: WriteOptions,
): Fields {
  const node = textAt(body, 'target', 'name');
  const { namespace, name } = target;
  const refuse = (why: string) => {
    const found = conflict(pods, name, why);
    return new StatusError(found.code, found.reason, found.message.replace('on pods ', 'on pods/binding '), {
      name,
      kind: 'pods/binding',
    });
  };
  const stored = api.store.get(pods.collection, namespace, name)?.object;
  if (!stored) throw notFound(pods, name);
  const uid = textAt(body, 'metadata', 'uid');
  if (uid !== '' && uid !== stored.metadata.uid) {
    throw refuse(
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stored.metadata.uid}`,
    );
  }
  if (stored.metadata.deletionTimestamp !== undefined)
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  const assigned = textAt(stored, 'spec', 'nodeName');
  if (assigned !== '') throw refuse(`pod ${name} is already assigned to node "${assigned}"`);
  const next = structuredClone(stored);
  ensureFields(next, 'spec').nodeName = node;
  const annotations = fieldsAt(body, 'metadata', 'annotations') as Record<string, string>;
  if (Object.keys(annotations).length > 0) {
    next.metadata.annotations = { ...next.metadata.annotations, ...annotations };
  }
  const status = ensureFields(next, 'status');
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: api.now(),
  };
  const others = recordsAt(status, 'conditions').filter((condition) => condition.type !== 'PodScheduled');
  status.conditions = [...others, scheduled];
  if (!options.dryRun) api.store.put(pods.collection, next);
  return CREATED;
}
