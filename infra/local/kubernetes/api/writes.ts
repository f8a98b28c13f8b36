import type { Api, WriteOptions } from './api.ts';
import { validateNewEvent } from './events.ts';
import { isReleased } from './finalizers.ts';
import { recordManager } from './managed-fields.ts';
import { ordered, validateMetadata, validateMetadataUpdate } from './metadata.ts';
import { clone, equal, type Fields, isFields, type KubeObject, type ObjectMeta, textAt } from './objects.ts';
import { groupVersion, type Resource } from './resources.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalid,
  MODIFIED,
  notFound,
  revisionRequired,
  StatusError,
} from './status.ts';

/**
 * Turns a decoded body into an object of the resource as it is stored. `body` may be changed.
 * Throws 400 for another kind, another name or another namespace than the path's.
 */
export function decodeObject(
  resource: Resource,
  namespace: string | undefined,
  name: string | undefined,
  body: unknown,
): KubeObject {
  if (!isFields(body))
    throw badRequest(`the object provided is unrecognized (must be of type ${resource.kind})`);
  const kind = textAt(body, 'kind') || (resource.custom ? '' : resource.kind);
  const apiVersion = textAt(body, 'apiVersion') || (resource.custom ? '' : groupVersion(resource));
  if (kind === '') {
    throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(body)}'`);
  }
  if (kind !== resource.kind || apiVersion !== groupVersion(resource)) {
    throw wrongKind(resource, kind, apiVersion);
  }
  const metadata = isFields(body.metadata) ? (body.metadata as unknown as ObjectMeta) : ({} as ObjectMeta);
  if (resource.namespaced) {
    if (metadata.namespace && metadata.namespace !== namespace) {
      throw badRequest(
        name === undefined
          ? 'the namespace of the provided object does not match the namespace sent on the request'
          : `the namespace of the object (${metadata.namespace}) does not match the namespace on the request (${namespace})`,
      );
    }
    if (namespace !== undefined) metadata.namespace = namespace;
  } else if (metadata.namespace) {
    throw badRequest('namespace is not allowed on this type');
  }
  if (name !== undefined && metadata.name !== name) {
    if (!metadata.name) throw badRequest('name must be provided');
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  const object: KubeObject = { ...body, kind, apiVersion, metadata };
  if (!resource.custom) dropNulls(object);
  return resource.conversion ? resource.conversion.toStored(object) : object;
}

function wrongKind(resource: Resource, kind: string, apiVersion: string): StatusError {
  if (resource.custom) {
    return badRequest(
      `${groupVersion(resource)}, Kind=${resource.kind} was expected, but the object is ${apiVersion}, Kind=${kind}`,
    );
  }
  return badRequest(
    `${kind} in version ${JSON.stringify(apiVersion)} cannot be handled as a ${resource.kind}: the path expects ${groupVersion(resource)} ${resource.kind}`,
  );
}

/** Typed decoding knows no null: the field is unset. */
function dropNulls(value: Fields | unknown[]): void {
  for (const [name, item] of Object.entries(value)) {
    if (item === null && !Array.isArray(value)) delete value[name];
    else if (typeof item === 'object' && item !== null) dropNulls(item as Fields | unknown[]);
  }
}

/** Creates an object; 409 when the name is taken, 404 or 403 by the state of its namespace, 422 when invalid. */
export function create(api: Api, resource: Resource, object: KubeObject, options: WriteOptions): KubeObject {
  const { metadata } = object;
  checkNamespace(api, resource, object);
  if (metadata.resourceVersion) {
    throw new StatusError(500, undefined, 'resourceVersion should not be set on objects to be created');
  }
  if (!metadata.name && metadata.generateName)
    metadata.name = `${metadata.generateName.slice(0, 58)}${api.suffix()}`;
  const applied = metadata.managedFields;
  clearSystemFields(metadata);
  metadata.uid = api.uid();
  metadata.creationTimestamp = api.now();
  if (resource.generation) metadata.generation = 1;
  resource.rules.defaults?.(object);
  resource.rules.beforeCreate?.(object);
  const causes = [...validateMetadata(resource, metadata), ...(resource.rules.validate?.(object) ?? [])];
  if (resource.group === 'events.k8s.io') causes.push(...validateNewEvent(object));
  if (causes.length > 0) throw invalid(storedAs(resource), metadata.name ?? '', causes);
  if (api.store.get(resource.collection, metadata.namespace, metadata.name)) {
    throw alreadyExists(resource, metadata.name);
  }
  if (applied) metadata.managedFields = applied;
  else recordManager(api, resource, undefined, object, options.manager);
  const complete = ordered(object);
  if (options.dryRun) return complete;
  return api.store.put(resource.collection, complete).object;
}

function clearSystemFields(metadata: ObjectMeta): void {
  const fields = metadata as unknown as Fields;
  for (const name of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'managedFields', 'selfLink']) {
    delete fields[name];
  }
}

function checkNamespace(api: Api, resource: Resource, object: KubeObject): void {
  const name = object.metadata.namespace;
  if (!resource.namespaced || name === undefined) return;
  const namespaces = api.catalog.find('', 'v1', 'namespaces') as Resource;
  const found = api.store.get('namespaces', undefined, name);
  if (!found) throw notFound(namespaces, name);
  if (found.object.metadata.deletionTimestamp !== undefined) {
    throw forbidden(
      resource,
      object.metadata.name ?? '',
      `unable to create new content in namespace ${name} because it is being terminated`,
      [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${name} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    );
  }
}

export interface UpdateRequest {
  readonly api: Api;
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly subresource?: 'status' | undefined;
  readonly options: WriteOptions;
  /** A patch is told apart in two checks: it never creates, and a foreign uid is invalid instead of a conflict. */
  readonly isPatch: boolean;
  /** An apply keeps the books of `managedFields` by itself. */
  readonly isApply?: boolean;
  /** The wished state, made from the current one; may be changed by the caller of this function. */
  produce(current: KubeObject): KubeObject;
}

/** Replaces an object by what `produce` makes of it; 404 without one, 409 on a stale revision, 422 when invalid. */
export function update(request: UpdateRequest): KubeObject {
  const { api, resource, namespace, name } = request;
  const current = api.store.get(resource.collection, namespace, name)?.object;
  if (!current) throw notFound(resource, name);
  const wished = request.produce(current);
  checkIdentity(request, wished, current);
  const next = merge(request, wished, current);
  resource.rules.defaults?.(next);
  if (request.subresource !== 'status') resource.rules.beforeUpdate?.(next, current);
  validateUpdated(request, next, current);
  next.metadata = ordered(next).metadata;
  return commit(request, next, current);
}

function checkIdentity(
  { resource, name, isPatch }: UpdateRequest,
  wished: KubeObject,
  current: KubeObject,
): void {
  const { uid, resourceVersion } = wished.metadata;
  if (uid && uid !== current.metadata.uid && !isPatch) {
    throw conflict(
      resource,
      name,
      `StorageError: invalid object, Code: 4, Key: /registry/${resource.plural}/${current.metadata.namespace ? `${current.metadata.namespace}/` : ''}${name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
    );
  }
  if (!resourceVersion && !resource.unconditionalUpdate && !isPatch) {
    throw revisionRequired(resource, name);
  }
  if (resourceVersion && resourceVersion !== current.metadata.resourceVersion) {
    throw conflict(resource, name, MODIFIED);
  }
}

/** Keeps what this path may not change: the status of the main resource, all else of the status subresource. */
function merge(request: UpdateRequest, wished: KubeObject, current: KubeObject): KubeObject {
  const { resource, subresource } = request;
  const held = current.metadata;
  const metadata: ObjectMeta = {
    ...wished.metadata,
    uid: wished.metadata.uid || held.uid,
    creationTimestamp: wished.metadata.creationTimestamp || held.creationTimestamp,
    resourceVersion: held.resourceVersion,
  };
  for (const name of ['generation', 'generateName'] as const) keep(metadata, held, name);
  if (!request.isApply) keep(metadata, held, 'managedFields');
  for (const name of ['deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    if (metadata[name] === undefined) keep(metadata, held, name);
  }
  if (subresource !== 'status') {
    const next: KubeObject = { ...wished, metadata };
    if (resource.subresources.has('status')) {
      if (current.status === undefined) delete next.status;
      else next.status = clone(current.status);
    }
    return next;
  }
  if (resource.custom) {
    const kept = { ...held };
    if (metadata.managedFields) kept.managedFields = metadata.managedFields;
    return { ...clone(current), metadata: kept, status: wished.status };
  }
  keep(metadata, held, 'ownerReferences');
  if (resource.kind === 'Deployment') keep(metadata, held, 'labels');
  return {
    ...clone({ ...current, metadata: undefined }),
    metadata,
    status: wished.status,
  } as unknown as KubeObject;
}

function keep<Name extends keyof ObjectMeta>(target: ObjectMeta, source: ObjectMeta, name: Name): void {
  if (source[name] === undefined) delete target[name];
  else target[name] = source[name];
}

function validateUpdated(
  { resource, name, subresource }: UpdateRequest,
  next: KubeObject,
  current: KubeObject,
): void {
  const causes = [
    ...validateMetadata(resource, next.metadata),
    ...validateMetadataUpdate(next.metadata, current.metadata),
  ];
  if (subresource === 'status') {
    if (resource.custom) causes.push(...(resource.rules.validate?.(next) ?? []));
    else causes.push(...(resource.rules.validateStatus?.(next) ?? []));
  } else {
    causes.push(
      ...(resource.rules.validate?.(next) ?? []),
      ...(resource.rules.validateUpdate?.(next, current) ?? []),
    );
  }
  if (causes.length > 0) throw invalid(storedAs(resource), name, causes);
}

/** Validation speaks of the kind that is stored, whatever version the client uses. */
function storedAs(resource: Resource): Resource {
  return resource.conversion ? { ...resource, group: '' } : resource;
}

/** Writes what changed, counts the generation, and finishes a deletion that waited for its last finalizer. */
function commit(request: UpdateRequest, next: KubeObject, current: KubeObject): KubeObject {
  const { api, resource, options } = request;
  if (sameButManagers(next, current)) return current;
  if (resource.generation && request.subresource !== 'status' && specChanged(next, current)) {
    next.metadata.generation = (current.metadata.generation ?? 0) + 1;
  }
  if (!request.isApply) recordManager(api, resource, current, next, options.manager, request.subresource);
  const complete = ordered(next);
  if (options.dryRun) return complete;
  if (isReleased(complete)) {
    api.store.remove(resource.collection, complete.metadata.namespace, complete.metadata.name);
    return complete;
  }
  return api.store.put(resource.collection, complete).object;
}

function sameButManagers(next: KubeObject, current: KubeObject): boolean {
  const { managedFields: left, ...nextMeta } = next.metadata;
  const { managedFields: right, ...currentMeta } = current.metadata;
  return (
    equal(nextMeta, currentMeta) &&
    equal(withoutMetadata(next), withoutMetadata(current)) &&
    sameManagers(left, right)
  );
}

/** Times do not count: applying the same again changes nothing. */
function sameManagers(left: unknown, right: unknown): boolean {
  const timeless = (entries: unknown) =>
    (Array.isArray(entries) ? entries : []).map((entry: Fields) => ({ ...entry, time: undefined }));
  return equal(timeless(left), timeless(right));
}

function withoutMetadata({ metadata: _, ...rest }: KubeObject): Fields {
  return rest;
}

function specChanged(next: KubeObject, current: KubeObject): boolean {
  const { metadata: _, status: __, ...left } = next;
  const { metadata: ___, status: ____, ...right } = current;
  return !equal(left, right);
}
