import type { Random } from '../../infra/local/kernel/random.ts';

/** A number from `low` to `high`, any as likely as another. */
export const within = (random: Random, low: number, high: number): number =>
  low + random.next() * (high - low);

/** One of the choices; one that stands there twice is twice as likely. */
export const pick = <T>(random: Random, ...choices: readonly T[]): T =>
  choices[random.integer(0, choices.length - 1)] as T;
