import { describe, expect, it } from 'vitest';
import { nextTick, parseSchedule } from '../../infra/local/functioncompute/schedule.ts';

/** The next ticks after a time, in ISO form without milliseconds. */
function ticks(expression: string, after: string, count: number): string[] {
  const schedule = parseSchedule(expression);
  const found: string[] = [];
  let now = Date.parse(after);
  while (found.length < count) {
    const tick = nextTick(schedule, now);
    if (tick === undefined) break;
    found.push(new Date(tick).toISOString().replace('.000', ''));
    now = tick;
  }
  return found;
}

describe('a schedule', () => {
  it.each([
    ['@every 30s', 30],
    ['@every 5m', 300],
    ['@every 1h30m', 5400],
  ])('%s fires at its interval', (expression, seconds) => {
    expect(nextTick(parseSchedule(expression), 1234)).toBe(1234 + seconds * 1000);
  });

  it('of six fields fires where they all fit, from the next second on', () => {
    expect(ticks('0 */20 8-9 * * *', '2024-03-01T08:20:00Z', 4)).toEqual([
      '2024-03-01T08:40:00Z',
      '2024-03-01T09:00:00Z',
      '2024-03-01T09:20:00Z',
      '2024-03-01T09:40:00Z',
    ]);
    expect(ticks('15,45 0 0 1 JAN ?', '2024-03-01T00:00:00Z', 2)).toEqual([
      '2025-01-01T00:00:15Z',
      '2025-01-01T00:00:45Z',
    ]);
  });

  it('waits for a day that is rare', () => {
    expect(ticks('0 0 0 29 2 *', '2024-03-01T00:00:00Z', 1)).toEqual(['2028-02-29T00:00:00Z']);
    expect(ticks('0 0 0 31 2 *', '2024-03-01T00:00:00Z', 1)).toEqual([]);
  });

  it('takes either day field when both are narrowed, and 7 for Sunday', () => {
    expect(ticks('0 0 0 13 * 7', '2024-09-07T12:00:00Z', 3)).toEqual([
      '2024-09-08T00:00:00Z',
      '2024-09-13T00:00:00Z',
      '2024-09-15T00:00:00Z',
    ]);
  });

  it('keeps to the wall clock of its zone, when the zone changes its offset too', () => {
    expect(ticks('CRON_TZ=Asia/Shanghai 0 0 4 * * *', '2024-03-01T00:00:00Z', 1)).toEqual([
      '2024-03-01T20:00:00Z',
    ]);
    expect(ticks('TZ=Europe/Berlin 0 0 12 * * *', '2024-03-30T00:00:00Z', 2)).toEqual([
      '2024-03-30T11:00:00Z',
      '2024-03-31T10:00:00Z',
    ]);
    // At 2:30 on that day the clocks of Berlin are already at 3:30.
    expect(ticks('CRON_TZ=Europe/Berlin 0 30 2 * * *', '2024-03-30T12:00:00Z', 2)).toEqual([
      '2024-03-31T01:30:00Z',
      '2024-04-01T00:30:00Z',
    ]);
  });

  it.each([
    ['* * * * *', /six fields/],
    ['60 * * * * *', /'60' must lie in 0 to 59/],
    ['0 0 0 0 * *', /'0' must lie in 1 to 31/],
    ['0 9-5 * * * *', /'9-5'/],
    ['0 */0 * * * *', /'\*\/0'/],
    ['@every soon', /duration/],
    ['@every 0m', /duration/],
    ['CRON_TZ=Nowhere/City 0 0 4 * * *', /no time zone/],
  ])('%s is refused, and told why', (expression, why) => {
    expect(() => parseSchedule(expression)).toThrow(why);
  });
});
