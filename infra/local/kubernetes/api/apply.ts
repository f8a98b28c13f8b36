import type { Api, WriteOptions } from './api.ts';
import { mergeApplied, withoutOwned } from './apply-merge.ts';
import { compareFields, difference, type FieldSet, intersection, isEmptySet, pathsOf } from './field-set.ts';
import {
  appliedFields,
  entryOf,
  isEntryOf,
  type Manager,
  ownable,
  ownershipSchema,
  sortedEntries,
  withoutFields,
} from './managed-fields.ts';
import {
  clone,
  equal,
  isFields,
  type KubeObject,
  type ManagedFields,
  type ObjectMeta,
  textAt,
} from './objects.ts';
import { groupVersion, type Resource } from './resources.ts';
import { badRequest, cause, conflict, invalidOptions, StatusError } from './status.ts';
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
}

/**
 * Server-side apply: creates the object or brings it to what the manager applies, and takes out what the manager applied before
 * and nobody else owns. 409 lists every field that another manager owns with another value, unless forced.
 * Source: structured-merge-diff, merge/update.go.
 */
export function apply(request: ApplyRequest): { object: KubeObject; created: boolean } {
  const { api, resource, namespace, name, subresource, options } = request;
  const applied = configuration(request);
  const manager: Manager = {
    name: options.manager,
    operation: 'Apply',
    apiVersion: groupVersion(resource),
    subresource,
  };
  const set = appliedFields(resource, applied);
  const current = api.store.get(resource.collection, namespace, name)?.object;
  if (!current) {
    if (applied.metadata.uid) {
      throw conflict(
        resource,
        name,
        `uid mismatch: the provided object specified uid ${applied.metadata.uid}, and no existing object was found`,
      );
    }
    applied.metadata.managedFields = [entryOf(manager, api.now(), set)];
    return { object: create(api, resource, applied, options), created: true };
  }
  const produce = (live: KubeObject): KubeObject => {
    const held = live.metadata.managedFields ?? [];
    const own = held.find((entry) => isEntryOf(entry, manager));
    const others = held.filter((entry) => entry !== own);
    const next = merged(resource, live, applied, own ? abandoned(own.fieldsV1, set, others) : {});
    const { changed, removed } = compareFields(ownable(live), ownable(next), ownershipSchema(resource));
    const contested = contests(others, changed);
    if (contested.length > 0 && !request.force) throw conflicts(contested);
    const rest = withoutFields(withoutFields(others, changed), removed);
    const same = own !== undefined && equal(own.fieldsV1, set) && equal(ownable(live), ownable(next));
    next.metadata.managedFields = sortedEntries([...rest, same ? own : entryOf(manager, api.now(), set)]);
    return next;
  };
  const object = update({
    api,
    resource,
    namespace,
    name,
    subresource,
    options,
    isPatch: true,
    isApply: true,
    produce,
  });
  return { object, created: false };
}

/** The configuration as far as this path may write it: the status through its subresource, all else through the main one. */
function configuration({ resource, namespace, name, subresource, body }: ApplyRequest): KubeObject {
  if (!isFields(body)) throw badRequest('error decoding YAML: the applied configuration is no object');
  const apiVersion = textAt(body, 'apiVersion');
  if (apiVersion !== groupVersion(resource)) {
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${apiVersion}, expected: ${groupVersion(resource)}`,
    );
  }
  if (
    Array.isArray(body.metadata) ||
    (isFields(body.metadata) && body.metadata.managedFields !== undefined)
  ) {
    throw badRequest('metadata.managedFields must be nil');
  }
  if (textAt(body, 'metadata', 'name') === '') {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  const applied = decodeObject(resource, namespace, name, clone(body));
  if (!resource.subresources.has('status')) return applied;
  if (subresource !== 'status') {
    delete applied.status;
    return applied;
  }
  const { kind, metadata, status } = applied;
  return {
    kind,
    apiVersion,
    metadata: { name, uid: metadata.uid, resourceVersion: metadata.resourceVersion } as ObjectMeta,
    status,
  };
}

/** What this manager applied before, applies no more, and nobody else owns. */
function abandoned(before: FieldSet, now: FieldSet, others: readonly ManagedFields[]): FieldSet {
  let gone = difference(before, now);
  for (const other of others) gone = difference(gone, other.fieldsV1);
  return gone;
}

function merged(resource: Resource, live: KubeObject, applied: KubeObject, gone: FieldSet): KubeObject {
  const schema = ownershipSchema(resource);
  const { managedFields: _, ...metadata } = applied.metadata;
  const laid = mergeApplied(live, { ...applied, metadata }, schema);
  return clone(withoutOwned(laid, gone, schema)) as KubeObject;
}

interface Contest {
  readonly entry: ManagedFields;
  readonly fields: string[];
}

function contests(others: readonly ManagedFields[], changed: FieldSet): Contest[] {
  return others.flatMap((entry) => {
    const shared = intersection(entry.fieldsV1, changed);
    return isEmptySet(shared) ? [] : [{ entry, fields: pathsOf(shared) }];
  });
}

function wordManager(entry: ManagedFields): string {
  const name = JSON.stringify(entry.manager);
  const through =
    entry.subresource === undefined ? '' : ` with subresource ${JSON.stringify(entry.subresource)}`;
  return entry.operation === 'Update' ? `${name}${through} using ${entry.apiVersion}` : `${name}${through}`;
}

/** Source: apiserver, fieldmanager/internal/conflict.go. */
function conflicts(contested: readonly Contest[]): StatusError {
  const causes = contested.flatMap(({ entry, fields }) =>
    fields.map((field) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${wordManager(entry)}`,
      field,
    })),
  );
  const [first] = causes;
  const text =
    causes.length === 1
      ? `conflict with ${wordManager((contested[0] as Contest).entry)}: ${first?.field}`
      : contested
          .map(
            ({ entry, fields }) =>
              `conflicts with ${wordManager(entry)}:\n${fields.map((field) => `- ${field}`).join('\n')}`,
          )
          .join('\n');
  return new StatusError(
    409,
    'Conflict',
    `Apply failed with ${causes.length} conflict${causes.length === 1 ? '' : 's'}: ${text}`,
    {
      causes,
    },
  );
}

/** The options that only an apply may carry, and must. */
export function checkPatchOptions(query: URLSearchParams, isApply: boolean): void {
  if (isApply && !query.get('fieldManager'))
    throw invalidOptions('PatchOptions', cause.required('fieldManager', 'is required for apply patch'));
  if (!isApply && query.has('force')) {
    throw invalidOptions(
      'PatchOptions',
      cause.forbidden('force', 'may not be specified for non-apply patch'),
    );
  }
}
