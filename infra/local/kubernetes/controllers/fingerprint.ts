/** Letters and digits that make no words. Source: apimachinery, util/rand, SafeEncodeString. */
const SAFE_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** A short name for a value: the same for the same value, whatever the order of its fields. */
export function fingerprint(value: unknown, salt = 0): string {
  let hash = 0x811c9dc5 ^ salt;
  for (const character of canonical(value)) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  }
  return [...String(hash >>> 0)]
    .map((digit) => SAFE_LETTERS[digit.charCodeAt(0) % SAFE_LETTERS.length])
    .join('');
}

/** JSON with the fields in order, and without those that are null: the API may write them or leave them out. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(inner)
            .filter(([, field]) => field !== null)
            .sort(([left], [right]) => (left < right ? -1 : 1)),
        )
      : inner,
  );
}

/** Whether two statuses say the same: the API leaves out what is zero or empty. */
export function sameStatus(left: object | undefined, right: object | undefined): boolean {
  const told = (status: object | undefined) =>
    Object.fromEntries(Object.entries(status ?? {}).filter(([, value]) => value !== 0 && value !== ''));
  return canonical(told(left)) === canonical(told(right));
}
