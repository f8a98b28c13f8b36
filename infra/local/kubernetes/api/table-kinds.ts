import { type Fields, fieldsAt, type KubeObject, listAt, numberAt, recordsAt, textAt } from './objects.ts';
import { type Column, NAME_COLUMN, shortAge } from './table-column.ts';
import { podIp, podSummary, readinessGates } from './table-pods.ts';
import { selectorText } from './workloads.ts';

type Cell = Column['cell'];

const column = (name: string, type: string, cell: Cell, priority = 0): Column => ({
  name,
  type,
  cell,
  priority,
  description: `${name} of the object.`,
});
const text = (name: string, cell: Cell, priority = 0) => column(name, 'string', cell, priority);
const count = (name: string, ...path: string[]) =>
  column(name, 'integer', (object) => numberAt(object, ...path) ?? 0);
const none = (value: string) => (value === '' ? '<none>' : value);

const age = text('Age', (object, nowMs) => shortAge(object.metadata.creationTimestamp, nowMs));

const templateContainers = (object: KubeObject) =>
  recordsAt(object, 'spec', 'template', 'spec', 'containers');
const containers = text(
  'Containers',
  (object) =>
    templateContainers(object)
      .map((item) => item.name)
      .join(','),
  1,
);
const images = text(
  'Images',
  (object) =>
    templateContainers(object)
      .map((item) => item.image)
      .join(','),
  1,
);
const selector = text('Selector', (object) => none(selectorText(fieldsAt(object, 'spec', 'selector'))), 1);
const readyOfWished = (object: KubeObject) =>
  `${numberAt(object, 'status', 'readyReplicas') ?? 0}/${numberAt(object, 'spec', 'replicas') ?? 0}`;

const pods: readonly Column[] = [
  NAME_COLUMN,
  text('Ready', (pod) => podSummary(pod).ready),
  text('Status', (pod) => podSummary(pod).status),
  column('Restarts', 'integer', (pod) => podSummary(pod).restarts),
  age,
  text('IP', podIp, 1),
  text('Node', (pod) => none(textAt(pod, 'spec', 'nodeName')), 1),
  text('Nominated Node', (pod) => none(textAt(pod, 'status', 'nominatedNodeName')), 1),
  text('Readiness Gates', readinessGates, 1),
];

const statefulSets: readonly Column[] = [NAME_COLUMN, text('Ready', readyOfWished), age, containers, images];

const deployments: readonly Column[] = [
  NAME_COLUMN,
  text('Ready', readyOfWished),
  column('Up-to-date', 'string', (object) => numberAt(object, 'status', 'updatedReplicas') ?? 0),
  column('Available', 'string', (object) => numberAt(object, 'status', 'availableReplicas') ?? 0),
  age,
  containers,
  images,
  selector,
];

const replicaSets: readonly Column[] = [
  NAME_COLUMN,
  count('Desired', 'spec', 'replicas'),
  count('Current', 'status', 'replicas'),
  count('Ready', 'status', 'readyReplicas'),
  age,
  containers,
  images,
  selector,
];

const addressOf = (node: KubeObject, type: string) =>
  textAt(
    recordsAt(node, 'status', 'addresses').find((address) => address.type === type),
    'address',
  );
const nodeInfo = (name: string, field: string) =>
  text(name, (node) => textAt(node, 'status', 'nodeInfo', field) || '<unknown>', 1);

const nodes: readonly Column[] = [
  NAME_COLUMN,
  text('Status', nodeStatus),
  text('Roles', nodeRoles),
  age,
  text('Version', (node) => textAt(node, 'status', 'nodeInfo', 'kubeletVersion')),
  text('Internal-IP', (node) => none(addressOf(node, 'InternalIP')), 1),
  text('External-IP', (node) => none(addressOf(node, 'ExternalIP')), 1),
  nodeInfo('OS-Image', 'osImage'),
  nodeInfo('Kernel-Version', 'kernelVersion'),
  nodeInfo('Container-Runtime', 'containerRuntimeVersion'),
];

function nodeStatus(node: KubeObject): string {
  const ready = recordsAt(node, 'status', 'conditions').find((condition) => condition.type === 'Ready');
  const states = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (fieldsAt(node, 'spec').unschedulable === true) states.push('SchedulingDisabled');
  return states.join(',');
}

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function nodeRoles(node: KubeObject): string {
  const labels = Object.entries(node.metadata.labels ?? {});
  const roles = labels.flatMap(([name, value]) => {
    if (name.startsWith(ROLE_PREFIX) && name.length > ROLE_PREFIX.length)
      return [name.slice(ROLE_PREFIX.length)];
    return name === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return none(roles.sort().join(','));
}

/** An event without the older timestamps is as old as its `eventTime`. */
const firstSeen = (event: KubeObject) => event.firstTimestamp ?? event.eventTime;
const series = (event: KubeObject) => fieldsAt(event, 'series');
const lastSeen = (event: KubeObject) =>
  series(event).lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp;

function involved(event: KubeObject): string {
  const object = fieldsAt(event, 'involvedObject');
  const kind = textAt(object, 'kind').toLowerCase();
  const name = textAt(object, 'name');
  return kind === '' ? name : `${kind}/${name}`;
}

function sourceOf(event: KubeObject): string {
  const source: Fields = fieldsAt(event, 'source');
  const component = textAt(source, 'component') || textAt(event, 'reportingComponent');
  const host = textAt(source, 'host') || textAt(event, 'reportingInstance');
  return host === '' || host === component ? component : `${component}, ${host}`;
}

const events: readonly Column[] = [
  text('Last Seen', (event, nowMs) => shortAge(lastSeen(event), nowMs)),
  text('Type', (event) => textAt(event, 'type')),
  text('Reason', (event) => textAt(event, 'reason')),
  text('Object', involved),
  text('Subobject', (event) => textAt(event, 'involvedObject', 'fieldPath'), 1),
  text('Source', sourceOf, 1),
  text('Message', (event) => textAt(event, 'message').trim()),
  text('First Seen', (event, nowMs) => shortAge(firstSeen(event), nowMs), 1),
  column('Count', 'string', (event) => numberAt(series(event), 'count') ?? numberAt(event, 'count') ?? 1, 1),
  { ...NAME_COLUMN, priority: 1 },
];

const data = column(
  'Data',
  'string',
  (object) =>
    Object.keys(fieldsAt(object, 'data')).length + Object.keys(fieldsAt(object, 'binaryData')).length,
);

const services: readonly Column[] = [
  NAME_COLUMN,
  text('Type', (service) => textAt(service, 'spec', 'type')),
  text('Cluster-IP', (service) => none(textAt(service, 'spec', 'clusterIP'))),
  text('External-IP', (service) => none(listAt(service, 'spec', 'externalIPs').join(','))),
  text('Port(s)', (service) =>
    none(
      recordsAt(service, 'spec', 'ports')
        .map((port) => `${port.port}/${port.protocol}`)
        .join(','),
    ),
  ),
  age,
  text(
    'Selector',
    (service) => none(selectorText({ matchLabels: fieldsAt(service, 'spec', 'selector') })),
    1,
  ),
];

/** By kind, what `kubectl get` shows; kinds that are not here show name and age. */
export const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  Pod: pods,
  StatefulSet: statefulSets,
  Deployment: deployments,
  ReplicaSet: replicaSets,
  Node: nodes,
  Event: events,
  Namespace: [NAME_COLUMN, text('Status', (namespace) => textAt(namespace, 'status', 'phase')), age],
  ConfigMap: [NAME_COLUMN, data, age],
  Secret: [NAME_COLUMN, text('Type', (secret) => textAt(secret, 'type')), data, age],
  Service: services,
  ServiceAccount: [
    NAME_COLUMN,
    column('Secrets', 'string', (account) => listAt(account, 'secrets').length),
    age,
  ],
  Lease: [NAME_COLUMN, text('Holder', (lease) => textAt(lease, 'spec', 'holderIdentity')), age],
  ControllerRevision: [
    NAME_COLUMN,
    text('Controller', (revision) => {
      const owner = revision.metadata.ownerReferences?.find((reference) => reference.controller === true);
      if (!owner) return '<none>';
      const [group] = owner.apiVersion.includes('/') ? owner.apiVersion.split('/') : [''];
      return `${owner.kind.toLowerCase()}${group ? `.${group}` : ''}/${owner.name}`;
    }),
    column('Revision', 'string', (revision) => numberAt(revision, 'revision') ?? 0),
    age,
  ],
  CustomResourceDefinition: [
    NAME_COLUMN,
    column('Created At', 'date', (definition) => definition.metadata.creationTimestamp),
  ],
};
