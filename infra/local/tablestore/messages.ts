import { parse } from 'protobufjs';
import { parameterInvalid } from './failure.ts';
import { MESSAGE_SCHEMA } from './message-schema.ts';

// The messages as TypeScript sees them. Enumerations are numbers, as on the wire; 64-bit integers are numbers, for
// all that they carry here are times.

export interface CapacityUnit {
  read?: number;
  write?: number;
}
export interface Consumed {
  capacityUnit: CapacityUnit;
}
export interface TableMeta {
  tableName: string;
  primaryKey: { name: string; type: number; option?: number }[];
  definedColumn: { name: string; type: number }[];
}
export interface TableOptions {
  timeToLive?: number;
  maxVersions?: number;
  deviationCellVersionInSec?: number;
  allowUpdate?: boolean;
}
export interface ThroughputDetails {
  capacityUnit: CapacityUnit;
  lastIncreaseTime: number;
  lastDecreaseTime?: number;
}
export interface CreateTableRequest {
  tableMeta: TableMeta;
  reservedThroughput: { capacityUnit: CapacityUnit };
  tableOptions?: TableOptions;
  streamSpec?: { enableStream: boolean };
  indexMetas: { name: string }[];
}
export interface UpdateTableRequest {
  tableName: string;
  reservedThroughput?: { capacityUnit: CapacityUnit };
  tableOptions?: TableOptions;
  streamSpec?: { enableStream: boolean };
}
export interface UpdateTableResponse {
  reservedThroughputDetails: ThroughputDetails;
  tableOptions: TableOptions;
}
export interface DescribeTableResponse extends UpdateTableResponse {
  tableMeta: TableMeta;
  tableStatus: number;
}
export interface TableNamed {
  tableName: string;
}
export interface Condition {
  rowExistence: number;
  columnCondition?: Buffer;
}
export interface ReturnContent {
  returnType?: number;
  returnColumnNames: string[];
}
/** What a read asks for beside the rows; the same in GetRow, BatchGetRow and GetRange. */
export interface Selection {
  columnsToGet: string[];
  timeRange?: { startTime?: number; endTime?: number; specificTime?: number };
  maxVersions?: number;
  filter?: Buffer;
  startColumn?: string;
  endColumn?: string;
}
export interface GetRowRequest extends Selection {
  tableName: string;
  primaryKey: Buffer;
  transactionId?: string;
}
export interface GetRowResponse {
  consumed: Consumed;
  row: Buffer;
}
/** What the writes of one row have in common; each carries the row under its own name. */
export interface WriteRequest {
  tableName: string;
  condition: Condition;
  returnContent?: ReturnContent;
  transactionId?: string;
}
export interface PutRowRequest extends WriteRequest {
  row: Buffer;
}
export interface UpdateRowRequest extends WriteRequest {
  rowChange: Buffer;
}
export interface DeleteRowRequest extends WriteRequest {
  primaryKey: Buffer;
}
export interface WriteRowResponse {
  consumed: Consumed;
  row?: Buffer;
}
export interface BatchGetRowRequest {
  tables: (Selection & { tableName: string; primaryKey: Buffer[] })[];
}
export interface RowInBatchWrite {
  type: number;
  rowChange: Buffer;
  condition: Condition;
  returnContent?: ReturnContent;
}
export interface BatchWriteRowRequest {
  tables: { tableName: string; rows: RowInBatchWrite[] }[];
  transactionId?: string;
}
export interface RowInBatchResponse {
  isOk: boolean;
  error?: { code: string; message?: string };
  consumed?: Consumed;
  row?: Buffer;
}
export interface BatchResponse {
  tables: { tableName: string; rows: RowInBatchResponse[] }[];
}
export interface GetRangeRequest extends Selection {
  tableName: string;
  direction: number;
  limit?: number;
  inclusiveStartPrimaryKey: Buffer;
  exclusiveEndPrimaryKey: Buffer;
  transactionId?: string;
}
export interface GetRangeResponse {
  consumed: Consumed;
  rows: Buffer;
  nextStartPrimaryKey?: Buffer;
}
export interface FilterMessage {
  type: number;
  filter: Buffer;
}

/** Turns one kind of message into bytes and back. */
export interface Codec<T extends object> {
  encode(value: T): Buffer;
  /** Fields that were not sent are missing, repeated ones are empty. Throws OTSParameterInvalid. */
  decode(bytes: Buffer, complaint?: string): T;
}

const root = parse(MESSAGE_SCHEMA).root.resolveAll();

function codec<T extends object>(name: string): Codec<T> {
  const type = root.lookupType(name);
  return {
    encode(value) {
      const bytes = type.encode(value).finish();
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    decode(bytes, complaint = 'Failed to parse the ProtoBuf message.') {
      try {
        return type.toObject(type.decode(bytes), { arrays: true, longs: Number }) as T;
      } catch {
        throw parameterInvalid(complaint);
      }
    },
  };
}

export const MESSAGES = {
  error: codec<{ code: string; message: string }>('Error'),
  empty: codec<Record<string, never>>('CreateTableResponse'),
  createTable: codec<CreateTableRequest>('CreateTableRequest'),
  updateTable: codec<UpdateTableRequest>('UpdateTableRequest'),
  updatedTable: codec<UpdateTableResponse>('UpdateTableResponse'),
  describeTable: codec<TableNamed>('DescribeTableRequest'),
  describedTable: codec<DescribeTableResponse>('DescribeTableResponse'),
  listTable: codec<Record<string, never>>('ListTableRequest'),
  listedTables: codec<{ tableNames: string[] }>('ListTableResponse'),
  deleteTable: codec<TableNamed>('DeleteTableRequest'),
  getRow: codec<GetRowRequest>('GetRowRequest'),
  gotRow: codec<GetRowResponse>('GetRowResponse'),
  putRow: codec<PutRowRequest>('PutRowRequest'),
  updateRow: codec<UpdateRowRequest>('UpdateRowRequest'),
  deleteRow: codec<DeleteRowRequest>('DeleteRowRequest'),
  wroteRow: codec<WriteRowResponse>('WriteRowResponse'),
  batchGetRow: codec<BatchGetRowRequest>('BatchGetRowRequest'),
  batchWriteRow: codec<BatchWriteRowRequest>('BatchWriteRowRequest'),
  batch: codec<BatchResponse>('BatchResponse'),
  getRange: codec<GetRangeRequest>('GetRangeRequest'),
  gotRange: codec<GetRangeResponse>('GetRangeResponse'),
  filter: codec<FilterMessage>('Filter'),
  singleColumnFilter: codec<{
    comparator: number;
    columnName: string;
    columnValue: Buffer;
    filterIfMissing: boolean;
    latestVersionOnly: boolean;
  }>('SingleColumnValueFilter'),
  compositeFilter: codec<{ combinator: number; subFilters: FilterMessage[] }>('CompositeColumnValueFilter'),
  paginationFilter: codec<{ offset: number; limit: number }>('ColumnPaginationFilter'),
} as const;
