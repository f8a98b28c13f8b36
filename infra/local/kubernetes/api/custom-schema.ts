import { clone, equal, type Fields, fieldsAt, isFields, listAt } from './objects.ts';
import { type Cause, cause } from './status.ts';

const ROOT_FIELDS = new Set(['apiVersion', 'kind', 'metadata']);

/** Removes what a structural schema does not name. Changes `value`. Source: apiextensions, structural schemas. */
export function pruneBySchema(value: Fields, schema: Fields, root = true): void {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return;
  const properties = fieldsAt(schema, 'properties');
  const additional = schema.additionalProperties;
  for (const [name, item] of Object.entries(value)) {
    if (root && ROOT_FIELDS.has(name)) continue;
    const inner = properties[name] ?? (isFields(additional) ? additional : undefined);
    if (isFields(inner)) pruneValue(item, inner);
    else if (additional !== true) delete value[name];
  }
}

function pruneValue(value: unknown, schema: Fields): void {
  if (Array.isArray(value)) for (const item of value) pruneValue(item, fieldsAt(schema, 'items'));
  else if (isFields(value)) {
    pruneBySchema(value, schema, schema['x-kubernetes-embedded-resource'] === true);
  }
}

/** Fills in `default`s below records that exist. Changes `value`. A null that may not be null counts as unset. */
export function defaultBySchema(value: unknown, schema: Fields): void {
  if (Array.isArray(value)) {
    for (const item of value) defaultBySchema(item, fieldsAt(schema, 'items'));
    return;
  }
  if (!isFields(value)) return;
  const properties = fieldsAt(schema, 'properties');
  for (const [name, inner] of Object.entries(properties)) {
    if (!isFields(inner)) continue;
    const unset = value[name] === undefined || (value[name] === null && inner.nullable !== true);
    if (unset && inner.default !== undefined) value[name] = clone(inner.default);
    defaultBySchema(value[name], inner);
  }
  const additional = schema.additionalProperties;
  if (!isFields(additional)) return;
  for (const [name, item] of Object.entries(value))
    if (!(name in properties)) defaultBySchema(item, additional);
}

/** What a schema finds wrong, worded as go-openapi does. */
export function validateBySchema(value: unknown, schema: Fields, path: string): Cause[] {
  if (value === null) {
    return schema.nullable === true ? [] : wrongType(path, schema, 'null');
  }
  if (schema['x-kubernetes-int-or-string'] === true) {
    return typeof value === 'string' || Number.isInteger(value)
      ? []
      : wrongType(path, { type: 'integer,string' }, typeOf(value));
  }
  const type = schema.type;
  if (typeof type === 'string' && !isOfType(value, type)) return wrongType(path, schema, typeOf(value));
  return [
    ...checkEnum(value, schema, path),
    ...(typeof value === 'string' ? checkText(value, schema, path) : []),
    ...(typeof value === 'number' ? checkNumber(value, schema, path) : []),
    ...(Array.isArray(value) ? checkList(value, schema, path) : []),
    ...(isFields(value) ? checkRecord(value, schema, path) : []),
  ];
}

const typeOf = (value: unknown) =>
  Array.isArray(value)
    ? 'array'
    : isFields(value)
      ? 'object'
      : Number.isInteger(value)
        ? 'integer'
        : typeof value;

function isOfType(value: unknown, type: string): boolean {
  const actual = typeOf(value);
  return actual === type || (type === 'number' && actual === 'integer');
}

const wrongType = (path: string, schema: Fields, actual: string): Cause[] => [
  cause.invalid(
    path,
    actual,
    `${path} in body must be of type ${String(schema.type)}: ${JSON.stringify(actual)}`,
  ),
];

function checkEnum(value: unknown, schema: Fields, path: string): Cause[] {
  const allowed = listAt(schema, 'enum');
  if (allowed.length === 0 || allowed.some((item) => equal(item, value))) return [];
  return [cause.unsupported(path, value, allowed.map(String))];
}

function checkText(value: string, schema: Fields, path: string): Cause[] {
  const causes: Cause[] = [];
  if (typeof schema.maxLength === 'number' && value.length > schema.maxLength) {
    causes.push(
      cause.invalid(path, value, `${path} in body should be at most ${schema.maxLength} chars long`),
    );
  }
  if (typeof schema.minLength === 'number' && value.length < schema.minLength) {
    causes.push(
      cause.invalid(path, value, `${path} in body should be at least ${schema.minLength} chars long`),
    );
  }
  if (typeof schema.pattern === 'string' && !new RegExp(schema.pattern).test(value)) {
    causes.push(cause.invalid(path, value, `${path} in body should match '${schema.pattern}'`));
  }
  if (schema.format === 'date-time' && Number.isNaN(Date.parse(value))) {
    causes.push(
      cause.invalid(path, value, `${path} in body must be of type date-time: ${JSON.stringify(value)}`),
    );
  }
  return causes;
}

function checkNumber(value: number, schema: Fields, path: string): Cause[] {
  const causes: Cause[] = [];
  if (typeof schema.minimum === 'number' && value < schema.minimum) {
    causes.push(
      cause.invalid(path, value, `${path} in body should be greater than or equal to ${schema.minimum}`),
    );
  }
  if (typeof schema.maximum === 'number' && value > schema.maximum) {
    causes.push(
      cause.invalid(path, value, `${path} in body should be less than or equal to ${schema.maximum}`),
    );
  }
  return causes;
}

function checkList(value: unknown[], schema: Fields, path: string): Cause[] {
  const causes: Cause[] = [];
  if (typeof schema.maxItems === 'number' && value.length > schema.maxItems) {
    causes.push(
      cause.invalid(path, value.length, `${path} in body should have at most ${schema.maxItems} items`),
    );
  }
  if (typeof schema.minItems === 'number' && value.length < schema.minItems) {
    causes.push(
      cause.invalid(path, value.length, `${path} in body should have at least ${schema.minItems} items`),
    );
  }
  const items = fieldsAt(schema, 'items');
  value.forEach((item, index) => {
    causes.push(...validateBySchema(item, items, `${path}[${index}]`));
  });
  return causes;
}

function checkRecord(value: Fields, schema: Fields, path: string): Cause[] {
  const below = (name: string) => (path === '' ? name : `${path}.${name}`);
  const causes: Cause[] = listAt(schema, 'required')
    .filter((name) => value[String(name)] === undefined)
    .map((name) => cause.required(below(String(name))));
  const properties = fieldsAt(schema, 'properties');
  const additional = schema.additionalProperties;
  for (const [name, item] of Object.entries(value)) {
    if (path === '' && ROOT_FIELDS.has(name)) continue;
    const inner = properties[name] ?? additional;
    if (isFields(inner) && item !== undefined) causes.push(...validateBySchema(item, inner, below(name)));
  }
  return causes;
}
