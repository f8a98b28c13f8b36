import type { Case } from './run.ts';

/**
 * Stories that once broke a promise, by what was found with them; each breaks one again where its guard is taken away.
 * A story follows from its seed and from the order of the calls: where either changes, it is another one, and the
 * finding's own unit test stands for it.
 */
export const REGRESSIONS: readonly { readonly found: string; readonly case: Case }[] = [
  { found: 'an EIP that a read did not show was replaced, again and again', case: { seed: 5_000_049 } },
  { found: 'a private IP was parked by a late call, and stayed', case: { seed: 5_000_156 } },
  { found: 'the clock of a function was set while it worked', case: { seed: 5_000_034 } },
  {
    found: 'a tombstone went too early, and a writer of the life before came back',
    case: { seed: 5_000_577 },
  },
];
