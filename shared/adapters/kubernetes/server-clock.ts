import { skewOf } from '../../claim/moment.ts';

/** What is known of the time by another's clock. */
export interface ServerClock {
  /** To be called when something is asked: gives what its answer says of the time (epoch ms, a whole second) to. */
  ask(): (shown: number) => void;
  /** By how much that clock is ahead of the own one now, ms; undefined before the first answer. */
  skewMs(): number | undefined;
}

export interface OwnClocks {
  /** Epoch ms; it can be set, and then jumps. */
  now(): number;
  /** Counts on while a wall clock jumps, ms. Left out where time does not run by itself. */
  elapsedMs?(): number;
}

/** A monotonic clock and a wall clock that disagree by less go by the same time, and are read a moment apart. */
const NO_JUMP_MS = 1_000;

/** The own clock can be set between the answer and the decision that goes by it: what has elapsed since then shows it. */
export function createServerClock({ now, elapsedMs }: OwnClocks): ServerClock {
  let known: { readonly skew: number; readonly at: number; readonly elapsed: number } | undefined;
  return {
    ask() {
      const sent = { at: now(), elapsed: elapsedMs?.() ?? 0 };
      return (shown) => {
        const at = now();
        const elapsed = elapsedMs?.() ?? 0;
        // Set while the answer was on its way, the wall clock says nothing of how long that took.
        const sentAt = elapsedMs ? at - (elapsed - sent.elapsed) : sent.at;
        known = { skew: skewOf(shown, sentAt, at), at, elapsed };
      };
    },
    skewMs() {
      if (!known || !elapsedMs) return known?.skew;
      const jump = now() - known.at - (elapsedMs() - known.elapsed);
      return known.skew - (Math.abs(jump) < NO_JUMP_MS ? 0 : jump);
    },
  };
}
