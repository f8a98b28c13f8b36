import type { Clock } from '../kernel/clock.ts';
import type { Guardian } from './guardian.ts';
import type { Instance } from './instance.ts';

/** What the pool must know of a function to serve it. */
export interface Deployment {
  /** Names the function. */
  readonly key: string;
  /** Changes whenever instances of before must not serve any more. */
  readonly revision: string;
  /** How many instances it may have at most. */
  readonly limit: number;
  /** How many requests an instance takes at a time. */
  readonly concurrency: number;
  start(): Instance;
}

/** An instance with a place in it taken. */
export interface Lease {
  readonly instance: Instance;
  /** Whether the instance was started for this lease. */
  readonly cold: boolean;
  /** Gives the place back. */
  release(): void;
}

export interface Seat {
  readonly key: string;
  readonly instance: Instance;
  readonly busy: number;
}

/** The instances of all functions. */
export interface Pool {
  /** A place in an instance, warm if there is one; undefined where the limits leave none. */
  take(deployment: Deployment): Lease | undefined;
  /** The same, in turn when there is a place again. */
  wait(deployment: () => Deployment | undefined): Promise<Lease | undefined>;
  seats(): readonly Seat[];
  /** Ends the idle instances of `key`, and the busy ones as soon as they are done. */
  retire(key: string): void;
  close(): Promise<void>;
}

interface Entry {
  readonly key: string;
  readonly revision: string;
  readonly instance: Instance;
  busy: number;
  idleSince: number;
  retired: boolean;
}

export interface PoolOptions {
  readonly clock: Clock;
  /** How long an idle instance is kept, in cloud time. */
  readonly keepWarmMs: number;
  /** How many there may be of all functions together. */
  readonly maxInstances: number;
  readonly guardian: Pick<Guardian, 'watch' | 'unwatch'>;
}

interface Waiter {
  readonly deployment: () => Deployment | undefined;
  readonly give: (lease: Lease | undefined) => void;
}

export function createPool({ clock, keepWarmMs, maxInstances, guardian }: PoolOptions): Pool {
  /** The most recently used last: the others get the chance to go cold. */
  let entries: Entry[] = [];
  let waiters: Waiter[] = [];
  /** Also those that were told to end and have not yet. */
  const living = new Set<Instance>();
  let closed = false;

  const remove = (entry: Entry) => {
    const index = entries.indexOf(entry);
    if (index >= 0) entries.splice(index, 1);
  };

  const end = (entry: Entry) => {
    remove(entry);
    entry.instance.kill();
  };

  const watchIdleness = (entry: Entry, afterMs: number) => {
    clock.after(afterMs, () => {
      if (!entries.includes(entry)) return;
      const left = entry.busy > 0 ? keepWarmMs : entry.idleSince + keepWarmMs - clock.now();
      if (left > 0) watchIdleness(entry, left);
      else end(entry);
    });
  };

  const lease = (entry: Entry, cold: boolean): Lease => {
    entry.busy++;
    return {
      instance: entry.instance,
      cold,
      release() {
        entry.busy--;
        entry.idleSince = clock.now();
        if (entry.busy === 0 && (entry.retired || !entry.instance.alive())) end(entry);
        serveWaiters();
      },
    };
  };

  const warm = ({ key, revision, concurrency }: Deployment): Entry | undefined => {
    for (let index = entries.length - 1; index >= 0; index--) {
      const entry = entries[index] as Entry;
      if (entry.key !== key || entry.retired || entry.busy >= concurrency || !entry.instance.alive())
        continue;
      if (entry.revision === revision) {
        if (index < entries.length - 1) {
          entries.splice(index, 1);
          entries.push(entry);
        }
        return entry;
      }
      if (entry.busy === 0) end(entry);
    }
    return undefined;
  };

  /** Whether one more may start; an idle instance of another function makes room when the account is at its limit. */
  const hasRoom = ({ key, revision, limit }: Deployment): boolean => {
    const alive = entries.filter((entry) => entry.instance.alive());
    const own = alive.filter((entry) => entry.key === key && entry.revision === revision && !entry.retired);
    if (own.length >= limit) return false;
    if (alive.length < maxInstances) return true;
    const idle = entries.find((entry) => entry.busy === 0);
    if (idle) end(idle);
    return idle !== undefined;
  };

  const start = (deployment: Deployment): Entry => {
    const { key, revision } = deployment;
    const instance = deployment.start();
    const entry: Entry = { key, revision, instance, busy: 0, idleSince: clock.now(), retired: false };
    entries.push(entry);
    living.add(instance);
    guardian.watch(instance.pid);
    watchIdleness(entry, keepWarmMs);
    instance.gone.then(() => {
      living.delete(instance);
      guardian.unwatch(instance.pid);
      remove(entry);
      serveWaiters();
    });
    return entry;
  };

  const take = (deployment: Deployment): Lease | undefined => {
    if (closed) return undefined;
    const entry = warm(deployment);
    if (entry) return lease(entry, false);
    return hasRoom(deployment) ? lease(start(deployment), true) : undefined;
  };

  const serveWaiters = () => {
    if (waiters.length === 0) return;
    const still: Waiter[] = [];
    // Once a function has no place, those behind it that want the same need not be asked.
    const full = new Set<string>();
    for (const waiter of waiters) {
      const deployment = waiter.deployment();
      const given = deployment && !full.has(deployment.key) ? take(deployment) : undefined;
      if (deployment && !given) {
        full.add(deployment.key);
        still.push(waiter);
      } else {
        waiter.give(given);
      }
    }
    waiters = still;
  };

  return {
    take,
    wait(deployment) {
      return new Promise((resolve) => {
        if (closed) return resolve(undefined);
        waiters.push({ deployment, give: resolve });
        serveWaiters();
      });
    },
    seats: () => entries,
    retire(key) {
      for (const entry of entries.filter((candidate) => candidate.key === key)) {
        entry.retired = true;
        if (entry.busy === 0) end(entry);
      }
      serveWaiters();
    },
    async close() {
      closed = true;
      entries = [];
      for (const waiter of waiters) waiter.give(undefined);
      waiters = [];
      for (const instance of living) instance.kill();
      await Promise.all([...living].map(({ gone }) => gone));
    },
  };
}
