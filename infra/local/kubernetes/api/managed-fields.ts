import type { Api } from './api.ts';
import { compareFields, difference, type FieldSet, fieldsOf, isEmptySet, union } from './field-set.ts';
import type { MergeSchema } from './merge-schema.ts';
import { PLAIN_SCHEMA } from './merge-schema.ts';
import type { KubeObject, ManagedFields, ObjectMeta } from './objects.ts';
import { groupVersion, type Resource } from './resources.ts';

/** What the server sets by itself has no owner. Source: apiserver, fieldmanager/stripmeta.go. */
const UNOWNED_METADATA = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'managedFields',
]);

export const ownershipSchema = (resource: Resource): MergeSchema => resource.mergeSchema ?? PLAIN_SCHEMA;

/** The part of an object that can be owned. */
export function ownable(object: KubeObject): Record<string, unknown> {
  const { kind: _, apiVersion: __, metadata, ...rest } = object;
  const owned = Object.fromEntries(
    Object.entries(metadata as ObjectMeta & Record<string, unknown>).filter(
      ([name]) => !UNOWNED_METADATA.has(name),
    ),
  );
  return { metadata: owned, ...rest };
}

/** The fields that an applied configuration names. */
export function appliedFields(resource: Resource, object: KubeObject): FieldSet {
  const set = fieldsOf(ownable(object), ownershipSchema(resource), false);
  const metadata = set['f:metadata'];
  if (metadata && isEmptySet(metadata as FieldSet)) delete set['f:metadata'];
  return set;
}

/** One manager's entry; an applier has one whatever the version, an updater one for each version and subresource. */
export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string | undefined;
}

export function isEntryOf(entry: ManagedFields, manager: Manager): boolean {
  return (
    entry.manager === manager.name &&
    entry.operation === manager.operation &&
    entry.subresource === manager.subresource &&
    (manager.operation === 'Apply' || entry.apiVersion === manager.apiVersion)
  );
}

export function entryOf(manager: Manager, time: string, fields: FieldSet): ManagedFields {
  return {
    manager: manager.name,
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...(manager.subresource === undefined ? {} : { subresource: manager.subresource }),
  };
}

/** Entries without the fields that are gone; entries that own nothing are left out. */
export function withoutFields(entries: readonly ManagedFields[], gone: FieldSet): ManagedFields[] {
  if (isEmptySet(gone)) return [...entries];
  return entries.flatMap((entry) => {
    const fieldsV1 = difference(entry.fieldsV1, gone);
    return isEmptySet(fieldsV1) ? [] : [{ ...entry, fieldsV1 }];
  });
}

/** Appliers first, then by time, then by name: the order in which the server lists managers. */
export function sortedEntries(entries: readonly ManagedFields[]): ManagedFields[] {
  const rank = (entry: ManagedFields) => `${entry.operation}\0${entry.time}\0${entry.manager}`;
  return [...entries].sort((left, right) => (rank(left) < rank(right) ? -1 : 1));
}

const UNTOUCHED: KubeObject = {
  kind: '',
  apiVersion: '',
  metadata: { name: '', uid: '', resourceVersion: '', creationTimestamp: '' },
};

/**
 * Notes in `metadata.managedFields` that a manager set what changed between two states of an object. Changes `next`.
 * An update that sends an empty list of managers starts the bookkeeping anew.
 */
export function recordManager(
  api: Api,
  resource: Resource,
  current: KubeObject | undefined,
  next: KubeObject,
  name: string,
  subresource?: string,
): void {
  const schema = ownershipSchema(resource);
  const { changed, removed } = compareFields(ownable(current ?? UNTOUCHED), ownable(next), schema);
  const manager: Manager = { name, operation: 'Update', apiVersion: groupVersion(resource), subresource };
  const held = current?.metadata.managedFields ?? [];
  let entries = withoutFields(held, removed);
  if (!isEmptySet(changed)) {
    const own = entries.find((entry) => isEntryOf(entry, manager));
    // The others lose what was changed; who set it last owns it alone.
    entries = withoutFields(
      entries.filter((entry) => entry !== own),
      changed,
    );
    entries.push(entryOf(manager, api.now(), own ? union(own.fieldsV1, changed) : changed));
  }
  next.metadata.managedFields = sortedEntries(entries);
}
