import TableStore from 'tablestore';
import type { Cloud } from '../../infra/local/cloud.ts';

/** A row as plain columns, keys among them. */
export type Row = Readonly<Record<string, string | number | boolean>>;

export interface Records {
  readonly claims: readonly Row[];
}

const KEYS = { claims: ['bucket', 'claim'] } as const;

/** Reads what Holdfast has on record with the vendor's SDK, and decodes no more than columns. */
export async function readRecords({ tablestore, context }: Cloud): Promise<Records> {
  const { accessKeyId, accessKeySecret: secretAccessKey } = context.account.owner;
  const client = new TableStore.Client({
    accessKeyId,
    secretAccessKey,
    endpoint: tablestore.url,
    instancename: tablestore.instance,
  });
  return { claims: await rowsOf(client, 'claims') };
}

async function rowsOf(client: TableStore.Client, tableName: keyof typeof KEYS): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const bound = (value: TableStore.VirtualData) =>
    KEYS[tableName].map((name) => ({ [name]: value })) as TableStore.PrimaryKeyInput;
  let start: TableStore.PrimaryKeyInput | undefined = bound(TableStore.INF_MIN);
  while (start) {
    const page: TableStore.GetRangeResult = await client.getRange({
      tableName,
      direction: TableStore.Direction.FORWARD,
      inclusiveStartPrimaryKey: start,
      exclusiveEndPrimaryKey: bound(TableStore.INF_MAX),
    });
    rows.push(...page.rows.map(toRow));
    const next = page.nextStartPrimaryKey;
    start = next?.map(({ name, value }) => ({ [name]: value })) as TableStore.PrimaryKeyInput | undefined;
  }
  return rows;
}

function toRow({ primaryKey, attributes }: { primaryKey?: unknown; attributes?: unknown }): Row {
  const keys = (primaryKey ?? []) as { name: string; value: unknown }[];
  const columns = (attributes ?? []) as { columnName: string; columnValue: unknown }[];
  return Object.fromEntries([
    ...keys.map(({ name, value }) => [name, plain(value)]),
    ...columns.map(({ columnName, columnValue }) => [columnName, plain(columnValue)]),
  ]);
}

/** The SDK gives integers as 64-bit objects. */
const plain = (value: unknown): string | number | boolean =>
  typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number'
    ? value
    : (value as TableStore.int64).toNumber();
