import type { Random } from '../../infra/local/kernel/random.ts';

/** What can go wrong with a call of a function. */
export const CALL_FAULTS = [
  /** The service turns the call away, and does nothing. */
  'refused',
  /** Too many calls in this minute. */
  'throttled',
  /** The service acts, and its answer is lost. */
  'lost answer',
  /** The process ends before the call is made. */
  'death before',
  /** The process ends when the service has acted, and before anything is done with the answer. */
  'death after',
  /** The process ends, and what it sent acts minutes later. */
  'late call',
  /** The process stands still for minutes, and goes on. */
  'freeze',
  /** Seconds instead of milliseconds. */
  'slow',
] as const;

/** What can go wrong around the functions. */
export const WORLD_FAULTS = [
  'lost event',
  'doubled event',
  'late event',
  /** A timer does not fire. */
  'missed timer',
  /** A list of pods is empty, lacks some, or shows what is gone. */
  'wrong list',
  /** For a minute or two, a cluster's API server is without its data: empty lists, and a 404 about every pod. */
  'empty cluster',
  /** The clock of a process is set, hours ahead or back, in the middle of its work. */
  'wrong clock',
] as const;

export type CallFault = (typeof CALL_FAULTS)[number];
export type WorldFault = (typeof WORLD_FAULTS)[number];
export type Fault = CallFault | WorldFault;

export const FAULTS: readonly Fault[] = [...CALL_FAULTS, ...WORLD_FAULTS];

/** How likely each fault is, at each moment at which it could happen; 0 to 1. */
export type Profile = Readonly<Record<Fault, number>>;

const MOST_LIKELY: Profile = {
  refused: 0.06,
  throttled: 0.04,
  'lost answer': 0.06,
  'death before': 0.02,
  'death after': 0.03,
  'late call': 0.02,
  freeze: 0.015,
  slow: 0.15,
  'lost event': 1,
  'doubled event': 0.4,
  'late event': 0.5,
  'missed timer': 0.5,
  'wrong list': 0.3,
  'empty cluster': 1,
  'wrong clock': 0.06,
};

/** Each run has some of the faults, and each of those more or less often: what always happens hides what seldom does. */
export function drawProfile(random: Random): Profile {
  const draw = (fault: Fault) => (random.next() < 0.5 ? 0 : MOST_LIKELY[fault] * random.next());
  return Object.fromEntries(FAULTS.map((fault) => [fault, draw(fault)])) as Profile;
}

export interface Strike {
  /** Which of the run's opportunities for a fault it was. */
  readonly number: number;
  readonly fault: Fault;
}

export interface Faults {
  /** What strikes the next call, which is about this. */
  atCall(what: () => string): CallFault | undefined;
  strikes(fault: WorldFault): boolean;
  /** Whether the store's adapter asks again where its answer is lost; chance has it where this is left out. */
  readonly storeIsAskedAgain?: boolean;
  /** From here on nothing goes wrong any more. */
  end(): void;
  readonly struck: readonly Strike[];
}

/** `only`: the opportunities at which a fault may strike, to see which of them a violation needs. */
export function createFaults(
  random: Random,
  profile: Profile,
  only: ReadonlySet<number> | undefined,
): Faults {
  const struck: Strike[] = [];
  let number = 0;
  let over = false;

  const strike = <F extends Fault>(candidates: readonly F[]): F | undefined => {
    if (over) return undefined;
    const at = number++;
    let rest = random.next();
    const fault = candidates.find((candidate) => {
      rest -= profile[candidate];
      return rest < 0;
    });
    if (fault === undefined || (only && !only.has(at))) return undefined;
    struck.push({ number: at, fault });
    return fault;
  };

  return {
    atCall: () => strike(CALL_FAULTS),
    strikes: (fault) => strike([fault]) !== undefined,
    end() {
      over = true;
    },
    struck,
  };
}
