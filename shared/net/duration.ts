/**
 * Durations as Go writes them (`10m`, `5m30s`, `1.5h`), because that is how the vendors' annotations are documented.
 * Stricter than Go where a slip would cost an address: no sign, no bare number, and nothing after the last unit.
 * Source: Go's time.ParseDuration.
 */
const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const WHOLE = /^(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/;
const PART = /(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g;

/** The duration in whole milliseconds (rounded down), or undefined where the text is not one. */
export function parseGoDuration(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(PART))
    total += Number(amount) * (UNIT_MS[unit as string] as number);
  const ms = Math.floor(total);
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
