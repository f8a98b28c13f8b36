/**
 * Counts what is under way. What waits for the cloud's time to pass is not: with the clock standing still it would
 * never be over.
 */
export interface Activity {
  begin(): void;
  end(): void;
  /** Counts a piece of work until it is over. */
  during<T>(work: Promise<T>): Promise<T>;
  /** Resolves once nothing is under way, and has not been for a few turns of the event loop. */
  idle(): Promise<void>;
}

/** A message that was sent needs some turns until the one who polls for it holds it. */
const QUIET_TURNS = 5;

export function createActivity(): Activity {
  let running = 0;
  let waiting: (() => void)[] = [];
  const quiet = () => (running === 0 ? undefined : new Promise<void>((resolve) => waiting.push(resolve)));
  const begin = () => {
    running++;
  };
  const end = () => {
    running--;
    if (running > 0) return;
    for (const wake of waiting) wake();
    waiting = [];
  };
  return {
    begin,
    end,
    during(work) {
      begin();
      return work.finally(end);
    },
    async idle() {
      for (let turn = 0; turn < QUIET_TURNS; turn++) {
        const busy = quiet();
        if (busy) {
          await busy;
          turn = -1;
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

/** Waits for cloud time: what would be counted as under way is not for as long. */
export async function waitAside<T>(activity: Activity, wait: Promise<T>): Promise<T> {
  activity.end();
  try {
    return await wait;
  } finally {
    activity.begin();
  }
}
