import type { Case } from './run.ts';

/**
 * Stories that once broke a promise, by what was found with them. A story follows from its seed and from the order of
 * the calls: where either has changed, it is another one, and the finding's own unit test still stands for it.
 */
export const REGRESSIONS: readonly { readonly found: string; readonly case: Case }[] = [
  { found: 'an EIP that a read did not show was replaced, again and again', case: { seed: 12 } },
  { found: 'the same, with a pod that was evicted meanwhile', case: { seed: 118 } },
  { found: 'a private IP was parked by a late call, and stayed', case: { seed: 18 } },
  { found: 'the same, after a rival had released it', case: { seed: 158 } },
  { found: 'a pod was told over and over that a quota is used up', case: { seed: 6 } },
  {
    found: 'the clock of a function was set back between an answer and the decision on it',
    case: { seed: 1007 },
  },
  { found: 'the clock of a function was set back while it parked an address', case: { seed: 1463 } },
  { found: 'the retention began while the network of the pod was made anew', case: { seed: 1279 } },
];
