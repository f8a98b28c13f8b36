import { isStatus, type KubernetesClient } from '../kubernetes/client/client.ts';
import type { KubernetesObject, ObjectReference } from '../kubernetes/client/objects.ts';
import { factsOf, type ObjectFacts, UNKNOWN } from './enhanced-event.ts';

/** Finds out about the objects of events, by name. */
export type Lookup = (reference: ObjectReference) => Promise<ObjectFacts>;

/** Source: kubernetes-event-exporter, default of cacheSize. */
const CACHED = 1024;

/**
 * The exporter's lookup with its faults: what it remembers is keyed by what the *event* says (UID and version, both of
 * which can be missing), and whatever has the name now answers for the object that the event was about.
 * Source: kubernetes-event-exporter, pkg/kube/objects.go.
 */
export function createLookup(client: KubernetesClient): Lookup {
  const cache = new Map<string, ObjectFacts>();
  return async (reference) => {
    const key = `${reference.uid ?? ''}/${reference.resourceVersion ?? ''}`;
    const known = cache.get(key);
    if (known) return known;
    const path = pathOf(reference);
    if (path === undefined) return UNKNOWN;
    try {
      const facts = factsOf(await client.get<KubernetesObject>(path));
      if (cache.size >= CACHED) for (const oldest of [...cache.keys()].slice(0, 1)) cache.delete(oldest);
      cache.set(key, facts);
      return facts;
    } catch (error) {
      return isStatus(error, 404) ? { deleted: true } : UNKNOWN;
    }
  };
}

/** The kinds that events of interest are about; of others the exporter here says nothing. */
const RESOURCES: Readonly<Record<string, string>> = {
  Pod: 'pods',
  Node: 'nodes',
  StatefulSet: 'statefulsets',
  Deployment: 'deployments',
  ReplicaSet: 'replicasets',
};

function pathOf({ kind = '', apiVersion = 'v1', namespace, name = '' }: ObjectReference): string | undefined {
  const resource = RESOURCES[kind];
  if (!resource) return undefined;
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace ? `${root}/namespaces/${namespace}/${resource}/${name}` : `${root}/${resource}/${name}`;
}
