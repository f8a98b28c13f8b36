import {
  CONFIG_MAP_RULES,
  ENDPOINTS_RULES,
  LEASE_RULES,
  NAMESPACE_RULES,
  NODE_RULES,
  REVISION_RULES,
  SECRET_RULES,
  SERVICE_RULES,
} from './core-rules.ts';
import { DEFINITION_RULES } from './definition-rules.ts';
import { EVENT_RULES, EVENTS_CONVERSION } from './events.ts';
import { MERGE_SCHEMAS, PLAIN_SCHEMA } from './merge-schema.ts';
import { type KubeObject, numberAt, textAt } from './objects.ts';
import { POD_RULES } from './pods.ts';
import type { Resource, Rules, Subresource } from './resources.ts';
import { type FieldReaders, METADATA_READERS } from './selectors.ts';
import { deploymentRules, replicaSetRules, statefulSetRules } from './workloads.ts';

interface Declaration {
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly plural?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly namespaced?: boolean;
  readonly subresources?: readonly Subresource[];
  readonly rules?: Rules;
  readonly generation?: boolean;
  readonly createOnUpdate?: boolean;
  readonly unconditionalUpdate?: boolean;
  readonly returnsDeleted?: boolean;
  readonly fieldReaders?: FieldReaders;
}

const SCALE_PATHS = {
  specReplicas: 'spec.replicas',
  statusReplicas: 'status.replicas',
  selector: 'spec.selector',
};

function declare(declaration: Declaration): Resource {
  const { group = '', version = 'v1', kind, subresources = [] } = declaration;
  const singular = kind.toLowerCase();
  const plural = declaration.plural ?? `${singular}s`;
  return {
    group,
    version,
    kind,
    listKind: `${kind}List`,
    plural,
    singular,
    shortNames: declaration.shortNames ?? [],
    categories: declaration.categories ?? [],
    namespaced: declaration.namespaced ?? true,
    collection: group === '' ? plural : `${plural}.${group}`,
    subresources: new Set(subresources),
    scale: subresources.includes('scale') ? SCALE_PATHS : undefined,
    mergeSchema: MERGE_SCHEMAS[kind] ?? PLAIN_SCHEMA,
    rules: declaration.rules ?? {},
    generation: declaration.generation ?? false,
    createOnUpdate: declaration.createOnUpdate ?? false,
    unconditionalUpdate: declaration.unconditionalUpdate ?? true,
    returnsDeleted: declaration.returnsDeleted ?? false,
    fieldReaders: { ...METADATA_READERS, ...declaration.fieldReaders },
  };
}

const at =
  (...path: string[]) =>
  (object: KubeObject) =>
    textAt(object, ...path);

const POD_READERS: FieldReaders = {
  'spec.nodeName': at('spec', 'nodeName'),
  'spec.restartPolicy': at('spec', 'restartPolicy'),
  'spec.schedulerName': at('spec', 'schedulerName'),
  'spec.serviceAccountName': at('spec', 'serviceAccountName'),
  'status.phase': at('status', 'phase'),
  'status.podIP': at('status', 'podIP'),
  'status.nominatedNodeName': at('status', 'nominatedNodeName'),
};

const involved = (field: string): FieldReaders => ({
  [`involvedObject.${field}`]: at('involvedObject', field),
});

const EVENT_READERS: FieldReaders = {
  ...involved('kind'),
  ...involved('namespace'),
  ...involved('name'),
  ...involved('uid'),
  ...involved('apiVersion'),
  ...involved('resourceVersion'),
  ...involved('fieldPath'),
  reason: at('reason'),
  reportingComponent: at('reportingComponent'),
  source: (object) => textAt(object, 'source', 'component') || textAt(object, 'reportingComponent'),
  type: at('type'),
};

const EVENT_DECLARATION: Declaration = {
  kind: 'Event',
  shortNames: ['ev'],
  rules: EVENT_RULES,
  createOnUpdate: true,
  fieldReaders: EVENT_READERS,
};

const workload = {
  group: 'apps',
  categories: ['all'],
  generation: true,
  subresources: ['status', 'scale'],
} as const;

/** Every kind that the server knows by itself. */
export const BUILT_IN: readonly Resource[] = [
  declare({ kind: 'ConfigMap', shortNames: ['cm'], rules: CONFIG_MAP_RULES }),
  declare({
    kind: 'Endpoints',
    plural: 'endpoints',
    shortNames: ['ep'],
    rules: ENDPOINTS_RULES,
    createOnUpdate: true,
  }),
  declare(EVENT_DECLARATION),
  declare({
    kind: 'Namespace',
    shortNames: ['ns'],
    namespaced: false,
    subresources: ['status', 'finalize'],
    rules: NAMESPACE_RULES,
    returnsDeleted: true,
    fieldReaders: { 'status.phase': at('status', 'phase'), name: at('metadata', 'name') },
  }),
  declare({
    kind: 'Node',
    shortNames: ['no'],
    namespaced: false,
    subresources: ['status'],
    rules: NODE_RULES,
    fieldReaders: {
      'spec.unschedulable': (object) =>
        String((object.spec as { unschedulable?: boolean } | undefined)?.unschedulable ?? false),
    },
  }),
  declare({
    kind: 'Pod',
    shortNames: ['po'],
    categories: ['all'],
    subresources: ['status', 'eviction', 'binding', 'log'],
    rules: POD_RULES,
    returnsDeleted: true,
    fieldReaders: POD_READERS,
  }),
  declare({ kind: 'Secret', rules: SECRET_RULES, fieldReaders: { type: at('type') } }),
  declare({
    kind: 'Service',
    shortNames: ['svc'],
    categories: ['all'],
    subresources: ['status'],
    rules: SERVICE_RULES,
  }),
  declare({ kind: 'ServiceAccount', shortNames: ['sa'], returnsDeleted: true }),
  declare({ group: 'apps', kind: 'ControllerRevision', rules: REVISION_RULES }),
  declare({ ...workload, kind: 'Deployment', shortNames: ['deploy'], rules: deploymentRules }),
  declare({
    ...workload,
    kind: 'ReplicaSet',
    shortNames: ['rs'],
    rules: replicaSetRules,
    fieldReaders: { 'status.replicas': (object) => String(numberAt(object, 'status', 'replicas') ?? 0) },
  }),
  declare({ ...workload, kind: 'StatefulSet', shortNames: ['sts'], rules: statefulSetRules }),
  declare({
    group: 'coordination.k8s.io',
    kind: 'Lease',
    rules: LEASE_RULES,
    createOnUpdate: true,
    unconditionalUpdate: false,
  }),
  {
    ...declare({ ...EVENT_DECLARATION, group: 'events.k8s.io' }),
    collection: 'events',
    conversion: EVENTS_CONVERSION,
  },
  declare({
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    namespaced: false,
    subresources: ['status'],
    rules: DEFINITION_RULES,
    generation: true,
    returnsDeleted: true,
    unconditionalUpdate: false,
  }),
];
