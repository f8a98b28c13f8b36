import type { Reply, Request } from '../../kernel/http.ts';
import type { Api, WriteOptions } from './api.ts';
import { apply, checkPatchOptions } from './apply.ts';
import { bodyOf, mediaType, parseYaml } from './bodies.ts';
import { parseDeleteOptions, remove, removeCollection } from './deletion.ts';
import type { Format } from './format.ts';
import { listJson, scopeOf, select } from './lists.ts';
import { clone, type Fields, fieldsAt, isFields, type KubeObject } from './objects.ts';
import { APPLY_PATCH, applyPatch, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH } from './patches.ts';
import { objectJson } from './representation.ts';
import { type Resource, represent } from './resources.ts';
import type { Route } from './routes.ts';
import {
  badRequest,
  methodNotAllowed,
  notFound,
  pathNotFound,
  StatusError,
  unsupportedMediaType,
} from './status.ts';
import { bind, evict, scaleOf, writeScale } from './subresources.ts';
import { stream, watchOf } from './watches.ts';
import { create, decodeObject, update } from './writes.ts';

/** One request for a resource, with all that its handling needs. */
export interface Call {
  readonly api: Api;
  readonly request: Request;
  readonly route: Route;
  readonly resource: Resource;
  readonly format: Format;
}

const JSON_HEADERS = { 'content-type': 'application/json' };

export function answer(status: number, body: Fields | string): Reply {
  return { status, headers: JSON_HEADERS, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

export function handleResource(call: Call): Reply {
  const { resource, route } = call;
  if (route.namespace !== undefined && !resource.namespaced) throw pathNotFound();
  if (route.name !== undefined && resource.namespaced && route.namespace === undefined && !route.watch)
    throw pathNotFound();
  if (route.subresource !== undefined) return handleSubresource(call);
  return route.name === undefined ? handleCollection(call) : handleObject(call, route.name);
}

function writeOptions({ request }: Call): WriteOptions {
  const dryRuns = request.query.getAll('dryRun').filter((value) => value !== '');
  for (const value of dryRuns) {
    if (value !== 'All')
      throw badRequest(
        `Invalid value: ["${value}"]: dryRun: Unsupported value: "${value}": supported values: "All"`,
      );
  }
  const agent = (request.headers['user-agent'] ?? '').split('/')[0] || 'unknown';
  return { dryRun: dryRuns.length > 0, manager: request.query.get('fieldManager') || agent };
}

function one(call: Call, status: number, object: KubeObject): Reply {
  return answer(status, objectJson(call.resource, object, call.format, call.api.context.clock.now()));
}

function handleCollection(call: Call): Reply {
  const { api, request, resource, route, format } = call;
  const { namespace } = route;
  switch (request.method) {
    case 'GET': {
      const scope = scopeOf(resource, namespace, undefined, request.query);
      return isWatch(call) ? watching(call) : answer(200, listJson(api, scope, request.query, format));
    }
    case 'POST': {
      if (resource.namespaced && namespace === undefined) throw methodNotAllowed();
      const object = decodeObject(resource, namespace, undefined, bodyOf(request, resource.kind) ?? {});
      return one(call, 201, create(api, resource, object, writeOptions(call)));
    }
    case 'DELETE': {
      if (resource.kind === 'Namespace') throw methodNotAllowed();
      const options = parseDeleteOptions(bodyOf(request, 'DeleteOptions'), request.query);
      const scope = scopeOf(resource, namespace, undefined, request.query);
      return answer(200, removeCollection(api, resource, select(api, scope), options));
    }
    default:
      throw methodNotAllowed();
  }
}

const isWatch = ({ request, route }: Call) =>
  route.watch || ['true', '1'].includes(request.query.get('watch') ?? '');

function watching({ api, request, resource, route, format }: Call): Reply {
  const scope = scopeOf(resource, route.namespace, route.name, request.query);
  const watch = watchOf(scope, request.query, format, api.jitter());
  return {
    status: 200,
    headers: JSON_HEADERS,
    stream: (response, signal) => stream(api, watch, response, signal),
  };
}

function handleObject(call: Call, name: string): Reply {
  const { api, request, resource, route } = call;
  switch (request.method) {
    case 'GET':
      // Only the old prefix watches one object; a watch parameter on its path is ignored.
      if (route.watch) return watching(call);
      return one(call, 200, existing(call, name));
    case 'PUT':
      return put(call, name, undefined);
    case 'PATCH':
      return patch(call, name, undefined);
    case 'DELETE': {
      const options = parseDeleteOptions(bodyOf(request, 'DeleteOptions'), request.query);
      return answer(200, remove(api, resource, route.namespace, name, options) as Fields);
    }
    default:
      throw methodNotAllowed();
  }
}

function existing({ api, resource, route }: Call, name: string): KubeObject {
  const stored = api.store.get(resource.collection, route.namespace, name);
  if (!stored) throw notFound(resource, name);
  return stored.object;
}

function put(call: Call, name: string, subresource: 'status' | undefined): Reply {
  const { api, request, resource, route } = call;
  const { namespace } = route;
  const wished = decodeObject(resource, namespace, name, bodyOf(request, resource.kind) ?? {});
  const options = writeOptions(call);
  const exists = api.store.get(resource.collection, namespace, name) !== undefined;
  if (!exists && resource.createOnUpdate && subresource === undefined) {
    return one(call, 201, create(api, resource, wished, options));
  }
  return one(
    call,
    200,
    update({ api, resource, namespace, name, subresource, options, isPatch: false, produce: () => wished }),
  );
}

function patch(call: Call, name: string, subresource: 'status' | undefined): Reply {
  const { api, request, resource, route } = call;
  const { namespace } = route;
  const type = mediaType(request);
  const body = patchBody(request, resource, type);
  checkPatchOptions(request.query, type === APPLY_PATCH);
  const options = writeOptions(call);
  if (type === APPLY_PATCH) {
    const force = request.query.get('force') === 'true';
    const { object, created } = apply({
      api,
      resource,
      namespace,
      name,
      subresource,
      options,
      body,
      force,
    });
    return one(call, created ? 201 : 200, object);
  }
  const produce = (current: KubeObject) => {
    const shown = represent(resource, current);
    // The patch shares what it leaves alone with the stored object, which must not change.
    const patched = clone(applyPatch(shown, body, type, resource.mergeSchema ?? {}));
    const metadata = fieldsAt(patched, 'metadata');
    if (metadata.name === undefined || metadata.name === '') metadata.name = name;
    return decodeObject(resource, namespace, name, patched);
  };
  return one(
    call,
    200,
    update({ api, resource, namespace, name, subresource, options, isPatch: true, produce }),
  );
}

function patchBody(request: Request, resource: Resource, type: string): unknown {
  const accepted = [JSON_PATCH, MERGE_PATCH, ...(resource.custom ? [] : [STRATEGIC_PATCH]), APPLY_PATCH];
  if (!accepted.includes(type)) {
    if (resource.custom) throw unsupportedMediaType(accepted);
    throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  }
  if (type === APPLY_PATCH) return parseYaml(request.body);
  try {
    return JSON.parse(request.body.toString());
  } catch (error) {
    if (type === MERGE_PATCH) throw new StatusError(500, undefined, 'Invalid JSON Patch');
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}

function handleSubresource(call: Call): Reply {
  const { api, request, resource, route } = call;
  const { name = '', namespace } = route;
  const subresource = [...resource.subresources].find((known) => known === route.subresource);
  const { method } = request;
  switch (subresource) {
    case 'status':
      if (method === 'GET') return one(call, 200, existing(call, name));
      if (method === 'PUT') return put(call, name, 'status');
      if (method === 'PATCH') return patch(call, name, 'status');
      throw methodNotAllowed();
    case 'scale':
      return scale(call, name);
    case 'eviction':
      if (method !== 'POST') throw methodNotAllowed();
      existing(call, name);
      return answer(
        201,
        evict(api, resource, namespace ?? '', name, bodyOf(request, 'Eviction'), request.query),
      );
    case 'binding':
      if (method !== 'POST') throw methodNotAllowed();
      return answer(
        201,
        bind(
          api,
          resource,
          { namespace: namespace ?? '', name },
          bodyOf(request, 'Binding'),
          writeOptions(call),
        ),
      );
    case 'log':
      // The local cloud runs no containers: their logs exist, and are empty.
      existing(call, name);
      return { status: 200, headers: { 'content-type': 'text/plain' }, body: '' };
    case 'finalize':
      return finalize(call, name);
    default:
      throw pathNotFound();
  }
}

function scale(call: Call, name: string): Reply {
  const { api, request, resource, route } = call;
  const paths = resource.scale;
  if (!paths) throw pathNotFound();
  const target = { namespace: route.namespace, name };
  if (request.method === 'GET') return answer(200, scaleOf(existing(call, name), paths));
  if (request.method === 'PUT') {
    const body = bodyOf(request, 'Scale');
    return answer(
      200,
      writeScale(api, resource, paths, target, writeOptions(call), () => body),
    );
  }
  if (request.method !== 'PATCH') throw methodNotAllowed();
  const type = mediaType(request);
  const body = patchBody(request, resource, type);
  return answer(
    200,
    writeScale(api, resource, paths, target, writeOptions(call), (current) =>
      applyPatch(current, body, type, {}),
    ),
  );
}

/** Replaces the finalizers in a namespace's spec; the last one to fall lets a deleted namespace go. */
function finalize(call: Call, name: string): Reply {
  const { api, request, resource } = call;
  if (request.method !== 'PUT') throw methodNotAllowed();
  const wished = bodyOf(request, resource.kind);
  const current = existing(call, name);
  const finalizers = isFields(wished) ? (fieldsAt(wished, 'spec').finalizers ?? []) : [];
  const next = {
    ...current,
    metadata: { ...current.metadata },
    spec: { ...fieldsAt(current, 'spec'), finalizers },
  };
  const stored = api.store.put(resource.collection, next).object;
  return one(call, 200, stored);
}
