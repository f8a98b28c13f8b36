import type { Written } from '../row-store.ts';
import type { Broken } from '../rules.ts';

/** ClientTokens: on record before anything is asked for with them, and each of them buys one thing. */
export interface Tokens {
  written(written: Written): void;
  /** A call is about to act with it; undefined where it has none. */
  used(action: string, token: unknown): void;
  /** An EIP or a private IP was given for it; `isThere` tells whether what it gave earlier is still where that was. */
  bought(token: string, what: string, isThere: (earlier: string) => boolean): void;
}

export function createTokens(now: () => number, broken: Broken): Tokens {
  /** Every one that was ever on record. */
  const onRecord = new Set<unknown>();
  const boughtWith = new Map<string, string>();
  /** Those of records that a wrong clock has dated: nobody can tell when the cloud forgets them. */
  const undated = new Set<unknown>();

  return {
    written({ after, by }) {
      if (after?.token === undefined) return;
      onRecord.add(after.token);
      if (by && by.now() !== now()) undated.add(after.token);
    },
    used(action, token) {
      if (token !== undefined && !onRecord.has(token))
        broken('intent first', `${action} with the token ${String(token)}, which is on no record`);
    },
    bought(token, what, isThere) {
      const earlier = boughtWith.get(token);
      boughtWith.set(token, what);
      if (earlier === undefined || earlier === what || undated.has(token)) return;
      if (isThere(earlier)) broken('bought twice', `${earlier} and ${what} with the token ${token}`);
    },
  };
}
