import type { MergeSchema } from './merge-schema.ts';
import { equal, type Fields, isFields } from './objects.ts';

/**
 * A set of fields in the form that `managedFields` carries: `f:name` for a field, `k:{...}` for a list item by its keys,
 * `v:...` for an item of a set; `.` stands for the field itself where it has fields below. A leaf is an empty record.
 * Source: structured-merge-diff, fieldpath/serialize.go.
 */
export type FieldSet = Fields;

const SELF = '.';

const isMember = (node: Fields) => SELF in node || Object.keys(node).length === 0;

function nodeOf(member: boolean, children: Fields): Fields | undefined {
  if (Object.keys(children).length === 0) return member ? {} : undefined;
  return member ? { [SELF]: {}, ...children } : children;
}

/** Combines two sets, member by member; `keep` says what stays. */
function combine(
  left: FieldSet,
  right: FieldSet,
  keep: (inLeft: boolean, inRight: boolean) => boolean,
): FieldSet {
  const result: FieldSet = {};
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (name === SELF) continue;
    const [a, b] = [left[name], right[name]];
    const member = keep(isFields(a) && isMember(a), isFields(b) && isMember(b));
    const node = nodeOf(member, combine(isFields(a) ? a : {}, isFields(b) ? b : {}, keep));
    if (node) result[name] = node;
  }
  return result;
}

export const union = (left: FieldSet, right: FieldSet) => combine(left, right, (a, b) => a || b);
export const difference = (left: FieldSet, right: FieldSet) => combine(left, right, (a, b) => a && !b);
export const intersection = (left: FieldSet, right: FieldSet) => combine(left, right, (a, b) => a && b);
export const isEmptySet = (set: FieldSet) => Object.keys(set).length === 0;

/** What identifies one item of a keyed list, as the set names it. A protocol that is left out is TCP. */
export function itemName(item: unknown, keys: readonly string[]): string {
  const source = isFields(item) ? item : {};
  const named: Fields = {};
  for (const key of [...keys].sort()) {
    const value = source[key] ?? (key === 'protocol' ? 'TCP' : undefined);
    if (value !== undefined) named[key] = value;
  }
  return `k:${JSON.stringify(named)}`;
}

export function schemaOf(schema: MergeSchema, name: string): MergeSchema {
  return schema.fields?.[name] ?? schema.values ?? {};
}

/** The named parts of a value that have owners of their own; undefined for a leaf. */
export function partsOf(
  value: unknown,
  schema: MergeSchema,
): Map<string, { value: unknown; schema: MergeSchema }> | undefined {
  if (schema.atomic) return undefined;
  if (isFields(value)) {
    const parts = new Map<string, { value: unknown; schema: MergeSchema }>();
    for (const [name, item] of Object.entries(value)) {
      if (item !== undefined) parts.set(`f:${name}`, { value: item, schema: schemaOf(schema, name) });
    }
    return parts;
  }
  if (!Array.isArray(value)) return undefined;
  if (schema.keys) {
    const { keys, items = {} } = schema;
    return new Map(value.map((item) => [itemName(item, keys), { value: item, schema: items }]));
  }
  if (schema.set)
    return new Map(value.map((item) => [`v:${JSON.stringify(item)}`, { value: item, schema: {} }]));
  return undefined;
}

/** Every field of a value, with the fields below it. `withParents` owns the records on the way too, not the leaves only. */
export function fieldsOf(value: unknown, schema: MergeSchema, withParents: boolean): FieldSet {
  const result: FieldSet = {};
  for (const [name, part] of partsOf(value, schema) ?? []) {
    result[name] = wholeNode(name, part.value, part.schema, withParents);
  }
  return result;
}

function wholeNode(name: string, value: unknown, schema: MergeSchema, withParents: boolean): Fields {
  const parts = partsOf(value, schema);
  if (!parts || parts.size === 0) return {};
  const isItem = name.startsWith('k:');
  // Records of a fixed shape are not owned for themselves; items of lists and maps are.
  const member = isItem || (withParents && schema.fields === undefined);
  return nodeOf(member, fieldsOf(value, schema, withParents)) ?? {};
}

export interface Comparison {
  /** Added, or with another value. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

/** What differs between two states of a value. */
export function compareFields(before: unknown, after: unknown, schema: MergeSchema): Comparison {
  const changed: FieldSet = {};
  const removed: FieldSet = {};
  const [old, next] = [partsOf(before, schema) ?? new Map(), partsOf(after, schema) ?? new Map()];
  for (const [name, part] of next) {
    const was = old.get(name);
    if (!was) {
      changed[name] = wholeNode(name, part.value, part.schema, true);
      continue;
    }
    if (was.value === part.value) continue;
    const [deepBefore, deepAfter] = [partsOf(was.value, part.schema), partsOf(part.value, part.schema)];
    if (!deepBefore || !deepAfter) {
      if (!equal(was.value, part.value)) changed[name] = {};
      continue;
    }
    const inner = compareFields(was.value, part.value, part.schema);
    if (!isEmptySet(inner.changed)) changed[name] = inner.changed;
    if (!isEmptySet(inner.removed)) removed[name] = inner.removed;
  }
  for (const [name, part] of old) {
    if (!next.has(name)) removed[name] = wholeNode(name, part.value, part.schema, true);
  }
  return { changed, removed };
}

/** Every member as a path, worded as conflicts are: `.spec.containers[name="c"].image`. */
export function pathsOf(set: FieldSet, prefix = ''): string[] {
  return Object.entries(set)
    .filter(([name]) => name !== SELF)
    .flatMap(([name, node]) => {
      const path = `${prefix}${wordStep(name)}`;
      if (!isFields(node)) return [];
      return [...(isMember(node) ? [path] : []), ...pathsOf(node, path)];
    });
}

function wordStep(name: string): string {
  const rest = name.slice(2);
  if (name.startsWith('f:')) return `.${rest}`;
  if (name.startsWith('v:')) return `[=${rest}]`;
  const keys = Object.entries(JSON.parse(rest) as Fields);
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
}
