import type { Random } from '../../infra/local/kernel/random.ts';
import { failure } from '../../shared/adapters/failure.ts';
import type { EventClock } from './event-clock.ts';
import type { CallFault, Faults } from './faults.ts';
import type { Trace } from './trace.ts';

/** A service that functions call, as the trace names it. */
export type Service = 'store' | 'cloud' | 'cluster' | 'queue';

/** One run of a function: alive until it has returned, was killed, or is out of time. */
export interface Process {
  readonly number: number;
  readonly name: string;
  readonly startedAt: number;
  readonly alive: boolean;
  /** The clock on the wall of this process: the world's, and what it is wrong by. */
  now(): number;
  remainingMs(): number;
  /** A call of a service: `act` has its effect in one instant; before and after it, anything may happen. */
  call<T>(service: Service, name: string, act: () => T | Promise<T>): Promise<T>;
}

export interface Processes {
  /** Runs a function to its end. `timeoutMs`: when the platform kills it. `onEnd`: `returned` false where it died or threw. */
  start(name: string, timeoutMs: number, body: (process: Process) => Promise<unknown>, onEnd: (returned: boolean) => void): void;
  /** Calls that were made so far. */
  readonly steps: number;
  readonly running: number;
  /** Somebody was woken since this was asked the last time. */
  takeWoken(): boolean;
}

/**
 * No function's work reaches further than this beyond its start, however slow or frozen it is: what the product counts
 * on where it calls something old. Source: the longest timeout is 5 minutes (`serverless.yml`), and a request that was
 * sent can act as much later.
 */
const LONGEST_REACH_MS = 9.5 * 60_000;

interface Span {
  readonly min: number;
  readonly max: number;
}
const QUICK: Span = { min: 1, max: 30 };
const SLOW: Span = { min: 500, max: 9_000 };
const MINUTES: Span = { min: 20_000, max: 8 * 60_000 };

export interface ProcessOptions {
  readonly clock: EventClock;
  readonly faults: Faults;
  readonly random: Random;
  readonly trace: Trace;
}

export function createProcesses({ clock, faults, random, trace }: ProcessOptions): Processes {
  let count = 0;
  let steps = 0;
  let running = 0;
  let woken = false;
  const draw = ({ min, max }: Span) => min + random.next() * (max - min);

  const start: Processes['start'] = (name, timeoutMs, body, onEnd) => {
    const startedAt = clock.now();
    const number = ++count;
    let alive = true;
    let frozenMs = 0;
    running++;

    const end = (returned: boolean) => {
      if (!alive) return;
      alive = false;
      running--;
      timer.cancel();
      onEnd(returned);
    };
    const die = (why: string) => {
      if (alive) trace.add(`${name}#${number} ${why}`);
      end(false);
    };
    const kill = () => die('is killed at its timeout');
    let timer = clock.after(timeoutMs, kill);

    const remainingMs = () => Math.max(0, startedAt + timeoutMs + frozenMs - clock.now());
    const reach = () => Math.max(0, startedAt + LONGEST_REACH_MS - clock.now());
    /** Neither the platform nor the process notices: its monotonic clock stands still with it. */
    const freeze = (): number => {
      const ms = Math.max(0, Math.min(draw(MINUTES), reach() - remainingMs()));
      frozenMs += ms;
      timer.cancel();
      timer = clock.after(remainingMs(), kill);
      return ms;
    };
    const process: Process = {
      number,
      name,
      startedAt,
      get alive() {
        return alive;
      },
      now: clock.now,
      remainingMs,
      call: (service, what, act) =>
        new Promise((resolve, reject) => {
          if (!alive) return;
          steps++;
          const fault = faults.atCall();
          if (fault && fault !== 'slow') trace.add(`${name}#${number} ${fault}: ${what}`);
          if (fault === 'death before') return die('dies');

          const answerWith = (settle: () => void) =>
            clock.after(draw(fault === 'slow' ? SLOW : QUICK), () => {
              if (!alive) return;
              woken = true;
              settle();
            });
          // What was sent acts, whatever has become of its sender.
          const perform = () => {
            const refusal = refusalOf(service, what, fault);
            if (refusal) return answerWith(() => reject(refusal));
            const asksAgain = fault === 'lost answer' && service === 'store' && random.next() < 0.5;
            attempt(what, act, (outcome) => {
              if (fault === 'death after') die('dies');
              // The store's adapter asks again by itself: what is conditional then meets its own first effect.
              else if (asksAgain) attempt(what, act, (second) => answerWith(() => settle(second, resolve, reject)));
              else if (fault === 'lost answer') answerWith(() => reject(lost(service, what)));
              else answerWith(() => settle(outcome, resolve, reject));
            });
          };

          if (fault === 'late call') {
            clock.after(Math.min(draw(MINUTES), reach()), perform);
            return die('dies');
          }
          clock.after(fault === 'freeze' ? freeze() : draw(fault === 'slow' ? SLOW : QUICK), perform);
        }),
    };

    /** Acts, and goes on in the same instant where the service has answered in it. */
    const attempt = <T>(what: string, act: () => T | Promise<T>, then: (outcome: Outcome<T>) => void): void => {
      const done = (outcome: Outcome<T>) => {
        if (trace.on) trace.add(`${name}#${number} ${what} -> ${wordOutcome(outcome)}`);
        then(outcome);
      };
      try {
        const value = act();
        if (!(value instanceof Promise)) return done({ value });
        woken = true;
        value.then(
          (later) => done({ value: later }),
          (error: unknown) => done({ error }),
        );
      } catch (error) {
        done({ error });
      }
    };

    woken = true;
    body(process).then(
      () => end(true),
      (error) => die(`throws: ${(error as Error).message}`),
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

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

function settle<T>(outcome: Outcome<T>, resolve: (value: T) => void, reject: (error: unknown) => void): void {
  if ('value' in outcome) resolve(outcome.value);
  else reject(outcome.error);
}

const lost = (service: Service, what: string) =>
  failure('unavailable', 'NoAnswer', `${what}: the ${service} gave no answer`);

function refusalOf(service: Service, what: string, fault: CallFault | undefined) {
  if (fault === 'refused') return failure('unavailable', 'ServiceUnavailable', `${what}: the ${service} is not available`);
  // Of its own kind only where calls are counted: a store that is too busy asks to try again, which its adapter does.
  if (fault === 'throttled')
    return failure(service === 'store' ? 'unavailable' : 'throttled', 'Throttling', `${what}: too many calls`);
  return undefined;
}

function wordOutcome<T>(outcome: Outcome<T>): string {
  if ('error' in outcome) return outcome.error instanceof Error ? outcome.error.message : String(outcome.error);
  const text = JSON.stringify(outcome.value) ?? 'done';
  return text.length > LONGEST_ANSWER ? `${text.slice(0, LONGEST_ANSWER)}…` : text;
}

const LONGEST_ANSWER = 160;
