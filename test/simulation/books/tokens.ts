import type { VpcWorld } from '../../../infra/local/openapi/world.ts';
import type { Written } from '../row-store.ts';
import type { Broken } from '../rules.ts';

/** ClientTokens: on record before anything is asked for with them, and each of them buys one thing. */
export interface Tokens {
  written(written: Written): void;
  /** A call is about to act with it; undefined where it has none. */
  used(action: string, token: unknown): void;
  /** An EIP was bought with it. */
  bought(token: string, allocationId: string): void;
}

export function createTokens(now: () => number, world: () => VpcWorld, broken: Broken): Tokens {
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
    bought(token, allocationId) {
      const earlier = boughtWith.get(token);
      boughtWith.set(token, allocationId);
      if (earlier === undefined || earlier === allocationId || undated.has(token)) return;
      if (world().eip(earlier))
        broken('bought twice', `${earlier} and ${allocationId} with the token ${token}`);
    },
  };
}
