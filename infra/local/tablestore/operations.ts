import { batchGet, batchWrite } from './batch.ts';
import type { Catalog } from './catalog.ts';
import { type ChangeKind, parseChange } from './change.ts';
import { parameterInvalid } from './failure.ts';
import { LIMITS } from './limits.ts';
import {
  type Codec,
  type DescribeTableResponse,
  MESSAGES,
  type ThroughputDetails,
  type WriteRequest,
} from './messages.ts';
import type { Rows } from './rows.ts';
import { keyMetaOf, type Table } from './table.ts';

/** Serves one call: the body of the request in, the body of the answer out. Throws TablestoreFailure. */
export type Operation = (body: Buffer) => Promise<Buffer>;

const STATUS_ACTIVE = 1;
const STATUS_LOADING = 3;

/** The calls that are served, by the name in the URL. */
export function createOperations(catalog: Catalog, rows: Rows): ReadonlyMap<string, Operation> {
  const single =
    <T extends WriteRequest>(
      operation: string,
      kind: ChangeKind,
      codec: Codec<T>,
      changeOf: (request: T) => Buffer,
    ) =>
    async (body: Buffer) => {
      const request = codec.decode(body);
      refuseTransaction(request.transactionId);
      const change = parseChange(kind, changeOf(request), request.condition, request.returnContent);
      if (change.size > LIMITS.writeSize) {
        throw parameterInvalid(
          `The total data size of ${operation} request exceeds the limit, limit size: ${LIMITS.writeSize} , data size: ${change.size}.`,
        );
      }
      return MESSAGES.wroteRow.encode(await rows.write(catalog.open(request.tableName), change));
    };

  return new Map<string, Operation>([
    [
      'CreateTable',
      async (body) => {
        await catalog.create(MESSAGES.createTable.decode(body));
        return MESSAGES.empty.encode({});
      },
    ],
    [
      'UpdateTable',
      async (body) => {
        const table = await catalog.update(MESSAGES.updateTable.decode(body));
        return MESSAGES.updatedTable.encode({
          reservedThroughputDetails: throughputOf(table),
          tableOptions: table.options,
        });
      },
    ],
    [
      'DescribeTable',
      async (body) => {
        const table = catalog.describe(MESSAGES.describeTable.decode(body).tableName);
        return MESSAGES.describedTable.encode(description(table, catalog.isReady(table)));
      },
    ],
    ['ListTable', async () => MESSAGES.listedTables.encode({ tableNames: catalog.list() })],
    [
      'DeleteTable',
      async (body) => {
        await rows.clear(await catalog.remove(MESSAGES.deleteTable.decode(body).tableName));
        return MESSAGES.empty.encode({});
      },
    ],
    [
      'GetRow',
      async (body) => {
        const request = MESSAGES.getRow.decode(body);
        refuseTransaction(request.transactionId);
        return MESSAGES.gotRow.encode(
          await rows.get(catalog.open(request.tableName), request.primaryKey, request),
        );
      },
    ],
    [
      'GetRange',
      async (body) => {
        const request = MESSAGES.getRange.decode(body);
        refuseTransaction(request.transactionId);
        return MESSAGES.gotRange.encode(await rows.range(catalog.open(request.tableName), request));
      },
    ],
    ['PutRow', single('PutRow', 'PUT', MESSAGES.putRow, ({ row }) => row)],
    ['UpdateRow', single('UpdateRow', 'UPDATE', MESSAGES.updateRow, ({ rowChange }) => rowChange)],
    ['DeleteRow', single('DeleteRow', 'DELETE', MESSAGES.deleteRow, ({ primaryKey }) => primaryKey)],
    [
      'BatchGetRow',
      async (body) => MESSAGES.batch.encode(await batchGet(catalog, rows, MESSAGES.batchGetRow.decode(body))),
    ],
    [
      'BatchWriteRow',
      async (body) =>
        MESSAGES.batch.encode(await batchWrite(catalog, rows, MESSAGES.batchWriteRow.decode(body))),
    ],
  ]);
}

function refuseTransaction(id: string | undefined): void {
  // Transactions of one partition are switched on table by table in the real service; here they are always off.
  if (id) throw parameterInvalid('TransactionID is invalid.');
}

function description(table: Table, ready: boolean): DescribeTableResponse {
  return {
    tableMeta: {
      tableName: table.name,
      primaryKey: keyMetaOf(table),
      definedColumn: [...table.definedColumns],
    },
    reservedThroughputDetails: throughputOf(table),
    tableOptions: table.options,
    tableStatus: ready ? STATUS_ACTIVE : STATUS_LOADING,
  };
}

/** Its times are in seconds. */
const throughputOf = (table: Table): ThroughputDetails => ({
  capacityUnit: table.throughput,
  lastIncreaseTime: Math.floor((table.updatedAt ?? table.createdAt) / 1000),
});
