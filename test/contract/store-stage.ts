import { TABLES } from '../../infra/resources/tables.ts';
import { createClaimStore } from '../../shared/adapters/tablestore/claims.ts';
import {
  createTables,
  INF_MAX,
  INF_MIN,
  openTableClient,
  type PrimaryKey,
} from '../../shared/adapters/tablestore/table.ts';
import { type ClaimKey, formatClaimKey } from '../../shared/claim/identity.ts';
import { type Moment, momentOf } from '../../shared/claim/moment.ts';
import { createLogger } from '../../shared/runtime/log.ts';
import { openLocalInstance } from '../fixtures/tablestore-instance.ts';
import { keyOf } from './stored-claims.ts';

/** The key of a row in the table `control`. */
export const row = (name: string): PrimaryKey => [['name', name]];

interface StageOptions {
  /** What the claim store takes for now. */
  readonly moment?: () => Moment;
}

/** The tables as they are deployed, on an instance of their own, and what every adapter of the store stands on. */
export async function openStoreStage({ moment = () => momentOf(Date.now(), []) }: StageOptions = {}) {
  const instance = await openLocalInstance();
  const { client, context, server } = instance;
  for (const { name, primaryKey, timeToLive, maxVersions } of TABLES) {
    await client.createTable({
      tableMeta: { tableName: name, primaryKey: primaryKey.map(({ name, type }) => ({ name, type })) },
      tableOptions: { timeToLive, maxVersions },
      reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
    });
  }
  context.meter.reset();

  const lines: string[] = [];
  const newClient = (credentials = context.account.owner) =>
    openTableClient({ endpoint: server.url, instance: server.instance, credentials });
  const newTables = (credentials = context.account.owner) =>
    createTables(newClient(credentials), () => 60_000);
  const newStore = () =>
    createClaimStore(
      newTables(),
      createLogger({ level: 'debug', write: (line) => lines.push(line) }),
      moment,
    );
  const tables = newTables();
  const claims = newStore();
  const rowsOf = async (table: 'claims' | 'deadlines' | 'history' | 'addresses') => {
    const keys = TABLES.find(({ name }) => name === table)?.primaryKey ?? [];
    const { rows } = await tables.range(
      table,
      keys.map(({ name }) => [name, INF_MIN] as const),
      keys.map(({ name }) => [name, INF_MAX] as const),
      100,
    );
    return rows;
  };

  return {
    /** The vendor's SDK, used as its README says. */
    client,
    owner: context.account.owner,
    /** What was logged. */
    lines,
    newClient,
    newTables,
    newStore,
    tables,
    claims,
    claimsOf: async (pod: string) => (await claims.read(keyOf(pod))).claims,
    failing: (operation: string, code: string, status = 503, times = 1) =>
      context.faults.add({
        service: 'tablestore',
        operation,
        times,
        fault: { kind: 'error', status, code },
      }),
    losing: (kind: 'drop' | 'drop-after', operation: string, times = 1) =>
      context.faults.add({ service: 'tablestore', operation, times, fault: { kind } }),
    /** How often the service was called so since the stage was opened, or since `forgetCalls`. */
    calls: (operation: string) => context.meter.counts()[`tablestore.${operation}`] ?? 0,
    forgetCalls: () => context.meter.reset(),
    /** A row of the table `control`. */
    cell: async (name: string) => (await tables.get('control', [row(name)]))[0],
    put: (name: string, columns: Record<string, string | number | boolean>) =>
      tables.write([{ table: 'control', key: row(name), expect: { kind: 'any' }, row: columns }]),
    rowsOf,
    /** Writes these columns into the record of a claim. */
    async spoil(of: ClaimKey, changes: Record<string, string | number>) {
      const stored = (await rowsOf('claims')).find(({ claim }) => claim === formatClaimKey(of));
      const { bucket = '', claim = '', ...columns } = stored ?? {};
      const key: PrimaryKey = [
        ['bucket', bucket],
        ['claim', claim],
      ];
      await tables.write([
        { table: 'claims', key, expect: { kind: 'any' }, row: { ...columns, ...changes } },
      ]);
    },
    async close() {
      await instance.close();
      context.clock.close();
    },
  };
}

export type StoreStage = Awaited<ReturnType<typeof openStoreStage>>;
