import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import TableStore from 'tablestore';
import { coalesce } from '../coalesce.ts';
import type { Credentials } from '../credentials.ts';
import { failure, isLostAnswer, isVerdict } from '../failure.ts';
import { requireTime, type TimeLeft } from '../time-left.ts';

/** A value in a column. Numbers are stored as 64-bit integers, never as the SDK's doubles. */
export type Cell = string | number | boolean;
/** Primary key columns in their table's order. */
export type PrimaryKey = readonly (readonly [
  name: string,
  value: Cell | typeof TableStore.INF_MIN | typeof TableStore.INF_MAX,
])[];
export type Row = Readonly<Record<string, Cell>>;

/** What must hold of the row that is there for a write to happen. */
export type Expectation =
  | { readonly kind: 'any' }
  | { readonly kind: 'absent' }
  /** The column has this value; a row without the column fails (`passIfMissing` false, law 2). */
  | { readonly kind: 'equals'; readonly column: string; readonly value: Cell };

export interface RowChange {
  readonly table: string;
  readonly key: PrimaryKey;
  readonly expect: Expectation;
  /** The whole row from now on; undefined deletes it. */
  readonly row: Row | undefined;
  /** Instead of the whole row: adds to these integer columns, which begin at 0, and gives their new values. */
  readonly add?: Readonly<Record<string, number>>;
}

/** A thin, promise-only and honest face of the `tablestore` SDK. */
export interface Tables {
  /** One row each, in the order asked for. */
  get(table: string, keys: readonly PrimaryKey[]): Promise<readonly (Row | undefined)[]>;
  /** The same for keys that have nothing to do with each other: one that could not be read is an error in its place. */
  getEach(table: string, keys: readonly PrimaryKey[]): Promise<readonly (Row | undefined | Error)[]>;
  /**
   * Changes one row; undefined where its expectation did not hold, else the columns that were added to. What is asked
   * for in one turn of the event loop goes in one round trip; each row still stands for itself.
   */
  change(change: RowChange): Promise<Row | undefined>;
  /** Several changes, each on its own: true where its expectation held. */
  write(changes: readonly RowChange[]): Promise<readonly boolean[]>;
  /** From `start` to before `end`; primary key columns are in the rows. `next` is absent on the last page. */
  range(
    table: string,
    start: PrimaryKey,
    end: PrimaryKey,
    limit: number,
  ): Promise<{ rows: readonly Row[]; next: PrimaryKey | undefined }>;
}

export interface TablesOptions {
  readonly endpoint: string;
  readonly instance: string;
  readonly credentials: Credentials;
}

const { Long, Condition, SingleColumnCondition, RowExistenceExpectation, ComparatorType } = TableStore;

/** Attempts at a call that the service turned away or lost; every write is conditional, so that a repeat is harmless. */
const ATTEMPTS = 4;
/** Rows of one BatchWriteRow. Source: Tablestore, limits. */
const MOST_WRITTEN = 200;
const FIRST_PAUSE_MS = 50;
/** Of silence, before a connection stands and after it. Together they stay below the time that is kept back for one call. */
const CONNECT_TIMEOUT_MS = 3_000;
const ANSWER_TIMEOUT_MS = 6_500;

/** A client of the SDK, with its connections; it can be kept for as long as its credentials are good. */
export type TableClient = InstanceType<typeof TableStore.Client>;

export function openTableClient({ endpoint, instance, credentials }: TablesOptions): TableClient {
  const connections = { keepAlive: true, timeout: CONNECT_TIMEOUT_MS };
  const agent = endpoint.startsWith('https:') ? new HttpsAgent(connections) : new HttpAgent(connections);
  return new TableStore.Client({
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.accessKeySecret,
    ...(credentials.securityToken ? { stsToken: credentials.securityToken } : {}),
    endpoint,
    instancename: instance,
    // The SDK's own retries never see a code of Tablestore's (they look for it in a field that holds the HTTP status).
    // How many there are is one number for all clients of the process, set by whichever made the last call.
    maxRetries: 0,
    // Its default agent opens a connection a call where the endpoint is https, and waits for it without a limit.
    httpOptions: { timeout: ANSWER_TIMEOUT_MS, maxSockets: 64, agent } as {
      timeout: number;
      maxSockets: number;
    },
  });
}

/** The tables, as one invocation uses them: none of its calls, nor a second try at one, begins too late to end (law 9). */
export function createTables(client: TableClient, remainingMs: TimeLeft): Tables {
  const attempt = <T>(call: () => Promise<T>): Promise<T> =>
    persist(() => {
      requireTime(remainingMs, 'tablestore');
      return call();
    });

  /**
   * What the service turned away is asked again, and nothing else. Puts an outcome for every item into `outcomes`; an
   * error where it could not be had. `ask` puts in what one call gives.
   */
  const askEach = async <I>(
    items: readonly I[],
    outcomes: Map<I, Row | undefined | Error>,
    ask: (rest: readonly I[]) => Promise<void>,
  ): Promise<void> => {
    let rest = items;
    try {
      await attempt(async () => {
        await ask(rest);
        rest = rest.filter((item) => isPassing(outcomes.get(item)));
        const [first] = rest;
        if (first !== undefined) throw outcomes.get(first);
      });
    } catch (error) {
      for (const item of rest) if (!outcomes.has(item)) outcomes.set(item, error as Error);
    }
  };

  const writeBatch = (batch: readonly RowChange[], outcomes: Map<RowChange, Row | undefined | Error>) =>
    askEach(batch, outcomes, async (rest) => {
      const tables = [...new Set(rest.map(({ table }) => table))];
      const inOrder = tables.flatMap((name) => rest.filter(({ table }) => table === name));
      const result = await client.batchWriteRow({
        tables: tables.map((tableName) => ({
          tableName,
          rows: inOrder.filter(({ table }) => table === tableName).map(encodeChange) as never,
        })),
      });
      for (const [index, change] of inOrder.entries()) {
        const row = result.tables[index];
        if (row?.isOk) outcomes.set(change, change.add ? decodeRow(row) : {});
        else if (row?.errorCode === 'OTSConditionCheckFail') outcomes.set(change, undefined);
        else outcomes.set(change, rowFailure(change.table, row));
      }
    });

  let changes = 0;
  const changeRow = coalesce<RowChange & { readonly id: number }, Row | undefined>(
    async (asked) => {
      const outcomes = new Map<RowChange, Row | undefined | Error>();
      for (const batch of withoutRepeats(asked)) await writeBatch(batch, outcomes);
      return asked.map((change) => outcomes.get(change));
    },
    { most: MOST_WRITTEN, nameOf: ({ id }) => String(id) },
  );
  const change = (one: RowChange) => changeRow({ ...one, id: changes++ });

  const getEach: Tables['getEach'] = async (table, keys) => {
    const outcomes = new Map<PrimaryKey, Row | undefined | Error>();
    if (keys.length > 0)
      await askEach(keys, outcomes, async (rest) => {
        const result = await client.batchGetRow({
          tables: [{ tableName: table, primaryKey: rest.map(encodeKey) as never, maxVersions: 1 }],
        });
        for (const [index, key] of rest.entries()) {
          const row = result.tables[0]?.[index];
          outcomes.set(key, row?.isOk ? decodeRow(row) : rowFailure(table, row));
        }
      });
    return keys.map((key) => outcomes.get(key));
  };

  return {
    async get(table, keys) {
      const rows = await getEach(table, keys);
      return rows.map((row) => {
        if (row instanceof Error) throw row;
        return row;
      });
    },

    getEach,
    change,

    async write(several) {
      const results = await Promise.all(several.map(change));
      return results.map((result) => result !== undefined);
    },

    async range(table, start, end, limit) {
      const result = await attempt(() =>
        client.getRange({
          tableName: table,
          direction: TableStore.Direction.FORWARD,
          inclusiveStartPrimaryKey: encodeKey(start) as never,
          exclusiveEndPrimaryKey: encodeKey(end) as never,
          limit,
          maxVersions: 1,
        }),
      );
      const rows = result.rows.map(decodeRow).filter((row) => row !== undefined);
      const next = result.nextStartPrimaryKey?.map(({ name, value }) => [name, decodeCell(value)] as const);
      return { rows, next };
    },
  };
}

/** Before and after every value of a primary key column. */
export const INF_MIN: typeof TableStore.INF_MIN = TableStore.INF_MIN;
export const INF_MAX: typeof TableStore.INF_MAX = TableStore.INF_MAX;

const encodeCell = (value: Cell) => (typeof value === 'number' ? Long.fromNumber(value) : value);

const isCell = (value: unknown): value is Cell =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const encodeKey = (key: PrimaryKey) =>
  key.map(([name, value]) => ({ [name]: isCell(value) ? encodeCell(value) : value }));

const encodeColumns = (row: Row) =>
  Object.entries(row).map(([name, value]) => ({ [name]: encodeCell(value) }));

function encodeExpectation(expect: Expectation) {
  switch (expect.kind) {
    case 'any':
      return new Condition(RowExistenceExpectation.IGNORE, null);
    case 'absent':
      return new Condition(RowExistenceExpectation.EXPECT_NOT_EXIST, null);
    case 'equals':
      return new Condition(
        RowExistenceExpectation.EXPECT_EXIST,
        new SingleColumnCondition(expect.column, encodeCell(expect.value), ComparatorType.EQUAL, false),
      );
  }
}

/** A batch that has a row twice, and a condition on it, is refused as a whole. Source: Tablestore, BatchWriteRow. */
function withoutRepeats(changes: readonly RowChange[]): readonly RowChange[][] {
  const batches: RowChange[][] = [];
  const seen = new Map<string, number>();
  for (const change of changes) {
    const name = JSON.stringify([change.table, change.key]);
    const turn = seen.get(name) ?? 0;
    seen.set(name, turn + 1);
    batches[turn] = [...(batches[turn] ?? []), change];
  }
  return batches;
}

function encodeChange({ key, expect, row, add }: RowChange) {
  const common = { condition: encodeExpectation(expect), primaryKey: encodeKey(key) };
  if (add) {
    return {
      ...common,
      type: 'UPDATE',
      attributeColumns: [{ INCREMENT: encodeColumns(add) }],
      returnContent: { returnType: TableStore.ReturnType.AfterModify, returnColumns: Object.keys(add) },
    };
  }
  return row
    ? { ...common, type: 'PUT', attributeColumns: encodeColumns(row) }
    : { ...common, type: 'DELETE' };
}

interface SdkRow {
  readonly primaryKey: readonly { name: string; value: unknown }[] | null;
  readonly attributes: readonly { columnName: string; columnValue: unknown }[] | null;
}

function decodeRow({ primaryKey, attributes }: SdkRow): Row | undefined {
  // A missing row comes back as one without a primary key.
  if (!primaryKey?.length && !attributes?.length) return undefined;
  const row: Record<string, Cell> = {};
  for (const { name, value } of primaryKey ?? []) row[name] = decodeCell(value);
  for (const { columnName, columnValue } of attributes ?? []) row[columnName] = decodeCell(columnValue);
  return row;
}

function decodeCell(value: unknown): Cell {
  if (isCell(value)) return value;
  if (value && typeof (value as { toNumber?: unknown }).toNumber === 'function')
    return (value as { toNumber(): number }).toNumber();
  return String(value);
}

/** A row that failed; or, undefined, one that the answer does not have. */
const rowFailure = (
  table: string,
  row: { errorCode: string | null; errorMessage: string | null } | undefined,
) =>
  row
    ? failure(
        'unavailable',
        row.errorCode ?? 'Unknown',
        `tablestore, a row of ${table}: ${row.errorMessage ?? 'no message'}`,
      )
    : failure('unavailable', 'NoAnswer', `no answer for a row of ${table}`);

/** Refusals that pass by themselves. Source: Tablestore, error codes. */
const PASSING =
  /^OTS(?:ServerBusy|ServerUnavailable|InternalServerError|Timeout|PartitionUnavailable|TableNotReady|RowOperationConflict|NotEnoughCapacityUnit)$/;

const isPassing = (outcome: unknown): boolean =>
  isVerdict(outcome) && (outcome.code === 'NoAnswer' || PASSING.test(outcome.code));

/** Does it again where the service turned it away or its answer was lost. */
async function persist<T>(call: () => Promise<T>): Promise<T> {
  for (let round = 1; ; round++) {
    try {
      return await call();
    } catch (error) {
      const failed = isVerdict(error) ? error : readError(error);
      if (round >= ATTEMPTS || !isPassing(failed)) throw failed;
      await new Promise((resolve) =>
        setTimeout(resolve, FIRST_PAUSE_MS * 2 ** round * (0.5 + Math.random() / 2)),
      );
    }
  }
}

/**
 * The SDK puts the HTTP status into `code` and the undecoded protobuf into `message`; Tablestore's own code can only be
 * found in there.
 */
function readError(error: unknown) {
  const message = error instanceof Error ? error.message : String(error);
  const code = /OTS[A-Za-z]+/.exec(message)?.[0];
  if (!code)
    return failure(
      'unavailable',
      isLostAnswer(error) ? 'NoAnswer' : 'Unknown',
      `tablestore: ${message}`,
      error,
    );
  const text = message
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .replace(code, '')
    .trim();
  const verdict = code === 'OTSAuthFailed' || code === 'OTSNoPermissionAccess' ? 'forbidden' : 'unavailable';
  return failure(verdict, code, `tablestore: ${code}: ${text}`, error);
}
