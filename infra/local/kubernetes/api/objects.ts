/** JSON objects as the API carries them: open records, read by path and never assumed to be well formed. */
export type Fields = Record<string, unknown>;

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** One entry of `metadata.managedFields`: which manager owns which fields. */
export interface ManagedFields {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time: string;
  fieldsType: 'FieldsV1';
  fieldsV1: Fields;
  /** Set for fields that were written through a subresource. */
  subresource?: string;
}

export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFields[];
}

export interface KubeObject {
  kind: string;
  apiVersion: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The record at a path below `value`; an empty one where there is none, so that reading on is safe. */
export function fieldsAt(value: unknown, ...path: string[]): Fields {
  const found = read(value, ...path);
  return isFields(found) ? found : {};
}

/** The records of the list at a path below `value`; what is no record is left out. */
export function recordsAt(value: unknown, ...path: string[]): Fields[] {
  return listAt(value, ...path).filter(isFields);
}

export function listAt(value: unknown, ...path: string[]): unknown[] {
  const found = read(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function textAt(value: unknown, ...path: string[]): string {
  const found = read(value, ...path);
  return typeof found === 'string' ? found : '';
}

export function numberAt(value: unknown, ...path: string[]): number | undefined {
  const found = read(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

export function read(value: unknown, ...path: string[]): unknown {
  let current = value;
  for (const step of path) {
    if (!isFields(current)) return undefined;
    current = current[step];
  }
  return current;
}

/** The record at `name`, put there first when it is missing. */
export function ensureFields(parent: Fields, name: string): Fields {
  const found = parent[name];
  if (isFields(found)) return found;
  const made: Fields = {};
  parent[name] = made;
  return made;
}

/** Sets what is unset: API defaulting treats `null` and absence alike. */
export function setDefault(target: Fields, name: string, value: unknown): void {
  if (target[name] === undefined || target[name] === null) target[name] = value;
}

/** Deep equality of JSON values; an undefined field equals an absent one, the order of keys does not matter. */
export function equal(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, index) => equal(item, right[index]))
    );
  }
  if (Array.isArray(right)) return false;
  const other = right as Fields;
  for (const [key, value] of Object.entries(left)) if (!equal(value, other[key])) return false;
  for (const [key, value] of Object.entries(other)) {
    if (value !== undefined && (left as Fields)[key] === undefined) return false;
  }
  return true;
}

export function clone<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(clone) as T;
  const copy: Fields = {};
  for (const [key, item] of Object.entries(value)) copy[key] = clone(item);
  return copy as T;
}

/** `namespace/name`; cluster-scoped objects have an empty namespace. Sorts as the keys in etcd do. */
export function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

/** Seconds precision, as metav1.Time is written. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
