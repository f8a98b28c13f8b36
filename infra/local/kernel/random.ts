/** A seeded source of randomness (mulberry32): the same seed gives the same cloud. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** An integer in [low, high]. */
  integer(low: number, high: number): number;
  /** `length` lower-case letters and digits, as the cloud's ids end. */
  id(length: number): string;
  /** An upper-case UUID, as the cloud's request ids are written. */
  requestId(): string;
  /** An independent source, whose draws do not disturb this one. */
  fork(name: string): Random;
}

const ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const integer = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    integer,
    id: (length) => Array.from({ length }, () => ID_ALPHABET[integer(0, 35)]).join(''),
    requestId: () =>
      'XXXXXXXX-XXXX-4XXX-8XXX-XXXXXXXXXXXX'.replace(/X/g, () => integer(0, 15).toString(16).toUpperCase()),
    fork(name) {
      let hash = seed >>> 0;
      for (const character of name) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
      return createRandom(hash);
    },
  };
}
