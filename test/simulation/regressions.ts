import type { Case } from './run.ts';

/**
 * Stories of what was once found, each with the guard that came of it: without that guard it breaks a promise. A story
 * follows from its seed and from the order of the calls: where either changes, it is another one, and
 * `npm run simulate -- --sabotage --seed 5` names the seed that has taken its place. The finding's own unit test stands
 * for it all the same.
 */
export const REGRESSIONS: readonly { readonly found: string; readonly guard: string; readonly case: Case }[] =
  [
    {
      found: 'an EIP that a read did not show was replaced, again and again',
      guard: 'a read that shows no EIP being doubted',
      case: { seed: 5_000_028 },
    },
    {
      found: 'a private IP was parked by a late call, and stayed',
      guard: 'the sweep for private IPs that a late call has parked',
      case: { seed: 5_000_557 },
    },
    {
      found: 'the clock of a function was set while it worked',
      guard: 'the elapsed time that a jump of the own clock is noticed by',
      case: { seed: 5_000_135 },
    },
    {
      found: 'an API server was up before its data',
      guard: 'the doubt of a cluster that shows no pod (law 6)',
      case: { seed: 5_000_080 },
    },
    {
      found: 'the cloud had forgotten a ClientToken',
      guard: 'the age of a ClientToken that buys',
      case: { seed: 5_000_954 },
    },
  ];
