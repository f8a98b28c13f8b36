import type { Timer } from '../../kernel/clock.ts';
import type { Api } from './api.ts';

const COLLECTION = 'events';

/** Removes Event objects when their time is over; a write starts the time anew. Returns the way to stop. */
export function expireEvents(api: Api, ttlMs: number): () => void {
  const { clock } = api.context;
  /** In the order of expiry, since every event lives equally long. */
  let queue: { due: number; namespace: string | undefined; name: string; revision: number }[] = [];
  let timer: Timer | undefined;

  const arm = () => {
    const next = queue[0];
    if (!timer && next) timer = clock.after(next.due - clock.now(), expire);
  };
  const expire = () => {
    timer = undefined;
    const now = clock.now();
    const alive = queue.findIndex((entry) => entry.due > now);
    const due = alive < 0 ? queue : queue.slice(0, alive);
    queue = alive < 0 ? [] : queue.slice(alive);
    for (const { namespace, name, revision } of due) {
      if (api.store.get(COLLECTION, namespace, name)?.revision === revision) {
        api.store.remove(COLLECTION, namespace, name);
      }
    }
    arm();
  };
  const unsubscribe = api.store.subscribe(COLLECTION, ({ type, current }) => {
    if (type === 'DELETED') return;
    const { namespace, name } = current.object.metadata;
    queue.push({ due: clock.now() + ttlMs, namespace, name, revision: current.revision });
    arm();
  });
  return () => {
    unsubscribe();
    timer?.cancel();
  };
}
