import { writeTimes } from './conditions.ts';
import {
  ensureFields,
  equal,
  fieldsAt,
  isFields,
  type KubeObject,
  listAt,
  numberAt,
  recordsAt,
  setDefault,
  textAt,
} from './objects.ts';
import type { Rules } from './resources.ts';
import { type Cause, cause } from './status.ts';

/** Go leaves empty maps out. */
function dropEmpty(object: KubeObject, ...names: string[]): void {
  for (const name of names) {
    if (isFields(object[name]) && Object.keys(object[name]).length === 0) delete object[name];
  }
}

export const CONFIG_MAP_RULES: Rules = {
  defaults: (map) => dropEmpty(map, 'data', 'binaryData'),
};

export const NAMESPACE_RULES: Rules = {
  defaults(namespace) {
    setDefault(ensureFields(namespace, 'status'), 'phase', 'Active');
  },
  beforeCreate(namespace) {
    const spec = ensureFields(namespace, 'spec');
    const finalizers = listAt(spec, 'finalizers');
    spec.finalizers = finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'];
    namespace.status = { phase: 'Active' };
  },
  beforeUpdate(next, current) {
    ensureFields(next, 'spec').finalizers = listAt(current, 'spec', 'finalizers');
  },
};

export const NODE_RULES: Rules = {
  defaults(node) {
    ensureFields(node, 'spec');
    const status = ensureFields(node, 'status');
    if (isFields(status.capacity)) setDefault(status, 'allocatable', { ...status.capacity });
    setDefault(ensureFields(ensureFields(status, 'daemonEndpoints'), 'kubeletEndpoint'), 'Port', 0);
    const info = ensureFields(status, 'nodeInfo');
    for (const name of NODE_INFO) setDefault(info, name, '');
    writeTimes(node, 'lastHeartbeatTime', 'lastTransitionTime');
  },
  beforeCreate(node) {
    // A node must prove that it is ready before it gets pods. Source: TaintNodesByCondition admission plugin.
    const spec = ensureFields(node, 'spec');
    const taints = recordsAt(spec, 'taints');
    if (!taints.some((taint) => taint.key === NOT_READY && taint.effect === 'NoSchedule')) {
      spec.taints = [...taints, { key: NOT_READY, effect: 'NoSchedule' }];
    }
  },
};

const NOT_READY = 'node.kubernetes.io/not-ready';
const NODE_INFO = [
  'machineID',
  'systemUUID',
  'bootID',
  'kernelVersion',
  'osImage',
  'containerRuntimeVersion',
  'kubeletVersion',
  'kubeProxyVersion',
  'operatingSystem',
  'architecture',
];

export const SECRET_RULES: Rules = {
  defaults(secret) {
    setDefault(secret, 'type', 'Opaque');
    dropEmpty(secret, 'data');
    if (!isFields(secret.stringData)) return;
    const data = ensureFields(secret, 'data');
    for (const [name, value] of Object.entries(secret.stringData)) {
      data[name] = Buffer.from(String(value)).toString('base64');
    }
    delete secret.stringData;
  },
  validateUpdate(next, current) {
    if (next.type === current.type) return [];
    return [cause.invalid('type', next.type, 'field is immutable')];
  },
};

export const SERVICE_RULES: Rules = {
  defaults(service) {
    const spec = ensureFields(service, 'spec');
    for (const port of recordsAt(spec, 'ports')) {
      setDefault(port, 'protocol', 'TCP');
      setDefault(port, 'targetPort', port.port);
    }
    setDefault(spec, 'type', 'ClusterIP');
    setDefault(spec, 'sessionAffinity', 'None');
    if (textAt(spec, 'clusterIP') !== '') setDefault(spec, 'clusterIPs', [spec.clusterIP]);
    setDefault(ensureFields(service, 'status'), 'loadBalancer', {});
  },
  beforeCreate(service) {
    service.status = { loadBalancer: {} };
  },
  beforeUpdate(next, current) {
    const [spec, before] = [ensureFields(next, 'spec'), fieldsAt(current, 'spec')];
    for (const name of ['clusterIP', 'clusterIPs'])
      if (before[name] !== undefined) setDefault(spec, name, before[name]);
  },
  validate(service) {
    const spec = fieldsAt(service, 'spec');
    if (listAt(spec, 'ports').length > 0 || spec.type === 'ExternalName' || spec.clusterIP === 'None')
      return [];
    return [cause.required('spec.ports')];
  },
};

export const ENDPOINTS_RULES: Rules = {
  defaults(endpoints) {
    for (const subset of recordsAt(endpoints, 'subsets')) {
      for (const port of recordsAt(subset, 'ports')) setDefault(port, 'protocol', 'TCP');
    }
  },
};

export const REVISION_RULES: Rules = {
  validate(revision) {
    return revision.data === undefined ? [cause.required('data', 'data is mandatory')] : [];
  },
  validateUpdate(next, current) {
    return equal(next.data, current.data) ? [] : [cause.invalid('data', next.data, 'field is immutable')];
  },
};

export const LEASE_RULES: Rules = {
  validate(lease) {
    const causes: Cause[] = [];
    const spec = fieldsAt(lease, 'spec');
    const duration = numberAt(spec, 'leaseDurationSeconds');
    if (duration !== undefined && duration <= 0) {
      causes.push(cause.invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
    }
    const transitions = numberAt(spec, 'leaseTransitions');
    if (transitions !== undefined && transitions < 0) {
      causes.push(cause.invalid('spec.leaseTransitions', transitions, 'must to be greater or equal than 0'));
    }
    return causes;
  },
};
