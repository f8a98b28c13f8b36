import { setTimeout as realTime } from 'node:timers/promises';
import { createClock } from '../../infra/local/kernel/clock.ts';
import { createContext } from '../../infra/local/kernel/context.ts';
import { startKubernetesApi } from '../../infra/local/kubernetes/api/server.ts';
import {
  createKubernetesClient,
  isStatus,
  type ListAnswer,
} from '../../infra/local/kubernetes/client/client.ts';
import { conditionOf, type Event, type Pod } from '../../infra/local/kubernetes/client/objects.ts';
import { paths } from '../../infra/local/kubernetes/client/paths.ts';

const PATIENCE_MS = 25_000;

/** An emulated API whose clock stands still unless a test waits for something, and a client of it. */
export async function openCluster({ seed = 1 } = {}) {
  const clock = createClock({ rate: 0, start: Date.parse('2026-08-21T08:15:30Z') });
  const lines: string[] = [];
  const context = createContext({ clock, seed, log: (line) => lines.push(line) });
  const api = await startKubernetesApi(context);
  const client = await createKubernetesClient(api.kubeconfig());
  const closers: (() => unknown)[] = [() => client.close(), () => api.close(), () => clock.close()];

  const pod = async (name: string): Promise<Pod | undefined> => {
    try {
      return await client.get<Pod>(paths.pods('default', name));
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  };
  return {
    context,
    clock,
    api,
    client,
    lines,
    pod,
    /** Closed before what was opened earlier. */
    closing<T extends { close(): unknown }>(part: T): T {
      closers.unshift(() => part.close());
      return part;
    },
    /** Lets time pass, `stepMs` at a time, until `look` answers something. */
    async until<T>(
      what: string,
      look: () => Promise<T | undefined | false> | T | undefined | false,
      stepMs = 50,
    ): Promise<T> {
      const deadline = performance.now() + PATIENCE_MS;
      for (;;) {
        const seen = await look();
        if (seen) return seen;
        if (performance.now() > deadline)
          throw new Error(`never came: ${what}\n${lines.slice(-20).join('\n')}`);
        await clock.advance(stepMs);
        await realTime(1);
      }
    },
    /** Lets `ms` of cloud time pass in small steps, so that everybody can act in between. */
    async passes(ms: number, stepMs = 50) {
      for (let passed = 0; passed < ms; passed += stepMs) {
        await clock.advance(stepMs);
        await realTime(1);
      }
    },
    async pods(): Promise<readonly Pod[]> {
      return (await client.get<ListAnswer<Pod>>(paths.pods('default'))).items;
    },
    async events(reason?: string): Promise<readonly Event[]> {
      const { items } = await client.get<ListAnswer<Event>>(paths.events('default'));
      return items
        .filter((event) => reason === undefined || event.reason === reason)
        .sort(
          (left, right) => Number(left.metadata.resourceVersion) - Number(right.metadata.resourceVersion),
        );
    },
    async close() {
      for (const close of closers) await close();
    },
  };
}

export type ClusterRig = Awaited<ReturnType<typeof openCluster>>;

export const isReady = (pod: Pod | undefined): boolean =>
  conditionOf(pod?.status?.conditions, 'Ready')?.status === 'True';

export const podManifest = (
  name: string,
  spec: Partial<Pod['spec']> = {},
  metadata: Partial<Pod['metadata']> = {},
) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', ...metadata },
  spec: { containers: [{ name: 'nginx', image: 'nginx:1.27' }], ...spec },
});
