/**
 * Durations as Go writes them (`10m`, `5m30s`, `1.5h`), because that is how the vendors' annotations are documented.
 * Stricter than Go where a slip would cost an address: no sign, no bare number, and nothing after the last unit.
 * Source: Go's time.ParseDuration.
 */
const UNIT_NS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  // The micro sign and the Greek letter look the same; Go takes both.
  ['\u00b5s', 1_000n],
  ['\u03bcs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);
const NS_PER_MS = 1_000_000n;

const WHOLE = /^(?:\d+(?:\.\d*)?(?:[nu\u00b5\u03bcm]?s|m|h))+$/;
const PART = /(\d+)(?:\.(\d*))?([nu\u00b5\u03bcm]?s|m|h)/g;
/** Nobody writes a longer one, and arithmetic on thousands of digits takes its time. */
const LONGEST_TEXT = 100;

/**
 * The duration in whole milliseconds (rounded down), or undefined where the text is not one. Counted in integers: as a
 * floating point number, 1.005s is a millisecond short.
 */
export function parseGoDuration(text: string): number | undefined {
  if (text.length > LONGEST_TEXT || !WHOLE.test(text)) return undefined;
  let total = 0n;
  // Stryker disable next-line StringLiteral: PART matches no text without a whole and a unit, only their types may be undefined.
  for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(PART))
    total += (BigInt(whole + fraction) * (UNIT_NS.get(unit) ?? 0n)) / 10n ** BigInt(fraction.length);
  const ms = Number(total / NS_PER_MS);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** The shortest such text for a duration in ms: 5_400_000 gives `1h30m`, 0 gives `0s`. */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms);
  let text = '';
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
    ['ms', 1],
  ] as const) {
    const amount = Math.floor(rest / size);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * size;
  }
  return text || '0s';
}
