import { type FieldSet, itemName, schemaOf } from './field-set.ts';
import type { MergeSchema } from './merge-schema.ts';
import { equal, type Fields, isFields } from './objects.ts';

/** Lays an applied configuration over the live state: records and keyed lists merge, all else is replaced. */
export function mergeApplied(live: unknown, applied: unknown, schema: MergeSchema): unknown {
  if (schema.atomic) return applied;
  if (isFields(applied)) {
    const result: Fields = isFields(live) ? { ...live } : {};
    for (const [name, value] of Object.entries(applied)) {
      if (value !== undefined) result[name] = mergeApplied(result[name], value, schemaOf(schema, name));
    }
    return result;
  }
  if (!Array.isArray(applied) || !Array.isArray(live)) return applied;
  if (schema.set) return mergeSet(live, applied);
  return schema.keys ? mergeKeyed(live, applied, schema, schema.keys) : applied;
}

/** The live list keeps its order; what is new comes after. */
function mergeKeyed(
  live: unknown[],
  applied: unknown[],
  schema: MergeSchema,
  keys: readonly string[],
): unknown[] {
  const items = schema.items ?? {};
  const byName = new Map(applied.map((item) => [itemName(item, keys), item]));
  const known = new Set(live.map((item) => itemName(item, keys)));
  const merged = live.map((item) => {
    const name = itemName(item, keys);
    return byName.has(name) ? mergeApplied(item, byName.get(name), items) : item;
  });
  return [...merged, ...applied.filter((item) => !known.has(itemName(item, keys)))];
}

function mergeSet(live: unknown[], applied: unknown[]): unknown[] {
  return [...live, ...applied.filter((item) => !live.some((other) => equal(item, other)))];
}

/**
 * Takes fields out of a value: what an applier once applied and now leaves out. A record or an item goes as a whole only
 * when nothing of it is left to others. Returns undefined when nothing remains.
 */
export function withoutOwned(value: unknown, gone: FieldSet, schema: MergeSchema): unknown {
  if (isFields(value)) {
    const result: Fields = {};
    for (const [name, item] of Object.entries(value)) {
      const node = gone[`f:${name}`];
      const kept = isFields(node) ? reduced(item, node, schemaOf(schema, name)) : item;
      if (kept !== undefined) result[name] = kept;
    }
    return result;
  }
  if (!Array.isArray(value)) return value;
  const { keys, items = {} } = schema;
  return value.flatMap((item) => {
    const node = gone[keys ? itemName(item, keys) : `v:${JSON.stringify(item)}`];
    const kept = isFields(node) ? reduced(item, node, items) : item;
    return kept === undefined ? [] : [kept];
  });
}

function reduced(value: unknown, node: Fields, schema: MergeSchema): unknown {
  const children = Object.keys(node).filter((name) => name !== '.');
  if (children.length === 0) return undefined;
  const rest = withoutOwned(value, node, schema);
  const isBare =
    (Array.isArray(rest) && rest.length === 0) || (isFields(rest) && Object.keys(rest).length === 0);
  return isBare || '.' in node ? undefined : rest;
}
