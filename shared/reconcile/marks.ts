import type { Ports } from './ports.ts';

/** A mark older than an hour no longer counts: nobody knows what was in between. */
const MARK_LIFE_MS = 3_600_000;

/** For how long something has been seen to be as it is now, ms; 0 at the first sighting. */
export async function seenFor({ claims, now }: Ports, name: string): Promise<number> {
  const at = now();
  const ms = at - (await claims.suspect(name, at));
  if (ms <= MARK_LIFE_MS) return Math.max(0, ms);
  await claims.clearSuspect(name);
  return 0;
}
