import type { Random } from '../../infra/local/kernel/random.ts';

/** When it begins, ms of real time from the start. */
export type Timed<T> = T & { readonly at: number };

/** Times that lie `apartMs` apart on average, with no memory of the last, and what happens at each. */
export function every<T>(
  random: Random,
  apartMs: number,
  ms: number,
  make: (random: Random) => T,
): readonly Timed<T>[] {
  const made: Timed<T>[] = [];
  for (let at = wait(random, apartMs); at < ms; at += wait(random, apartMs))
    made.push({ ...make(random), at });
  return made;
}

const wait = (random: Random, apartMs: number): number => Math.round(-Math.log(1 - random.next()) * apartMs);

/** An index of the list, which is not empty. */
export const pick = (random: Random, { length }: { readonly length: number }): number =>
  random.integer(0, length - 1);
