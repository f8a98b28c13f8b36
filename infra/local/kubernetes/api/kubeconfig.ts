import { stringify } from 'yaml';

/**
 * A kubeconfig with one cluster, one user (a bearer token) and one context, as YAML. It skips verification because
 * @kubernetes/client-node speaks plain HTTP to no cluster that does not say so.
 */
export function kubeconfigOf(server: string, token: string, name: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
    'current-context': name,
  });
}
