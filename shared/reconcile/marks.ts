import type { Moment } from '../claim/moment.ts';
import type { Ports } from './ports.ts';

/** A mark older than an hour no longer counts: nobody knows what was in between. */
const MARK_LIFE_MS = 3_600_000;

/** For how long something has been seen to be as it is now, ms, at least; 0 at the first sighting. */
export async function seenFor(
  { claims }: Pick<Ports, 'claims'>,
  name: string,
  { earliest, latest }: Moment,
): Promise<number> {
  const mark = await claims.suspect(name, latest);
  const ms = earliest - mark;
  // One of a time to come was set by a clock that was ahead, and would stand until then.
  const isVoid = ms > MARK_LIFE_MS || mark > latest;
  if (!isVoid) return Math.max(0, ms);
  await claims.clearSuspect(name);
  return 0;
}
