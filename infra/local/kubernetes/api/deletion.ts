import type { Api } from './api.ts';
import { plainList } from './lists.ts';
import { ordered } from './metadata.ts';
import { type Fields, isFields, type KubeObject, numberAt, textAt, timestamp } from './objects.ts';
import { markContainer } from './phased-deletion.ts';
import { type Resource, represent } from './resources.ts';
import {
  badRequest,
  cause,
  detailsOf,
  invalidOptions,
  notFound,
  preconditionFailed,
  successBody,
} from './status.ts';
import type { Stored } from './store.ts';

export const ORPHAN = 'orphan';
export const FOREGROUND = 'foregroundDeletion';

/** DeleteOptions, from the body or the query. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly propagation?: 'Orphan' | 'Foreground' | 'Background' | undefined;
  readonly dryRun: boolean;
}

const POLICIES = ['Foreground', 'Background', 'Orphan'] as const;

export function parseDeleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  const fields: Fields = isFields(body) ? body : {};
  const kind = textAt(fields, 'kind');
  if (kind !== '' && kind !== 'DeleteOptions') {
    throw badRequest(
      `${kind} in version ${JSON.stringify(textAt(fields, 'apiVersion'))} cannot be handled as DeleteOptions`,
    );
  }
  const wished = textAt(fields, 'propagationPolicy') || query.get('propagationPolicy') || '';
  const policy = POLICIES.find((known) => known === wished);
  if (wished !== '' && !policy) {
    throw invalidOptions(
      'DeleteOptions',
      cause.unsupported('propagationPolicy', wished, [...POLICIES, 'nil']),
    );
  }
  const orphanDependents = fields.orphanDependents ?? query.get('orphanDependents');
  const orphan = orphanDependents === true || orphanDependents === 'true';
  const grace = numberAt(fields, 'gracePeriodSeconds') ?? numberIn(query.get('gracePeriodSeconds'));
  const dryRun = Array.isArray(fields.dryRun) ? fields.dryRun.includes('All') : false;
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    uid: textAt(fields, 'preconditions', 'uid') || undefined,
    resourceVersion: textAt(fields, 'preconditions', 'resourceVersion') || undefined,
    propagation: policy ?? (orphan ? 'Orphan' : undefined),
    dryRun: dryRun || query.getAll('dryRun').includes('All'),
  };
}

const numberIn = (text: string | null): number | undefined =>
  text === null || text === '' ? undefined : Number(text);

/**
 * Deletes an object as its kind is deleted: pods with grace, what has finalizers in two steps, all else at once.
 * Answers what DELETE answers: the object while it stays (or for kinds that return it), else a `Status`.
 * Source: apiserver, pkg/registry/generic/registry/store.go (Delete, updateForGracefulDeletionAndFinalizers).
 */
export function remove(
  api: Api,
  resource: Resource,
  namespace: string | undefined,
  name: string,
  options: DeleteOptions,
): Fields | KubeObject {
  const stored = api.store.get(resource.collection, namespace, name);
  if (!stored) throw notFound(resource, name);
  checkPreconditions(resource, name, stored.object, options);
  const container = markContainer(api, resource, stored.object);
  if (container) {
    if (container === stored.object || options.dryRun) return container;
    return api.store.put(resource.collection, container).object;
  }
  const marking = mark(api, resource, stored.object, options);
  let current = stored.object;
  if (marking.next) {
    current = options.dryRun ? marking.next : api.store.put(resource.collection, marking.next).object;
  }
  if (marking.stays) return represent(resource, current);
  if (!options.dryRun) api.store.remove(resource.collection, namespace, name);
  if (resource.returnsDeleted) return represent(resource, current);
  return successBody({ ...detailsOf(resource, name), uid: current.metadata.uid });
}

function checkPreconditions(
  resource: Resource,
  name: string,
  object: KubeObject,
  options: DeleteOptions,
): void {
  const { uid, resourceVersion } = object.metadata;
  if (options.uid !== undefined && options.uid !== uid) {
    throw preconditionFailed(
      resource,
      name,
      `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
    throw preconditionFailed(
      resource,
      name,
      `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    );
  }
}

interface Marking {
  /** The state to write before (or instead of) the removal. */
  readonly next?: KubeObject;
  readonly stays: boolean;
}

function mark(api: Api, resource: Resource, object: KubeObject, options: DeleteOptions): Marking {
  const metadata = { ...object.metadata };
  const finalizers = wishedFinalizers(metadata.finalizers ?? [], options.propagation);
  const isPod = resource.kind === 'Pod' && resource.group === '';
  const write = (): KubeObject => ordered({ ...object, metadata: { ...metadata, finalizers } });

  if (!isPod) {
    if (finalizers.length === 0 && (metadata.finalizers ?? []).length === 0) return { stays: false };
    if (finalizers.length === 0) return { next: write(), stays: false };
    if (metadata.deletionTimestamp === undefined) {
      metadata.deletionTimestamp = api.now();
      metadata.deletionGracePeriodSeconds = 0;
      if (metadata.generation !== undefined) metadata.generation++;
    }
    return changed(object, write(), true);
  }

  const running = metadata.deletionGracePeriodSeconds;
  if (metadata.deletionTimestamp !== undefined && running !== undefined) {
    const asked = options.gracePeriodSeconds;
    if (asked === undefined || asked >= running) return { stays: true };
    const from = Date.parse(metadata.deletionTimestamp) - running * 1000;
    metadata.deletionTimestamp = timestamp(from + asked * 1000);
    metadata.deletionGracePeriodSeconds = asked;
    return { next: write(), stays: asked > 0 || finalizers.length > 0 };
  }
  const grace = podGrace(object, options);
  metadata.deletionTimestamp = timestamp(api.context.clock.now() + grace * 1000);
  metadata.deletionGracePeriodSeconds = grace;
  return { next: write(), stays: grace > 0 || finalizers.length > 0 };
}

const changed = (before: KubeObject, next: KubeObject, stays: boolean): Marking => {
  const same =
    before.metadata.deletionTimestamp === next.metadata.deletionTimestamp &&
    before.metadata.finalizers?.join() === next.metadata.finalizers?.join();
  return same ? { stays } : { next, stays };
};

/** A pod that no node has, or whose containers are done, needs no grace. */
function podGrace(pod: KubeObject, options: DeleteOptions): number {
  const phase = textAt(pod, 'status', 'phase');
  if (textAt(pod, 'spec', 'nodeName') === '' || phase === 'Succeeded' || phase === 'Failed') return 0;
  return Math.max(
    0,
    options.gracePeriodSeconds ?? numberAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? 30,
  );
}

/** The collector's finalizers follow the wished propagation; without a wish they stay as they are. */
function wishedFinalizers(current: readonly string[], propagation: DeleteOptions['propagation']): string[] {
  if (propagation === undefined) return [...current];
  const others = current.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  if (propagation === 'Orphan') return [...others, ORPHAN];
  if (propagation === 'Foreground') return [...others, FOREGROUND];
  return others;
}

/** Deletes every object that is listed; answers the list as it was, as JSON. */
export function removeCollection(
  api: Api,
  resource: Resource,
  listed: readonly Stored[],
  options: DeleteOptions,
): string {
  for (const { object } of listed) {
    remove(api, resource, object.metadata.namespace, object.metadata.name, options);
  }
  const before = listed.map(({ object }) => represent(resource, object));
  return plainList(resource, before, { resourceVersion: String(api.store.revision()) });
}
