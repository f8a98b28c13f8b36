import type { Store } from '../kernel/store.ts';
import {
  adjustedTooOften,
  parameterInvalid,
  partitionUnavailable,
  quotaExhausted,
  tableAlreadyExists,
  tableDoesNotExist,
  tableNotReady,
} from './failure.ts';
import { LIMITS } from './limits.ts';
import type { CreateTableRequest, UpdateTableRequest } from './messages.ts';
import { mergeOptions, mergeThroughput, refuseStream, type Table, tableOf } from './table.ts';

/** The instance's tables. Every call throws the cloud's own failure where it cannot serve. */
export interface Catalog {
  create(request: CreateTableRequest): Promise<void>;
  update(request: UpdateTableRequest): Promise<Table>;
  /** Forgets the table and returns it; its rows are the caller's to remove. */
  remove(name: string): Promise<Table>;
  /** The table as its owner sees it, ready or not. */
  describe(name: string): Table;
  /** The table, once its rows can be read and written. */
  open(name: string): Table;
  isReady(table: Table): boolean;
  /** Names in order. */
  list(): string[];
}

export interface CatalogOptions {
  readonly store: Store<Buffer>;
  readonly now: () => number;
  /** Cloud time for which a new table is not ready, and a deleted one keeps its name, ms. */
  readonly readyMs: number;
}

/** UpdateTable is accepted once in two minutes for each table. Source: Tablestore API reference, "UpdateTable". */
const UPDATE_INTERVAL_MS = 120_000;

const TABLE_KEYS = 'table/';

/** Reads the tables from the store, keeps them in memory and writes every change through. */
export async function loadCatalog({ store, now, readyMs }: CatalogOptions): Promise<Catalog> {
  const tables = new Map<string, Table>();
  let lastId = 0;
  for await (const [, bytes] of store.iterator({ gte: TABLE_KEYS, lt: `${TABLE_KEYS}\u{10ffff}` })) {
    const table = JSON.parse(bytes.toString('utf8')) as Table;
    tables.set(table.name, table);
    lastId = Math.max(lastId, table.id);
  }

  const save = async (table: Table) => {
    tables.set(table.name, table);
    await store.put(`${TABLE_KEYS}${table.name}`, Buffer.from(JSON.stringify(table)));
  };
  const existing = () => [...tables.values()].filter((table) => table.deletedAt === undefined);
  const describe = (name: string) => {
    const table = tables.get(name);
    if (!table || table.deletedAt !== undefined) throw tableDoesNotExist();
    return table;
  };
  /** Less than `ms` have passed since. A time in the future was written before a restart set the clock back: long ago. */
  const within = (ms: number, since: number | undefined) => {
    const elapsed = since === undefined ? -1 : now() - since;
    return elapsed >= 0 && elapsed < ms;
  };

  return {
    describe,
    async create(request) {
      const table = tableOf(request, ++lastId, now());
      const namesake = tables.get(table.name);
      // The partitions of a deleted table are still being unloaded under its name.
      const lingers = within(readyMs, namesake?.deletedAt);
      if (namesake && (namesake.deletedAt === undefined || lingers)) throw tableAlreadyExists();
      if (existing().length >= LIMITS.tables) throw quotaExhausted('Number of tables exceeded the quota.');
      await save(table);
    },
    async update({ tableName, reservedThroughput, tableOptions, streamSpec }) {
      const table = describe(tableName);
      refuseStream(streamSpec);
      if (!reservedThroughput && Object.keys(tableOptions ?? {}).length === 0) {
        throw parameterInvalid('No parameter is specified in table options.');
      }
      if (within(UPDATE_INTERVAL_MS, table.updatedAt)) throw adjustedTooOften();
      const updated = {
        ...table,
        options: mergeOptions(table.options, tableOptions ?? {}),
        throughput: mergeThroughput(table.throughput, reservedThroughput?.capacityUnit ?? {}),
        updatedAt: now(),
      };
      await save(updated);
      return updated;
    },
    async remove(name) {
      const table = describe(name);
      await save({ ...table, deletedAt: now() });
      return table;
    },
    open(name) {
      const table = describe(name);
      // First the table is being made, then its partitions are being loaded.
      if (within(readyMs / 2, table.createdAt)) throw tableNotReady();
      if (within(readyMs, table.createdAt)) throw partitionUnavailable();
      return table;
    },
    isReady: (table) => !within(readyMs, table.createdAt),
    list: () =>
      existing()
        .map(({ name }) => name)
        .sort(),
  };
}
