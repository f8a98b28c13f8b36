import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { KubernetesObject } from './objects.ts';

/** What the API refused, in its own words. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  /** HTTP status. */
  readonly status: number;
  /** The Status object's reason, such as `AlreadyExists`, `Conflict`, `NotFound`. */
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export const isStatus = (error: unknown, status: number): error is KubernetesError =>
  error instanceof KubernetesError && error.status === status;

export type PatchType = 'merge' | 'strategic' | 'json';

export interface ListAnswer<T> {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly T[];
}

/** One line of a watch. */
export interface WatchLine {
  readonly type: string;
  readonly object: KubernetesObject & { readonly code?: number; readonly message?: string };
}

/** Plain objects in and out; every call rejects with `KubernetesError`, or with the socket's error. */
export interface KubernetesClient {
  get<T>(path: string, query?: Query): Promise<T>;
  create<T extends KubernetesObject>(path: string, body: object): Promise<T>;
  replace<T extends KubernetesObject>(path: string, body: object): Promise<T>;
  patch<T extends KubernetesObject>(path: string, type: PatchType, body: object): Promise<T>;
  /** Answers the object that goes, or a Status. */
  remove(path: string, options?: object): Promise<KubernetesObject>;
  /**
   * Follows a collection. `onLine` gets each line, `onEnd` is called once, with the error if there was one
   * (`statusCode` 410 where the revision is too old). Returns the way to stop.
   */
  watch(
    path: string,
    query: Query,
    onLine: (line: WatchLine) => void,
    onEnd: (error: unknown) => void,
  ): () => void;
  close(): void;
}

export type Query = Readonly<Record<string, string | number | boolean>>;

const PATCH_CONTENT_TYPE: Record<PatchType, string> = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
};

/** Silence on a socket after which a request is given up, in real time. */
const SILENCE_MS = 60_000;

/**
 * A client for the cluster that the kubeconfig's current context names. Requests share kept-alive connections;
 * the vendor's generated API would parse and rebuild each object, which costs more than all else here.
 */
export async function createKubernetesClient(kubeconfig: string): Promise<KubernetesClient> {
  // Loading the vendor's client takes a third of a second: only who talks to a cluster pays it.
  const { KubeConfig, Watch } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  // The vendor's client takes plain HTTP only from a cluster whose certificate it need not verify.
  config.clusters = config.clusters.map((cluster) =>
    cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster,
  );
  const server = config.getCurrentCluster()?.server;
  if (!server) {
    throw new Error(
      `kubeconfig: the current context ${config.getCurrentContext()} names no cluster with a server`,
    );
  }
  const base = new URL(server);
  const prefix = base.pathname.replace(/\/$/, '');
  const secure = base.protocol === 'https:';
  const connection: RequestOptions = {};
  await config.applyToHTTPSOptions(connection);
  const agent = secure
    ? new HttpsAgent({ ...(connection.agent as HttpsAgent).options, keepAlive: true, maxSockets: 64 })
    : new HttpAgent({ keepAlive: true, maxSockets: 64 });
  const watching = new Set<() => void>();

  const call = <T>(
    method: string,
    path: string,
    query?: Query,
    body?: object,
    contentType?: string,
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const asking = (secure ? httpsRequest : httpRequest)(
        {
          agent,
          host: base.hostname,
          port: base.port,
          method,
          path: prefix + path + queryString(query),
          timeout: SILENCE_MS,
          headers: {
            ...connection.headers,
            accept: 'application/json',
            ...(payload === undefined
              ? {}
              : {
                  'content-type': contentType ?? 'application/json',
                  'content-length': Buffer.byteLength(payload),
                }),
          },
          ...(connection.auth ? { auth: connection.auth } : {}),
        },
        (response) => readAnswer<T>(response).then(resolve, reject),
      );
      asking.once('error', reject);
      asking.once('timeout', () =>
        asking.destroy(new Error(`${method} ${path}: no answer in ${SILENCE_MS} ms`)),
      );
      asking.end(payload);
    });

  return {
    get: (path, query) => call('GET', path, query),
    create: (path, body) => call('POST', path, undefined, body),
    replace: (path, body) => call('PUT', path, undefined, body),
    patch: (path, type, body) => call('PATCH', path, undefined, body, PATCH_CONTENT_TYPE[type]),
    remove: (path, options) => call('DELETE', path, undefined, options),
    watch(path, query, onLine, onEnd) {
      let over = false;
      const end = (error: unknown) => {
        if (over) return;
        over = true;
        watching.delete(stop);
        onEnd(error);
      };
      const started = new Watch(config).watch(
        path,
        query,
        (type: string, object: WatchLine['object']) => {
          if (!over) onLine({ type, object });
        },
        end,
      );
      const stop = () => {
        over = true;
        watching.delete(stop);
        started.then(
          (controller) => controller.abort(),
          () => {},
        );
      };
      watching.add(stop);
      started.catch(end);
      return stop;
    },
    close() {
      for (const stop of watching) stop();
      agent.destroy();
    },
  };
}

function queryString(query: Query | undefined): string {
  if (!query) return '';
  const parameters = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return `?${parameters}`;
}

async function readAnswer<T>(response: IncomingMessage): Promise<T> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return JSON.parse(text) as T;
  throw refusal(status, text);
}

function refusal(status: number, text: string): KubernetesError {
  try {
    const { reason, message } = JSON.parse(text) as { reason?: string; message?: string };
    return new KubernetesError(status, reason ?? '', message ?? text);
  } catch {
    return new KubernetesError(status, '', text || `HTTP ${status}`);
  }
}
