import { stringify } from 'yaml';

/** A kubeconfig with one cluster, one user (a bearer token) and one context, as YAML. */
export function kubeconfigOf(server: string, token: string, name: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
    'current-context': name,
  });
}
