/**
 * How lists and maps merge, field by field. What is not named here is plain: records merge, lists are replaced.
 * Source: Kubernetes API types, `patchStrategy`/`patchMergeKey` (strategic merge patch) and
 * `x-kubernetes-list-type`/`-list-map-keys`/`-map-type` (server-side apply).
 */
export interface MergeSchema {
  readonly fields?: Readonly<Record<string, MergeSchema>>;
  /** Of a list's items. */
  readonly items?: MergeSchema;
  /** Of a map's values, or of fields that `fields` does not name. */
  readonly values?: MergeSchema;
  /** Strategic merge patch: items with the same value here are one item. */
  readonly mergeKey?: string;
  /** Server-side apply: items with the same values here are one item. */
  readonly keys?: readonly string[];
  /** A list of scalars without order or doubles. */
  readonly set?: boolean;
  /** Strategic merge patch: a patch names the fields that stay, by `$retainKeys`. */
  readonly retainKeys?: boolean;
  /** Server-side apply: one owner for the whole record. */
  readonly atomic?: boolean;
}

const merged = (
  mergeKey: string,
  items: MergeSchema = {},
  keys: readonly string[] = [mergeKey],
): MergeSchema => ({
  mergeKey,
  keys,
  items,
});
const atomic: MergeSchema = { atomic: true };

export const METADATA_SCHEMA: MergeSchema = {
  fields: { finalizers: { set: true }, ownerReferences: merged('uid') },
};

const valueFrom: MergeSchema = {
  fields: { fieldRef: atomic, resourceFieldRef: atomic, configMapKeyRef: atomic, secretKeyRef: atomic },
};

const container: MergeSchema = {
  fields: {
    env: merged('name', { fields: { valueFrom } }),
    ports: merged('containerPort', {}, ['containerPort', 'protocol']),
    volumeMounts: merged('mountPath'),
    volumeDevices: merged('devicePath'),
    resources: { fields: { claims: merged('name') } },
  },
};

const podSpec: MergeSchema = {
  fields: {
    containers: merged('name', container),
    initContainers: merged('name', container),
    ephemeralContainers: merged('name', container),
    volumes: { ...merged('name'), retainKeys: true },
    imagePullSecrets: merged('name', atomic),
    hostAliases: merged('ip'),
    topologySpreadConstraints: merged('topologyKey', { fields: { labelSelector: atomic } }, [
      'topologyKey',
      'whenUnsatisfiable',
    ]),
    schedulingGates: merged('name'),
    resourceClaims: { ...merged('name'), retainKeys: true },
    nodeSelector: atomic,
  },
};

const conditions = merged('type');
const template: MergeSchema = { fields: { metadata: METADATA_SCHEMA, spec: podSpec } };
const withMeta = (fields: Readonly<Record<string, MergeSchema>>): MergeSchema => ({
  fields: { metadata: METADATA_SCHEMA, ...fields },
});
const workload = (spec: Readonly<Record<string, MergeSchema>> = {}): MergeSchema =>
  withMeta({ spec: { fields: { selector: atomic, template, ...spec } }, status: { fields: { conditions } } });

/** By kind; a kind that is not here has only metadata that merges. */
export const MERGE_SCHEMAS: Readonly<Record<string, MergeSchema>> = {
  Pod: withMeta({
    spec: podSpec,
    status: { fields: { conditions, podIPs: merged('ip'), hostIPs: { mergeKey: 'ip' } } },
  }),
  Node: withMeta({
    spec: { fields: { podCIDRs: { set: true } } },
    status: { fields: { conditions, addresses: merged('type') } },
  }),
  Namespace: withMeta({ status: { fields: { conditions } } }),
  Service: withMeta({
    spec: { fields: { ports: merged('port', {}, ['port', 'protocol']), selector: atomic } },
    status: { fields: { conditions } },
  }),
  ServiceAccount: withMeta({ secrets: merged('name') }),
  StatefulSet: workload(),
  Deployment: workload({ strategy: { retainKeys: true } }),
  ReplicaSet: workload(),
  CustomResourceDefinition: withMeta({ status: { fields: { conditions: { keys: ['type'] } } } }),
};

export const PLAIN_SCHEMA: MergeSchema = withMeta({});
