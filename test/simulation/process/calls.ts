import type { Random } from '../../../infra/local/kernel/random.ts';
import { CALL_WORST_MS } from '../../../shared/adapters/time-left.ts';
import { within } from '../draw.ts';
import type { EventClock } from '../event-clock.ts';
import type { CallFault, Faults } from '../faults.ts';
import type { Trace } from '../trace.ts';
import type { Lifetime } from './lifetime.ts';
import { attempt, lost, type Outcome, refusalOf, wordOutcome } from './outcome.ts';
import type { Process, Service, Words } from './process.ts';

type Span = readonly [minMs: number, maxMs: number];
const QUICK: Span = [1, 30];
const SLOW: Span = [500, 9_000];
const MINUTES: Span = [20_000, 8 * 60_000];
/** How far a clock can be from the truth, ms. */
export const MOST_WRONG_MS = 30 * 3_600_000;
const HOURS: Span = [60_000, MOST_WRONG_MS];

export interface CallsOptions {
  readonly clock: EventClock;
  readonly faults: Faults;
  readonly random: Random;
  readonly trace: Trace;
  /** The process that calls, in words. */
  readonly caller: string;
  readonly lifetime: Lifetime;
  /** The clock of the process is set. */
  setClock(wrongByMs: number): void;
  onCall(): void;
  /** It is begun with less time left than it may take. */
  onLate(what: string): void;
  /** Somebody goes on. */
  onWake(): void;
}

interface Call<T> {
  readonly service: Service;
  readonly what: Words;
  act(): T | Promise<T>;
  readonly fault: CallFault | undefined;
  settle(outcome: Outcome<T>): void;
}

/** The calls of one process: sent, carried out and answered in three moments, and what can go wrong in between. */
export function createCalls(options: CallsOptions): Process['call'] {
  const { clock, faults, random, trace, caller, lifetime } = options;

  const draw = (span: Span) => within(random, ...span);
  /** How long a call or its answer is on its way, ms. */
  const drawWay = ({ fault }: Pick<Call<unknown>, 'fault'>) => draw(fault === 'slow' ? SLOW : QUICK);

  const answer = <T>(call: Call<T>, outcome: Outcome<T>) =>
    clock.after(drawWay(call), () => {
      if (!lifetime.alive) return;
      options.onWake();
      call.settle(outcome);
    });

  const act = <T>({ act, what }: Call<T>, then: (outcome: Outcome<T>) => void) =>
    attempt(act, options.onWake, (outcome) => {
      if (trace.on) trace.add(`${caller} ${what()} -> ${wordOutcome(outcome)}`);
      then(outcome);
    });

  /** What was sent acts, whatever has become of its sender. */
  const perform = <T>(call: Call<T>) => {
    const { service, what, fault } = call;
    const refusal = refusalOf(service, what, fault);
    if (refusal) return answer(call, { error: refusal });
    const asksAgain =
      fault === 'lost answer' && service === 'store' && (faults.storeIsAskedAgain ?? random.next() < 0.5);
    act(call, (outcome) => {
      if (fault === 'death after') lifetime.die('dies');
      // The store's adapter asks again by itself: what is conditional then meets its own first effect.
      else if (asksAgain) act(call, (second) => answer(call, second));
      else if (fault === 'lost answer') answer(call, { error: lost(service, what) });
      else answer(call, outcome);
    });
  };

  const send = <T>(call: Call<T>) => {
    const { fault } = call;
    if (fault === 'death before') return lifetime.die('dies');
    if (fault === 'late call') {
      clock.after(Math.min(draw(MINUTES), lifetime.reachMs()), () => perform(call));
      return lifetime.die('dies');
    }
    clock.after(fault === 'freeze' ? lifetime.freeze(draw(MINUTES)) : drawWay(call), () => perform(call));
  };

  const setClockWrong = () => {
    const wrongByMs = Math.round(draw(HOURS)) * (random.next() < 0.5 ? -1 : 1);
    options.setClock(wrongByMs);
    if (trace.on) trace.add(`${caller} has a clock that is wrong by ${wrongByMs} ms`);
  };

  return (service, what, act) =>
    new Promise((resolve, reject) => {
      if (!lifetime.alive) return;
      options.onCall();
      if (lifetime.remainingMs() < CALL_WORST_MS) options.onLate(`${caller} begins ${what()}`);
      if (faults.strikes('wrong clock')) setClockWrong();
      const fault = faults.atCall(() => `${caller} ${what()}`);
      if (trace.on && fault && fault !== 'slow') trace.add(`${caller} ${fault}: ${what()}`);
      send({
        service,
        what,
        act,
        fault,
        settle: (outcome) => ('value' in outcome ? resolve(outcome.value) : reject(outcome.error)),
      });
    });
}
