import { gunzipSync, gzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { z } from 'zod';

/** A cluster by the id that claims carry, with a kubeconfig whose current context reaches it. */
export interface NamedKubeconfig {
  readonly id: string;
  /** YAML or JSON. */
  readonly kubeconfig: string;
}

const contextSchema = z.looseObject({ cluster: z.string(), user: z.string().optional() });

const kubeconfigSchema = z.looseObject({
  'current-context': z.string().optional(),
  contexts: z.array(z.object({ name: z.string(), context: contextSchema })).min(1),
  clusters: z.array(z.object({ name: z.string(), cluster: z.looseObject({}) })).min(1),
  users: z.array(z.object({ name: z.string(), user: z.looseObject({}).nullable() })).default([]),
});

/**
 * One kubeconfig of several clusters, each with context, cluster and user named by its id. Throws an Error that names
 * the cluster whose kubeconfig cannot be used.
 */
export function mergeKubeconfigs(clusters: readonly NamedKubeconfig[]): Record<string, unknown> {
  const parts = clusters.map(partOf);
  return {
    apiVersion: 'v1',
    kind: 'Config',
    ...(clusters[0] ? { 'current-context': clusters[0].id } : {}),
    contexts: parts.map((part) => part.context),
    clusters: parts.map((part) => part.cluster),
    users: parts.map((part) => part.user),
  };
}

function partOf({ id, kubeconfig }: NamedKubeconfig) {
  const parsed = kubeconfigSchema.safeParse(parse(kubeconfig));
  if (!parsed.success) {
    throw new Error(`the kubeconfig of cluster "${id}" cannot be used:\n${z.prettifyError(parsed.error)}`);
  }
  const { contexts, clusters, users, 'current-context': current } = parsed.data;
  const { cluster, user, ...rest } = pick(contexts, current ?? contexts[0]?.name, 'context', id).context;
  return {
    context: { name: id, context: { ...rest, cluster: id, user: id } },
    cluster: { name: id, cluster: pick(clusters, cluster, 'cluster', id).cluster },
    user: { name: id, user: (user === undefined ? undefined : pick(users, user, 'user', id).user) ?? {} },
  };
}

function pick<T extends { name: string }>(
  entries: readonly T[],
  name: string | undefined,
  kind: string,
  id: string,
): T {
  const found = entries.find((entry) => entry.name === name);
  if (!found) throw new Error(`the kubeconfig of cluster "${id}" has no ${kind} named "${name}"`);
  return found;
}

/** The ids of the clusters in a kubeconfig that `encodeKubeconfig` could have made; throws an Error that says why not. */
export function clusterIdsOf(encoded: string): readonly string[] {
  const bytes = Buffer.from(encoded, 'base64');
  const text = (bytes[0] === GZIP ? gunzipSync(bytes) : bytes).toString();
  const parsed = kubeconfigSchema.safeParse(parse(text));
  if (!parsed.success) throw new Error(`it is no kubeconfig in base64:\n${z.prettifyError(parsed.error)}`);
  return parsed.data.contexts.map(({ name }) => name);
}

/** First byte of a gzip stream; no text begins with it. */
const GZIP = 0x1f;

/**
 * As HOLDFAST_KUBECONFIG holds it: an environment variable has no room for line breaks, and all of them together only
 * 4 KB, which a kubeconfig with a certificate exceeds as it is.
 */
export const encodeKubeconfig = (config: Readonly<Record<string, unknown>>): string =>
  gzipSync(JSON.stringify(config)).toString('base64');
