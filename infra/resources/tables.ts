/** One column of a primary key; the first of a table is its partition key. */
export interface KeyColumn {
  readonly name: string;
  readonly type: 'STRING' | 'INTEGER';
}

export interface Table {
  readonly name: string;
  readonly primaryKey: readonly [KeyColumn, ...KeyColumn[]];
  /** Seconds after which the store drops a row by itself; -1 is never. */
  readonly timeToLive: number;
  readonly maxVersions: number;
}

const NEVER = -1;
const DAY = 86_400;

const string = (name: string): KeyColumn => ({ name, type: 'STRING' });
const integer = (name: string): KeyColumn => ({ name, type: 'INTEGER' });

/**
 * The tables of the store. `bucket` is a short hash, so that one large cluster is no hot partition. Only what is
 * a record of the past has a time to live: a claim, a lock or a deadline that vanished by itself would leave an
 * address that nobody releases.
 */
export const TABLES = [
  {
    name: 'claims',
    primaryKey: [string('bucket'), string('claim')],
    timeToLive: NEVER,
    maxVersions: 1,
  },
  {
    name: 'addresses',
    primaryKey: [string('bucket'), string('address')],
    timeToLive: NEVER,
    maxVersions: 1,
  },
  {
    name: 'deadlines',
    primaryKey: [string('bucket'), integer('dueAt'), string('claim')],
    timeToLive: NEVER,
    maxVersions: 1,
  },
  {
    name: 'history',
    primaryKey: [string('bucket'), string('address'), integer('at'), string('claim')],
    timeToLive: 365 * DAY,
    maxVersions: 1,
  },
  {
    name: 'control',
    primaryKey: [string('name')],
    timeToLive: NEVER,
    maxVersions: 1,
  },
  // One row an API and minute: calls made. Only the running minute counts, so the rest may vanish.
  {
    name: 'windows',
    primaryKey: [string('name'), integer('minute')],
    timeToLive: DAY,
    maxVersions: 1,
  },
] as const satisfies readonly Table[];

export type TableName = (typeof TABLES)[number]['name'];
