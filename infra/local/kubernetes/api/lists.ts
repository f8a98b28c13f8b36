import type { Api } from './api.ts';
import { type Format, partial } from './format.ts';
import type { Fields, KubeObject } from './objects.ts';
import { groupVersion, type Resource, represent } from './resources.ts';
import { both, fieldPredicate, labelPredicate, type Predicate } from './selectors.ts';
import { jsonOf } from './serialization.ts';
import { badRequest, type Cause, cause, expired, invalidOptions, StatusError } from './status.ts';
import type { Stored } from './store.ts';
import { tableOf } from './tables.ts';

/** Which objects of a resource a request means. */
export interface Scope {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly predicate: Predicate | undefined;
}

export function scopeOf(
  resource: Resource,
  namespace: string | undefined,
  name: string | undefined,
  query: URLSearchParams,
): Scope {
  const known = Object.keys(resource.fieldReaders);
  const unsupported =
    known.length === 2
      ? '"%s" is not a known field selector: only "metadata.name", "metadata.namespace"'
      : 'field label not supported: %s';
  const selected = both(
    labelPredicate(query.get('labelSelector')),
    fieldPredicate(
      query.get('fieldSelector'),
      resource.fieldReaders,
      resource.custom ? 'field label not supported: %s' : unsupported,
    ),
  );
  const named: Predicate | undefined =
    name === undefined ? undefined : (object) => object.metadata.name === name;
  return { resource, namespace, predicate: both(named, selected) };
}

/** Where the next page starts, and at which revision the first one was read. */
interface ContinueToken {
  readonly rv: number;
  readonly start: string;
}

const encodeToken = (token: ContinueToken) =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', ...token })).toString('base64url');

function decodeToken(text: string): ContinueToken {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as Partial<ContinueToken>;
    if (typeof token.rv === 'number' && typeof token.start === 'string')
      return { rv: token.rv, start: token.start };
  } catch {
    // Falls through: a token that does not decode is worded like one of another server.
  }
  throw badRequest(
    "invalid continue token: continue key is not valid: it does not come from this server's lists",
  );
}

export function parseRevision(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^\d+$/.test(text)) {
    throw new StatusError(
      500,
      undefined,
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return Number(text);
}

function parseLimit(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null || text === '') return 0;
  if (!/^-?\d+$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** All that a request selects, read at one revision. */
export function select(api: Api, { resource, namespace, predicate }: Scope): Stored[] {
  const listed = api.store.list(resource.collection, namespace);
  return predicate ? listed.filter(({ object }) => predicate(object)) : [...listed];
}

interface Page {
  readonly items: readonly Stored[];
  readonly metadata: Fields;
}

function pageOf(api: Api, scope: Scope, query: URLSearchParams): Page {
  const limit = parseLimit(query);
  const text = query.get('continue');
  const token = text ? decodeToken(text) : undefined;
  if (token && query.get('resourceVersion')) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const revision = token ? token.rv : revisionToRead(api, query);
  const { resource, namespace, predicate } = scope;
  // A token without a revision continues on the newest state: the way on after 410.
  const readAt = revision === -1 ? api.store.revision() : revision;
  const all = api.store.listAt(readAt, resource.collection, namespace);
  if (!all) throw tooOld(api, token);
  const start = token?.start ?? '';
  const rest = all.filter(
    ({ object }) =>
      `${object.metadata.namespace ?? ''}/${object.metadata.name}` >= start && (predicate?.(object) ?? true),
  );
  const metadata: Fields = { resourceVersion: String(readAt) };
  if (limit <= 0 || rest.length <= limit) return { items: rest, metadata };
  const next = rest[limit] as Stored;
  const { namespace: nextNamespace = '', name } = next.object.metadata;
  metadata.continue = encodeToken({ rv: readAt, start: `${nextNamespace}/${name}` });
  if (!predicate) metadata.remainingItemCount = rest.length - limit;
  return { items: rest.slice(0, limit), metadata };
}

function revisionToRead(api: Api, query: URLSearchParams): number {
  const asked = parseRevision(query.get('resourceVersion'));
  const match = query.get('resourceVersionMatch');
  const current = api.store.revision();
  if (match) {
    const field = 'resourceVersionMatch';
    if (asked === undefined) {
      throw badListOptions(
        cause.forbidden(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'),
      );
    }
    if (match === 'Exact') {
      if (asked === 0) {
        throw badListOptions(
          cause.forbidden(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
        );
      }
      if (asked > current) throw tooLarge(asked, current);
      return asked;
    }
    if (match !== 'NotOlderThan') {
      throw badListOptions(cause.unsupported(field, match, ['Exact', 'NotOlderThan', '']));
    }
  }
  if (asked !== undefined && asked > current) throw tooLarge(asked, current);
  return current;
}

const badListOptions = (found: Cause) => invalidOptions('ListOptions', found);

const tooLarge = (asked: number, current: number) =>
  new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });

function tooOld(api: Api, token: ContinueToken | undefined): StatusError {
  if (!token) return expired('The resourceVersion for the provided list is too old.');
  return expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    { continue: encodeToken({ rv: -1, start: token.start }), resourceVersion: String(api.store.revision()) },
  );
}

/** The JSON of a list, in the form that the client asked for. */
export function listJson(api: Api, scope: Scope, query: URLSearchParams, format: Format): string {
  const { resource } = scope;
  const { items, metadata } = pageOf(api, scope, query);
  const objects = items.map(({ object }) => represent(resource, object));
  if (format.view === 'table') {
    return JSON.stringify(tableOf(resource, objects, api.context.clock.now(), format, metadata));
  }
  if (format.view === 'metadata') {
    return JSON.stringify({
      kind: 'PartialObjectMetadataList',
      apiVersion: `meta.k8s.io/${format.metaVersion}`,
      metadata,
      items: objects.map((object) => partial(object, format)),
    });
  }
  return plainList(resource, objects, metadata);
}

/** A list of whole objects, as JSON. */
export function plainList(resource: Resource, objects: readonly KubeObject[], metadata: Fields): string {
  const head = JSON.stringify({ kind: resource.listKind, apiVersion: groupVersion(resource), metadata });
  const items = objects.map((object) => itemJson(resource, jsonOf(object)));
  return `${head.slice(0, -1)},"items":[${items.join(',')}]}`;
}

/** Items of typed lists carry no kind and version; those of custom resources do. */
function itemJson(resource: Resource, json: string): string {
  if (resource.custom) return json;
  const head = `{"kind":${JSON.stringify(resource.kind)},"apiVersion":${JSON.stringify(groupVersion(resource))},`;
  return json.startsWith(head) ? `{${json.slice(head.length)}` : json;
}
