import { createKubernetesClient } from './kubernetes/client/client.ts';
import { paths } from './kubernetes/client/paths.ts';

const MOST_LOOKS = 30;
const LOOK_AGAIN_MS = 500;

/**
 * A pod of those that run every cluster; nobody schedules it, so that it costs no address. None but a cluster for tests
 * shows no pod at all, and who watches over pods may well doubt one that does.
 */
export async function addSystemPod(kubeconfig: string): Promise<void> {
  const client = await createKubernetesClient(kubeconfig);
  const create = () =>
    client.create(paths.pods('kube-system'), {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'coredns' },
      spec: { schedulerName: 'nobody', containers: [{ name: 'main', image: 'coredns' }] },
    });
  try {
    // A control plane that has only just come up makes its namespaces a moment later.
    for (let look = 1; ; look++) {
      try {
        await create();
        return;
      } catch (error) {
        if (look >= MOST_LOOKS) throw error;
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      }
    }
  } finally {
    client.close();
  }
}
