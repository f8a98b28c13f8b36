import type { EventClock } from '../event-clock.ts';

/** How long one run of a function lives. */
export interface Lifetime {
  readonly alive: boolean;
  remainingMs(): number;
  /** For how long anything that it does can still act, ms. */
  reachMs(): number;
  /** Stands still for so long at most, ms. Returns for how long it does. */
  freeze(mostMs: number): number;
  die(why: string): void;
  end(returned: boolean): void;
}

export interface LifetimeOptions {
  readonly clock: EventClock;
  /** When the platform kills it. */
  readonly timeoutMs: number;
  onDeath(why: string): void;
  onEnd(returned: boolean): void;
}

/**
 * No function's work reaches further than this beyond its start, however slow or frozen it is: what the product counts
 * on where it calls something old. Source: the longest timeout is 5 minutes (`serverless.yml`), and a request that was
 * sent can act as much later.
 */
const LONGEST_REACH_MS = 9.5 * 60_000;

export function createLifetime({ clock, timeoutMs, onDeath, onEnd }: LifetimeOptions): Lifetime {
  const startedAt = clock.now();
  let alive = true;
  let frozenMs = 0;

  const end = (returned: boolean) => {
    if (!alive) return;
    alive = false;
    timer.cancel();
    onEnd(returned);
  };
  const die = (why: string) => {
    if (alive) onDeath(why);
    end(false);
  };
  const kill = () => die('is killed at its timeout');
  let timer = clock.after(timeoutMs, kill);

  const remainingMs = () => Math.max(0, startedAt + timeoutMs + frozenMs - clock.now());
  const reachMs = () => Math.max(0, startedAt + LONGEST_REACH_MS - clock.now());

  return {
    get alive() {
      return alive;
    },
    remainingMs,
    reachMs,
    // Neither the platform nor the process notices: its monotonic clock stands still with it.
    freeze(mostMs) {
      const ms = Math.max(0, Math.min(mostMs, reachMs() - remainingMs()));
      frozenMs += ms;
      timer.cancel();
      timer = clock.after(remainingMs(), kill);
      return ms;
    },
    die,
    end,
  };
}
