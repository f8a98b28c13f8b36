import type { CloudContext } from '../../kernel/context.ts';
import { listen, type Reply, type Request } from '../../kernel/http.ts';
import type { Api } from './api.ts';
import { addressWithToken, presented } from './authentication.ts';
import { createCatalog } from './catalog.ts';
import { serveDefinitions } from './definitions.ts';
import { apiGroup, apiVersions, EMPTY_OPENAPI, groupList, resourceList, VERSION } from './discovery.ts';
import { expireEvents } from './event-expiry.ts';
import { formatOf } from './format.ts';
import { collectGarbage } from './garbage-collection.ts';
import { answer, handleResource } from './handlers.ts';
import { kubeconfigOf } from './kubeconfig.ts';
import { emptyNamespaces } from './namespaces.ts';
import { type KubeObject, timestamp } from './objects.ts';
import { routeOf } from './routes.ts';
import { pathNotFound, StatusError, statusBody, unauthorized } from './status.ts';
import { createStore } from './store.ts';

export interface KubernetesApiOptions {
  /** 0, the default, takes any free one. */
  readonly port?: number;
  /** Names the context in the kubeconfig. Default `local`. */
  readonly clusterId?: string;
  /** How long Event objects live, in cloud time. Default one hour, as a kube-apiserver keeps them. */
  readonly eventTtlMs?: number;
  /** How many changes a watch can go back. Default 10,000. */
  readonly historyWindow?: number;
}

export interface KubernetesApi {
  readonly url: string;
  readonly port: number;
  /** The bearer token that every request carries. */
  readonly token: string;
  /** YAML; the context is named after the cluster unless told otherwise. */
  kubeconfig(contextName?: string): string;
  /** Ends every watch that is open, as the API server does when it restarts. Returns how many. */
  endWatches(): number;
  close(): Promise<void>;
  /** A door for audits, past HTTP: what is in the store right now. */
  readonly store: {
    list(kind: string, namespace?: string): readonly KubeObject[];
    revision(): number;
    /** Called at each change of an object of the kind, with its last state where it is gone. Returns the way to stop. */
    onChange(
      kind: string,
      listener: (change: { readonly object: KubeObject; readonly gone: boolean }) => void,
    ): () => void;
    /** Forgets the history so far: every watch from an older revision is answered 410. */
    compact(): void;
  };
}

const SERVICE = 'kubernetes';
const ONE_HOUR_MS = 3_600_000;
const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
/** What `generateName` draws from: no vowels, so that no words come out. Source: apimachinery, pkg/util/rand. */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Starts an API server on loopback, over plain HTTP, with its state in memory. */
export async function startKubernetesApi(
  context: CloudContext,
  options: KubernetesApiOptions = {},
): Promise<KubernetesApi> {
  const { port = 0, clusterId = 'local', eventTtlMs = ONE_HOUR_MS, historyWindow = 10_000 } = options;
  const random = context.random.fork('kubernetes');
  const api: Api = {
    context,
    store: createStore(historyWindow),
    catalog: createCatalog(),
    now: () => timestamp(context.clock.now()),
    uid: () => random.requestId().toLowerCase(),
    suffix: () =>
      Array.from({ length: 5 }, () => SUFFIX_ALPHABET[random.integer(0, SUFFIX_ALPHABET.length - 1)]).join(
        '',
      ),
    jitter: () => random.next(),
    openWatches: new Set(),
  };
  const token = random.fork('token').id(32);
  const stops = [
    serveDefinitions(api),
    collectGarbage(api),
    emptyNamespaces(api),
    expireEvents(api, eventTtlMs),
  ];
  for (const name of NAMESPACES) createNamespace(api, name);

  const collectionOf = (kind: string): string => {
    const resource = api.catalog.all().find((known) => known.kind === kind);
    if (!resource) throw new Error(`no kind ${kind} is served`);
    return resource.collection;
  };
  const listening = await listen(
    context,
    {
      service: SERVICE,
      operation: operationOf,
      handle: (request) => respond(api, token, request),
      fail: ({ status, code, message }) => answer(status, statusBody(new StatusError(status, code, message))),
    },
    port,
  );
  return {
    url: listening.url,
    port: listening.port,
    token,
    kubeconfig: (contextName = clusterId) =>
      kubeconfigOf(addressWithToken(listening.url, token), token, contextName),
    endWatches() {
      const open = [...api.openWatches];
      for (const end of open) end();
      return open.length;
    },
    async close() {
      for (const stop of stops) stop();
      await listening.close();
    },
    store: {
      list: (kind, namespace) => api.store.list(collectionOf(kind), namespace).map(({ object }) => object),
      onChange: (kind, listener) =>
        api.store.subscribe(collectionOf(kind), ({ type, current }) =>
          listener({ object: current.object, gone: type === 'DELETED' }),
        ),
      revision: () => api.store.revision(),
      compact: () => api.store.compact(),
    },
  };
}

function createNamespace(api: Api, name: string): void {
  api.store.put('namespaces', {
    kind: 'Namespace',
    apiVersion: 'v1',
    metadata: {
      name,
      uid: api.uid(),
      resourceVersion: '',
      creationTimestamp: api.now(),
      labels: { 'kubernetes.io/metadata.name': name },
    },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  });
}

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** `patch pods/status`, as RBAC would name the verb and the resource; `get /version` outside of the resources. */
function operationOf(request: Request): string {
  const { path } = presented(request);
  const route = routeOf(path);
  if (!route) return `get ${path}`;
  const resource = route.subresource === undefined ? route.plural : `${route.plural}/${route.subresource}`;
  let verb = VERBS[request.method];
  if (verb === undefined) {
    const watches = route.watch || ['true', '1'].includes(request.query.get('watch') ?? '');
    verb = watches ? 'watch' : route.name === undefined ? 'list' : 'get';
  } else if (verb === 'delete' && route.name === undefined) verb = 'deletecollection';
  return `${verb} ${resource}`;
}

function respond(api: Api, token: string, request: Request): Reply {
  try {
    const { path, token: given } = presented(request);
    if (given !== token) throw unauthorized();
    return dispatch(api, request, path);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return answer(error.code, statusBody(error));
  }
}

function dispatch(api: Api, request: Request, path: string): Reply {
  const route = routeOf(path);
  if (!route) return describe(api, request, path);
  const resource = api.catalog.find(route.group, route.version, route.plural);
  if (!resource) throw pathNotFound();
  const format = formatOf(request.headers.accept, request.query);
  return handleResource({ api, request, route, resource, format });
}

/** Discovery, health and all else that is not about one resource. */
function describe(api: Api, request: Request, path: string): Reply {
  const parts = path.split('/').filter((part) => part !== '');
  const [root, group, version] = parts;
  if (root === 'api') {
    if (parts.length === 1) return answer(200, apiVersions(request.headers.host ?? ''));
    return answer(200, found(parts.length === 2 ? resourceList(api.catalog, '', group ?? '') : undefined));
  }
  if (root === 'apis') {
    if (group === undefined) return answer(200, groupList(api.catalog));
    if (version === undefined) return answer(200, found(apiGroup(api.catalog, group)));
    return answer(200, found(resourceList(api.catalog, group, version)));
  }
  if (root === 'version') return answer(200, VERSION);
  if (root === 'healthz' || root === 'readyz' || root === 'livez') {
    return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'ok' };
  }
  if (path === '/openapi/v2') {
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: EMPTY_OPENAPI };
  }
  throw pathNotFound();
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw pathNotFound();
  return value;
}
