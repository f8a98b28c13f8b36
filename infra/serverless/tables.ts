import TableStore from 'tablestore';
import { TABLES, type Table } from '../resources/tables.ts';
import { tablestoreError } from './cloud-error.ts';
import type { Target } from './target.ts';

/** The tables of a stage, as deployment sees them. Every failure is a CloudError. */
export interface Tables {
  list(): Promise<readonly string[]>;
  describe(name: string): Promise<Table>;
  create(table: Table): Promise<void>;
  /** Changes what can be changed: time to live and versions. */
  update(table: Table): Promise<void>;
  drop(name: string): Promise<void>;
}

const typeName = (type: unknown): string =>
  Object.entries(TableStore.PrimaryKeyType).find(([, number]) => type === number)?.[0] ?? String(type);

/** Tables of a low-traffic control plane: pay by use, nothing reserved. */
const RESERVED = { capacityUnit: { read: 0, write: 0 } };

const RETRIES = 3;

export function createTables({ credentials, endpoints, tablestoreInstance }: Target): Tables {
  const client = new TableStore.Client({
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.accessKeySecret,
    ...(credentials.securityToken === undefined ? {} : { stsToken: credentials.securityToken }),
    endpoint: endpoints.tablestore,
    instancename: tablestoreInstance,
    maxRetries: RETRIES,
  });
  const calling = async <T>(doing: string, call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (cause) {
      throw tablestoreError(doing, cause);
    }
  };
  const optionsOf = ({ timeToLive, maxVersions }: Table) => ({ timeToLive, maxVersions });
  return {
    async list() {
      const found = await calling(`listing the tables of ${tablestoreInstance}`, client.listTable({}));
      return (found as { tableNames?: string[] }).tableNames ?? [];
    },
    async describe(name) {
      const { tableMeta, tableOptions } = await calling(
        `looking at table ${name}`,
        client.describeTable({ tableName: name }),
      );
      return {
        name,
        primaryKey: tableMeta.primaryKey.map((column) => ({
          name: column.name,
          type: typeName(column.type),
        })) as unknown as Table['primaryKey'],
        timeToLive: tableOptions.timeToLive,
        maxVersions: tableOptions.maxVersions,
      };
    },
    async create(table) {
      await calling(
        `creating table ${table.name}`,
        client.createTable({
          tableMeta: {
            tableName: table.name,
            primaryKey: table.primaryKey.map(({ name, type }) => ({
              name,
              type: TableStore.PrimaryKeyType[type],
            })),
          },
          reservedThroughput: RESERVED,
          tableOptions: optionsOf(table),
        }),
      );
    },
    async update(table) {
      await calling(
        `updating table ${table.name}`,
        client.updateTable({ tableName: table.name, tableOptions: optionsOf(table) }),
      );
    },
    async drop(name) {
      await calling(`dropping table ${name}`, client.deleteTable({ tableName: name }));
    },
  };
}

export type TableOutcome = 'created' | 'updated' | 'unchanged';

/**
 * What becomes of a table. Throws an Error that says what differs when the difference is in the primary key: no call
 * changes that, and a table with rows is not ours to drop.
 */
export function compareTable(
  wanted: Table,
  found: Table | undefined,
): { outcome: TableOutcome; detail: string } {
  if (!found) return { outcome: 'created', detail: '' };
  const [want, have] = [keyText(wanted), keyText(found)];
  if (want !== have) {
    throw new Error(
      `table ${wanted.name} has the primary key (${have}), wanted is (${want}): ` +
        'a primary key cannot be changed; copy its rows and drop it, or take another stage',
    );
  }
  const changes = (['timeToLive', 'maxVersions'] as const)
    .filter((option) => wanted[option] !== found[option])
    .map((option) => `${option} ${found[option]} to ${wanted[option]}`);
  return { outcome: changes.length > 0 ? 'updated' : 'unchanged', detail: changes.join(', ') };
}

const keyText = ({ primaryKey }: Table): string =>
  primaryKey.map(({ name, type }) => `${name} ${type}`).join(', ');

/** Makes the tables what they are declared as; existing ones keep their rows. Tells of each as it is done. */
export async function ensureTables(
  tables: Tables,
  told: (name: string, outcome: TableOutcome, detail: string) => void,
): Promise<void> {
  const existing = new Set(await tables.list());
  for (const table of TABLES) {
    const found = existing.has(table.name) ? await tables.describe(table.name) : undefined;
    const { outcome, detail } = compareTable(table, found);
    if (outcome === 'created') await tables.create(table);
    if (outcome === 'updated') await tables.update(table);
    told(table.name, outcome, detail);
  }
}

/** Drops the declared tables that are there, with all their rows. */
export async function dropTables(tables: Tables, told: (name: string) => void): Promise<void> {
  const existing = new Set(await tables.list());
  for (const { name } of TABLES) {
    if (!existing.has(name)) continue;
    await tables.drop(name);
    told(name);
  }
}
