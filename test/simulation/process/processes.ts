import type { Random } from '../../../infra/local/kernel/random.ts';
import type { EventClock } from '../event-clock.ts';
import type { Faults } from '../faults.ts';
import type { Trace } from '../trace.ts';
import { createCalls } from './calls.ts';
import { createLifetime } from './lifetime.ts';
import type { Process } from './process.ts';

export interface Processes {
  /** Runs a function to its end. `timeoutMs`: when the platform kills it. `onEnd`: `returned` false where it died or threw. */
  start(
    name: string,
    timeoutMs: number,
    body: (process: Process) => Promise<unknown>,
    onEnd: (returned: boolean) => void,
  ): void;
  /** Calls that were made so far. */
  readonly steps: number;
  readonly running: number;
  /** Somebody was woken since this was asked the last time. */
  takeWoken(): boolean;
}

export interface ProcessOptions {
  /** A call is begun with less time left than it may take. */
  onLate(what: string): void;
  readonly clock: EventClock;
  readonly faults: Faults;
  readonly random: Random;
  readonly trace: Trace;
}

export function createProcesses(options: ProcessOptions): Processes {
  const { clock, trace } = options;
  let count = 0;
  let steps = 0;
  let running = 0;
  let woken = false;
  const onWake = () => {
    woken = true;
  };

  const start: Processes['start'] = (name, timeoutMs, body, onEnd) => {
    const number = ++count;
    const caller = `${name}#${number}`;
    let wrongByMs = 0;
    running++;
    const lifetime = createLifetime({
      clock,
      timeoutMs,
      onDeath: (why) => trace.add(`${caller} ${why}`),
      onEnd(returned) {
        running--;
        onEnd(returned);
      },
    });
    const process: Process = {
      number,
      name,
      startedAt: clock.now(),
      get alive() {
        return lifetime.alive;
      },
      now: () => clock.now() + wrongByMs,
      remainingMs: lifetime.remainingMs,
      call: createCalls({
        ...options,
        caller,
        lifetime,
        setClock(ms) {
          wrongByMs = ms;
        },
        onCall() {
          steps++;
        },
        onWake,
      }),
    };
    onWake();
    body(process).then(
      () => lifetime.end(true),
      (error) => lifetime.die(`throws: ${(error as Error).message}`),
    );
  };

  return {
    start,
    get steps() {
      return steps;
    },
    get running() {
      return running;
    },
    takeWoken() {
      const was = woken;
      woken = false;
      return was;
    },
  };
}
