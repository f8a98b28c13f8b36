import type { Clock } from '../kernel/clock.ts';
import type { KubernetesClient, ListAnswer } from '../kubernetes/client/client.ts';
import type { Pod } from '../kubernetes/client/objects.ts';
import { paths } from '../kubernetes/client/paths.ts';
import type { PodInterfaces } from './interfaces.ts';

export interface OrphanSweep {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly interfaces: PodInterfaces;
  readonly closing: AbortSignal;
  readonly log: (line: string) => void;
}

const PAGE = 500;
const RETRY_MS = 1_000;

/** Releases the interfaces whose pods went while no node was there to see it. Tries until it has succeeded. */
export async function releaseOrphans({
  client,
  clock,
  interfaces,
  closing,
  log,
}: OrphanSweep): Promise<void> {
  const insist = async <T>(step: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await step();
      } catch (error) {
        closing.throwIfAborted();
        log(`interfaces without pods: ${(error as Error).message}`);
        await clock.sleep(RETRY_MS, closing);
      }
    }
  };
  // The pods come last: an interface that is held now, by a pod that is not there afterwards, is held by none.
  const holders = await insist(() => interfaces.holders());
  const alive = await insist(() => uidsOfPods(client));
  const orphans = holders.filter((uid) => !alive.has(uid));
  await Promise.all(orphans.map((uid) => insist(() => interfaces.release(uid, undefined, closing))));
}

async function uidsOfPods(client: KubernetesClient): Promise<ReadonlySet<string>> {
  const uids = new Set<string>();
  let next: string | undefined;
  do {
    const query = { limit: PAGE, ...(next ? { continue: next } : {}) };
    const page: ListAnswer<Pod> = await client.get(paths.pods(), query);
    for (const { metadata } of page.items) uids.add(metadata.uid ?? '');
    next = page.metadata.continue;
  } while (next);
  return uids;
}
