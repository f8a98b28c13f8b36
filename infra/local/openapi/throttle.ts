import type { Clock } from '../kernel/clock.ts';

const MINUTE = 60_000;

/**
 * Counts calls in windows that begin at whole minutes of cloud time: what is throttled in one minute is let through in
 * the next. Source: ECS documentation, "API throttling".
 * @returns whether one more call of `name` goes through now
 */
export function createThrottle(clock: Clock): (name: string, limit: number) => boolean {
  let minute = Number.NaN;
  let calls = new Map<string, number>();
  return (name, limit) => {
    const now = Math.floor(clock.now() / MINUTE);
    if (now !== minute) {
      minute = now;
      calls = new Map();
    }
    const count = (calls.get(name) ?? 0) + 1;
    calls.set(name, count);
    return count <= limit;
  };
}
