/** When a timer fires. Source: Function Compute, "Time trigger": `@every 5m`, or six fields from seconds on, in UTC. */
export type Schedule =
  | { readonly kind: 'every'; readonly ms: number }
  | { readonly kind: 'cron'; readonly fields: Fields; readonly zone: string };

interface Fields {
  readonly second: ReadonlySet<number>;
  readonly minute: ReadonlySet<number>;
  readonly hour: ReadonlySet<number>;
  readonly dayOfMonth: ReadonlySet<number>;
  readonly month: ReadonlySet<number>;
  readonly dayOfWeek: ReadonlySet<number>;
  /** A day must fit both day fields when one of them is `*` or `?`, and either when both are narrowed. */
  readonly eitherDay: boolean;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** Throws an Error that names the expression and what is wrong with it. */
export function parseSchedule(expression: string): Schedule {
  const wrong = (why: string) => new Error(`cron expression '${expression}': ${why}`);
  const trimmed = expression.trim();
  const every = /^@every\s+(.*)$/.exec(trimmed)?.[1];
  if (every !== undefined) {
    const ms = parseDuration(every);
    if (!ms) throw wrong('after @every there must be a duration such as 30s, 5m or 2h');
    return { kind: 'every', ms };
  }
  const [, zone = 'UTC', rest = ''] = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.*)$/.exec(trimmed) ?? [];
  if (!isZone(zone)) throw wrong(`'${zone}' is no time zone`);
  const parts = rest.split(/\s+/);
  if (parts.length !== 6) {
    throw wrong('there must be six fields: second minute hour day-of-month month day-of-week');
  }
  const field = (index: number, low: number, high: number, names: readonly string[] = []) => {
    const values = parseField(parts[index] as string, low, high, names);
    if (!values) throw wrong(`field '${parts[index]}' must lie in ${low} to ${high}`);
    return values;
  };
  const dayOfWeek = field(5, 0, 7, DAYS);
  const open = (index: number) => /^[*?]$/.test(parts[index] as string);
  return {
    kind: 'cron',
    zone,
    fields: {
      second: field(0, 0, 59),
      minute: field(1, 0, 59),
      hour: field(2, 0, 23),
      dayOfMonth: field(3, 1, 31),
      month: field(4, 1, 12, ['', ...MONTHS]),
      dayOfWeek: dayOfWeek.has(7) ? new Set([...dayOfWeek, 0]) : dayOfWeek,
      eitherDay: !open(3) && !open(5),
    },
  };
}

function parseDuration(text: string): number | undefined {
  const parts = [...text.replaceAll(/\s/g, '').matchAll(/(\d+)([smh])/g)];
  if (parts.map(([whole]) => whole).join('') !== text.replaceAll(/\s/g, '')) return undefined;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ''] ?? 0), 0);
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function parseField(
  text: string,
  low: number,
  high: number,
  names: readonly string[],
): ReadonlySet<number> | undefined {
  const toNumber = (word: string) => {
    const named = word === '' ? -1 : names.indexOf(word.toUpperCase());
    return named >= 0 ? named : /^\d+$/.test(word) ? Number(word) : Number.NaN;
  };
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', step = '1'] = part.split('/');
    const [first = '', last = part.includes('/') ? String(high) : first] = /^[*?]$/.test(range)
      ? [String(low), String(high)]
      : range.split('-');
    const [from, to, by] = [toNumber(first), toNumber(last), Number(step)];
    if (!(from >= low && to <= high && from <= to && Number.isInteger(by) && by > 0)) return undefined;
    for (let value = from; value <= to; value += by) values.add(value);
  }
  return values;
}

/** The longest search: the 29th of February comes back within eight years at the latest. */
const HORIZON_YEARS = 9;

/** The first time after `now` at which the schedule fires, in ms; for `every`, one interval on. */
export function nextTick(schedule: Schedule, now: number): number | undefined {
  if (schedule.kind === 'every') return now + schedule.ms;
  const { fields, zone } = schedule;
  // The search runs on the zone's wall clock, written as if it were UTC.
  const wall = new Date(now + offsetOf(zone, now));
  wall.setUTCMilliseconds(0);
  wall.setUTCSeconds(wall.getUTCSeconds() + 1);
  const end = wall.getUTCFullYear() + HORIZON_YEARS;
  while (wall.getUTCFullYear() < end) {
    if (!fields.month.has(wall.getUTCMonth() + 1)) {
      wall.setUTCMonth(wall.getUTCMonth() + 1, 1);
      wall.setUTCHours(0, 0, 0);
    } else if (!fitsDay(fields, wall)) {
      wall.setUTCDate(wall.getUTCDate() + 1);
      wall.setUTCHours(0, 0, 0);
    } else if (!fields.hour.has(wall.getUTCHours())) {
      wall.setUTCHours(wall.getUTCHours() + 1, 0, 0);
    } else if (!fields.minute.has(wall.getUTCMinutes())) {
      wall.setUTCMinutes(wall.getUTCMinutes() + 1, 0);
    } else if (!fields.second.has(wall.getUTCSeconds())) {
      wall.setUTCSeconds(wall.getUTCSeconds() + 1);
    } else {
      const tick = instantOf(zone, wall.getTime());
      if (tick > now) return tick;
      wall.setUTCSeconds(wall.getUTCSeconds() + 1);
    }
  }
  return undefined;
}

function fitsDay({ dayOfMonth, dayOfWeek, eitherDay }: Fields, wall: Date): boolean {
  const fits = [dayOfMonth.has(wall.getUTCDate()), dayOfWeek.has(wall.getUTCDay())];
  return eitherDay ? fits.includes(true) : !fits.includes(false);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the zone's wall clock is ahead of UTC at an instant, ms. */
function offsetOf(zone: string, instant: number): number {
  if (zone === 'UTC') return 0;
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  const part = Object.fromEntries(
    format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
}

/** When the zone's clocks show `wall`; a time that daylight saving leaves out is taken an hour later. */
function instantOf(zone: string, wall: number): number {
  const guess = wall - offsetOf(zone, wall);
  return wall - offsetOf(zone, guess);
}
