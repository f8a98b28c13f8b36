import { type Account, type AccountOptions, createAccount } from './account.ts';
import { type Clock, createClock } from './clock.ts';
import { createFaults, type FaultRule, type Faults } from './faults.ts';
import { createMeter, type Meter } from './meter.ts';
import { createRandom, type Random } from './random.ts';

/** What every emulated service stands on. */
export interface CloudContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: Faults;
  readonly meter: Meter;
  readonly account: Account;
  /** A folder to keep tables and queues in; in memory when left out. */
  readonly dataDir?: string;
  /** One line about something that a person running the cloud should know. */
  log(line: string): void;
}

export interface ContextOptions {
  readonly clock?: Clock;
  readonly seed?: number;
  readonly faults?: readonly FaultRule[];
  readonly account?: AccountOptions;
  readonly dataDir?: string;
  readonly log?: (line: string) => void;
}

export function createContext(options: ContextOptions = {}): CloudContext {
  const clock = options.clock ?? createClock();
  const random = createRandom(options.seed ?? 1);
  return {
    clock,
    random,
    faults: createFaults(random.fork('faults'), options.faults),
    meter: createMeter(),
    account: createAccount(clock, random.fork('account'), options.account),
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    log: options.log ?? (() => {}),
  };
}
