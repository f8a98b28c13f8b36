import type { MergeSchema } from './merge-schema.ts';
import { equal, type Fields, isFields } from './objects.ts';
import { badRequest, StatusError } from './status.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const ORDER = '$setElementOrder/';

/**
 * Applies a strategic merge patch and returns the new record; neither argument is changed.
 * Source: apimachinery, pkg/util/strategicpatch, patch.go (MergeMapsOfMaps, mergeSliceHandler).
 */
export function strategicMerge(original: Fields, patch: Fields, schema: MergeSchema): Fields {
  const directive = patch[DIRECTIVE];
  if (directive === 'delete') return {};
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive !== undefined && directive !== 'merge') {
    throw badRequest(`unknown patch type: ${String(directive)}`);
  }
  const result: Fields = { ...original };
  retainKeys(result, patch, schema);
  for (const [name, value] of Object.entries(patch)) {
    if (name === DIRECTIVE || name === RETAIN_KEYS || name.startsWith(ORDER)) continue;
    if (name.startsWith(DELETE_FROM)) continue;
    const inner = schema.fields?.[name] ?? schema.values ?? {};
    const merged = mergeValue(result[name], value, inner, orderOf(patch, name));
    if (merged === undefined) delete result[name];
    else result[name] = merged;
  }
  applyPrimitiveDeletions(result, patch);
  applyOrderWithoutValues(result, patch, schema);
  return result;
}

function mergeValue(
  current: unknown,
  value: unknown,
  schema: MergeSchema,
  order: unknown[] | undefined,
): unknown {
  if (value === null) return undefined;
  if (isFields(value)) {
    if (value[DIRECTIVE] === 'delete') return undefined;
    return strategicMerge(isFields(current) ? current : {}, value, schema);
  }
  if (!Array.isArray(value)) return value;
  if (schema.mergeKey !== undefined) {
    return mergeRecords(Array.isArray(current) ? current : [], value, schema, schema.mergeKey, order);
  }
  if (schema.set) return mergeScalars(Array.isArray(current) ? current : [], value, order);
  return value.map(withoutNulls);
}

/** `$retainKeys` names the only fields that may stay: how a union switches its member. */
function retainKeys(result: Fields, patch: Fields, schema: MergeSchema): void {
  const names = patch[RETAIN_KEYS];
  if (!Array.isArray(names) || (!schema.retainKeys && Object.keys(result).length === 0)) return;
  const kept = new Set(names);
  for (const name of Object.keys(result)) if (!kept.has(name)) delete result[name];
}

function mergeRecords(
  current: unknown[],
  patch: unknown[],
  schema: MergeSchema,
  key: string,
  order: unknown[] | undefined,
): unknown[] {
  const items = schema.items ?? {};
  const changes = patch.filter(isFields);
  if (changes.some((item) => item[DIRECTIVE] === 'replace')) {
    return changes.filter((item) => item[DIRECTIVE] !== 'replace').map(withoutDirectives);
  }
  const keyOf = (item: unknown) => (isFields(item) ? item[key] : undefined);
  let result = [...current];
  const touched: unknown[] = [];
  for (const change of changes) {
    const id = change[key];
    if (id === undefined || id === null) {
      throw new StatusError(
        500,
        undefined,
        `map: ${goText(change)} does not contain declared merge key: ${key}`,
      );
    }
    if (change[DIRECTIVE] === 'delete') {
      result = result.filter((item) => !equal(keyOf(item), id));
      continue;
    }
    touched.push(id);
    const index = result.findIndex((item) => equal(keyOf(item), id));
    if (index < 0) result.push(strategicMerge({}, change, itemSchema(items, schema)));
    else result[index] = strategicMerge(result[index] as Fields, change, itemSchema(items, schema));
  }
  return arrange(result, current, order?.map((item) => keyOf(item)) ?? touched, keyOf);
}

/** `$retainKeys` may stand inside the items of a list that has the strategy. */
const itemSchema = (items: MergeSchema, list: MergeSchema): MergeSchema =>
  list.retainKeys ? { ...items, retainKeys: true } : items;

function mergeScalars(current: unknown[], patch: unknown[], order: unknown[] | undefined): unknown[] {
  const result = [...current];
  for (const value of patch) if (!result.includes(value)) result.push(value);
  return arrange(result, current, order ?? patch, (item) => item);
}

/**
 * Items that the patch names keep the patch's order, the others keep the server's order between each other; when the
 * two are interleaved, an item of the server stands before the named items that it preceded.
 * Source: strategicpatch, normalizeElementOrder.
 */
function arrange(
  merged: unknown[],
  server: unknown[],
  order: readonly unknown[],
  keyOf: (item: unknown) => unknown,
): unknown[] {
  const position = (list: readonly unknown[], id: unknown) => list.findIndex((other) => equal(other, id));
  const serverIds = server.map(keyOf);
  const named = merged
    .filter((item) => position(order, keyOf(item)) >= 0)
    .sort((left, right) => position(order, keyOf(left)) - position(order, keyOf(right)));
  const rest = merged.filter((item) => position(order, keyOf(item)) < 0);
  const result: unknown[] = [];
  let left = 0;
  let right = 0;
  while (left < named.length && right < rest.length) {
    const namedAt = position(serverIds, keyOf(named[left]));
    const restAt = position(serverIds, keyOf(rest[right]));
    if (namedAt < 0 || restAt < 0 || namedAt < restAt) result.push(named[left++]);
    else result.push(rest[right++]);
  }
  return [...result, ...named.slice(left), ...rest.slice(right)];
}

const orderOf = (patch: Fields, name: string): unknown[] | undefined => {
  const order = patch[`${ORDER}${name}`];
  return Array.isArray(order) ? order : undefined;
};

function applyPrimitiveDeletions(result: Fields, patch: Fields): void {
  for (const [name, values] of Object.entries(patch)) {
    if (!name.startsWith(DELETE_FROM) || !Array.isArray(values)) continue;
    const field = name.slice(DELETE_FROM.length);
    const current = result[field];
    if (!Array.isArray(current)) continue;
    const added = patch[field];
    result[field] = current.filter(
      (item) => !values.includes(item) || (Array.isArray(added) && added.includes(item)),
    );
  }
}

/** A patch may reorder a list without changing any item of it. */
function applyOrderWithoutValues(result: Fields, patch: Fields, schema: MergeSchema): void {
  for (const name of Object.keys(patch)) {
    if (!name.startsWith(ORDER)) continue;
    const field = name.slice(ORDER.length);
    const current = result[field];
    if (patch[field] !== undefined || !Array.isArray(current)) continue;
    const inner = schema.fields?.[field] ?? {};
    const keyOf = (item: unknown) =>
      inner.mergeKey !== undefined && isFields(item) ? item[inner.mergeKey] : item;
    result[field] = arrange(current, current, orderOf(patch, field)?.map(keyOf) ?? [], keyOf);
  }
}

/** What a patch leaves behind where there is nothing to merge with: no directives, no nulls. */
function withoutDirectives(patch: Fields): Fields {
  return withoutNulls(
    Object.fromEntries(Object.entries(patch).filter(([name]) => !name.startsWith('$'))),
  ) as Fields;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isFields(value)) return value;
  const kept: Fields = {};
  for (const [name, item] of Object.entries(value)) {
    if (item !== null) kept[name] = withoutNulls(item);
  }
  return kept;
}

/** Go's `%v` of a decoded JSON value. */
function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isFields(value)) return String(value);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `map[${entries.map(([name, item]) => `${name}:${goText(item)}`).join(' ')}]`;
}
