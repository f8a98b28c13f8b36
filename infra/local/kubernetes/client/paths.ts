/** Where each kind lives in the API. `namespace` left out means all of them. */
const namespaced =
  (root: string, resource: string) => (namespace?: string, name?: string, subresource?: string) =>
    [
      root,
      ...(namespace === undefined ? [] : ['namespaces', namespace]),
      resource,
      ...(name === undefined ? [] : [name]),
      ...(subresource === undefined ? [] : [subresource]),
    ].join('/');

const cluster = (root: string, resource: string) => (name?: string, subresource?: string) =>
  [
    root,
    resource,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : [subresource]),
  ].join('/');

export const paths = {
  pods: namespaced('/api/v1', 'pods'),
  events: namespaced('/api/v1', 'events'),
  schedulerEvents: namespaced('/apis/events.k8s.io/v1', 'events'),
  nodes: cluster('/api/v1', 'nodes'),
  namespaces: cluster('/api/v1', 'namespaces'),
  leases: namespaced('/apis/coordination.k8s.io/v1', 'leases'),
  statefulSets: namespaced('/apis/apps/v1', 'statefulsets'),
  deployments: namespaced('/apis/apps/v1', 'deployments'),
  replicaSets: namespaced('/apis/apps/v1', 'replicasets'),
  controllerRevisions: namespaced('/apis/apps/v1', 'controllerrevisions'),
};
