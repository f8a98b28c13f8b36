import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseGoDuration } from '../../shared/net/duration.ts';
import { runs } from './effort.ts';

/** Milliseconds up to ten thousand years, the short ones as often as the long ones. */
const duration = fc.oneof(
  fc.nat({ max: 10_000 }),
  fc.nat({ max: 100 * 24 * 3_600_000 }),
  fc.integer({ min: 0, max: 10_000 * 366 * 24 * 3_600_000 }),
);

describe('durations', () => {
  it('are read back from what they are written as', () => {
    fc.assert(
      fc.property(duration, (ms) => {
        expect(parseGoDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });

  it('are written as they are read', () => {
    fc.assert(
      fc.property(duration, (ms) => {
        const text = formatDuration(ms);
        expect(formatDuration(parseGoDuration(text) ?? -1)).toBe(text);
      }),
    );
  });

  it('add up, whatever the units and their order', () => {
    const part = fc.tuple(fc.nat({ max: 1_000_000 }), fc.constantFrom('ms', 's', 'm', 'h'));
    const ms = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const text = parts.map(([amount, unit]) => `${amount}${unit}`).join('');
        const sum = parts.reduce((total, [amount, unit]) => total + amount * ms[unit as keyof typeof ms], 0);
        expect(parseGoDuration(text)).toBe(sum);
      }),
    );
  });

  it('with a fraction are never longer than written, and less than a millisecond shorter', () => {
    const fraction = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 12 });
    fc.assert(
      fc.property(fc.nat({ max: 1_000 }), fraction, (whole, digits) => {
        const exact = BigInt(`${whole}${digits.padEnd(12, '0')}`);
        const read = BigInt(parseGoDuration(`${whole}.${digits}s`) ?? -1) * 1_000_000_000n;
        expect(read).toBeLessThanOrEqual(exact);
        expect(read + 1_000_000_000n).toBeGreaterThan(exact);
      }),
    );
  });

  it('are whole milliseconds or nothing, whatever the text', () => {
    const texts = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789.hmsnuµ -') }));
    fc.assert(
      fc.property(texts, (text) => {
        const ms = parseGoDuration(text);
        if (ms === undefined) return;
        expect(Number.isSafeInteger(ms) && ms >= 0).toBe(true);
        expect(text).toMatch(/^[\d.hmsnuµ]+[hms]$/);
      }),
      runs(500),
    );
  });
});
