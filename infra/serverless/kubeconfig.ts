import { gunzipSync, gzipSync } from 'node:zlib';
import { parse, type YAMLParseError } from 'yaml';
import { z } from 'zod';
import { isClusterId } from '../../shared/claim/identity.ts';

/** A cluster by the id that claims carry, with a kubeconfig whose current context reaches it. */
export interface NamedKubeconfig {
  readonly id: string;
  /** YAML or JSON. */
  readonly kubeconfig: string;
}

const NO_LIST = 'is missing or no list';

const contextSchema = z.looseObject({ cluster: z.string(), user: z.string().optional() });

const kubeconfigSchema = z.looseObject({
  'current-context': z.string().optional(),
  contexts: z.array(z.object({ name: z.string(), context: contextSchema }), NO_LIST).min(1, 'is empty'),
  clusters: z
    .array(z.object({ name: z.string(), cluster: z.looseObject({ server: z.string().min(1) }) }), NO_LIST)
    .min(1, 'is empty'),
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
  const read = readKubeconfig(kubeconfig);
  if (typeof read === 'string') throw new Error(`the kubeconfig of cluster "${id}" cannot be used: ${read}`);
  const { contexts, clusters, users, 'current-context': current } = read;
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

type Kubeconfig = z.output<typeof kubeconfigSchema>;

/** The kubeconfig, or why it is none. What it holds is never quoted: there are keys in it. */
function readKubeconfig(text: string): Kubeconfig | string {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    const [start] = (error as Partial<YAMLParseError>).linePos ?? [];
    return `it is not YAML${start ? `, from line ${start.line}, column ${start.col} on` : ''}`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'it is not YAML with the keys of a kubeconfig';
  }
  const parsed = kubeconfigSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}

/**
 * What keeps a function from using a kubeconfig, if anything. As the function itself finds out when it starts; this one
 * does without the client, which takes seconds to load.
 */
export const problemOfKubeconfig = (text: string): string | undefined => problemOf(readKubeconfig(text));

const problemOf = (read: Kubeconfig | string): string | undefined =>
  typeof read === 'string' ? `is no kubeconfig in base64: ${read}` : problemOfContexts(read);

function problemOfContexts({ contexts, clusters }: Kubeconfig): string | undefined {
  const unusable = contexts.map(({ name }) => name).filter((name) => !isClusterId(name));
  if (unusable.length > 0) {
    return (
      `has contexts whose names are no cluster ids: ${unusable.map((name) => `"${name}"`).join(', ')}; ` +
      'allowed are letters, digits, ".", "_" and "-", 128 at most, first a letter or a digit'
    );
  }
  const lost = contexts.find(({ context }) => !clusters.some(({ name }) => name === context.cluster));
  return lost && `has a context "${lost.name}" of a cluster that it does not have`;
}

/**
 * The ids of the clusters in a kubeconfig that `encodeKubeconfig` could have made. Throws an Error that says what is
 * wrong with it, in words that follow the setting's name.
 */
export function clusterIdsOf(encoded: string): readonly string[] {
  const read = readKubeconfig(decodeKubeconfig(encoded));
  const problem = problemOf(read);
  if (typeof read === 'string' || problem !== undefined) throw new Error(problem);
  return read.contexts.map(({ name }) => name);
}

const BASE64 = /^[A-Za-z0-9+/\s]+=*\s*$/;

function decodeKubeconfig(encoded: string): string {
  if (!BASE64.test(encoded))
    throw new Error('is no kubeconfig in base64: it has characters that base64 has not');
  const bytes = Buffer.from(encoded, 'base64');
  try {
    return (bytes[0] === GZIP ? gunzipSync(bytes) : bytes).toString();
  } catch (cause) {
    throw new Error('is no kubeconfig in base64: it is gzipped, and broken or cut off', { cause });
  }
}

/** First byte of a gzip stream; no text begins with it. */
const GZIP = 0x1f;

/**
 * As HOLDFAST_KUBECONFIG holds it: an environment variable has no room for line breaks, and all of them together only
 * 4 KB, which a kubeconfig with a certificate exceeds as it is.
 */
export const encodeKubeconfig = (config: Readonly<Record<string, unknown>>): string =>
  gzipSync(JSON.stringify(config)).toString('base64');
