import { invalidPrimaryKey, parameterInvalid } from './failure.ts';
import { isName, LIMITS } from './limits.ts';
import type { CapacityUnit, CreateTableRequest, TableOptions } from './messages.ts';
import type { Cell } from './plain-buffer.ts';
import type { CellValue, ValueType } from './value.ts';

export interface KeyColumn {
  readonly name: string;
  readonly type: 'INTEGER' | 'STRING' | 'BLOB';
  readonly autoIncrement: boolean;
}

export interface Table {
  /** Tells the rows of this table from those of an older one of the same name. */
  readonly id: number;
  readonly name: string;
  readonly key: readonly KeyColumn[];
  readonly definedColumns: readonly { readonly name: string; readonly type: number }[];
  readonly options: Required<TableOptions>;
  readonly throughput: Required<CapacityUnit>;
  /** Cloud time, ms. */
  readonly createdAt: number;
  readonly updatedAt?: number;
  readonly deletedAt?: number;
}

const KEY_TYPES: Readonly<Record<number, KeyColumn['type']>> = { 1: 'INTEGER', 2: 'STRING', 3: 'BLOB' };
const KEY_TYPE_CODES: Readonly<Record<KeyColumn['type'], number>> = { INTEGER: 1, STRING: 2, BLOB: 3 };
const AUTO_INCREMENT_OPTION = 1;

const DEFAULT_DEVIATION_SECONDS = 86_400;
const SHORTEST_TIME_TO_LIVE_SECONDS = 86_400;

/** Checks a request and makes the table that it describes. Throws OTSParameterInvalid. */
export function tableOf(request: CreateTableRequest, id: number, now: number): Table {
  const { tableMeta, reservedThroughput, tableOptions = {}, streamSpec, indexMetas } = request;
  if (!isName(tableMeta.tableName)) throw parameterInvalid(`Invalid table name: '${tableMeta.tableName}'.`);
  if (indexMetas.length > 0)
    throw parameterInvalid('The local cloud has no secondary indexes: leave indexMetas out.');
  refuseStream(streamSpec);
  const { read, write } = reservedThroughput.capacityUnit;
  if (read === undefined || write === undefined) {
    throw parameterInvalid('Both read and write capacity unit are required to create table.');
  }
  if (tableOptions.timeToLive === undefined)
    throw parameterInvalid('Time-to-live is missing while creating table.');
  if (tableOptions.maxVersions === undefined)
    throw parameterInvalid('MaxVersions is missing while creating table.');
  if (tableMeta.definedColumn.length > LIMITS.definedColumns) {
    throw parameterInvalid(`The number of defined columns must be in range: [0, ${LIMITS.definedColumns}].`);
  }
  return {
    id,
    name: tableMeta.tableName,
    key: keyOf(tableMeta.primaryKey, tableMeta.tableName),
    definedColumns: tableMeta.definedColumn,
    options: mergeOptions(undefined, tableOptions),
    throughput: mergeThroughput(undefined, { read, write }),
    createdAt: now,
  };
}

export function refuseStream(spec: { enableStream: boolean } | undefined): void {
  if (spec?.enableStream)
    throw parameterInvalid('The local cloud has no streams: set enableStream to false.');
}

function keyOf(columns: CreateTableRequest['tableMeta']['primaryKey'], tableName: string): KeyColumn[] {
  if (columns.length === 0 || columns.length > LIMITS.keyColumns) {
    throw parameterInvalid(`The number of primary key columns must be in range: [1, ${LIMITS.keyColumns}].`);
  }
  const names = new Set<string>();
  const key = columns.map(({ name, type: code, option }) => {
    if (!isName(name)) throw parameterInvalid(`Invalid column name: '${name}'.`);
    if (names.has(name)) throw parameterInvalid(`Duplicated primary key name: '${name}'.`);
    names.add(name);
    const type = KEY_TYPES[code];
    if (!type) throw parameterInvalid(`${code} is an invalid type for the primary key.`);
    const autoIncrement = option === AUTO_INCREMENT_OPTION;
    if (autoIncrement && type !== 'INTEGER')
      throw parameterInvalid('AUTO_INCREMENT primary key must be integer.');
    return { name, type, autoIncrement };
  });
  if (key[0]?.autoIncrement) {
    throw parameterInvalid(`First primary key can't be auto increment, table: ${tableName}.`);
  }
  if (key.filter((column) => column.autoIncrement).length > 1) {
    throw parameterInvalid('AUTO_INCREMENT primary key count must <= 1.');
  }
  return key;
}

export const keyMetaOf = (table: Table) =>
  table.key.map(({ name, type, autoIncrement }) => ({
    name,
    type: KEY_TYPE_CODES[type],
    ...(autoIncrement && { option: AUTO_INCREMENT_OPTION }),
  }));

/** The options after a change; what the change leaves out stays. Throws OTSParameterInvalid. */
export function mergeOptions(
  before: Required<TableOptions> | undefined,
  change: TableOptions,
): Required<TableOptions> {
  const after = {
    timeToLive: change.timeToLive ?? before?.timeToLive ?? -1,
    maxVersions: change.maxVersions ?? before?.maxVersions ?? 1,
    deviationCellVersionInSec:
      change.deviationCellVersionInSec ?? before?.deviationCellVersionInSec ?? DEFAULT_DEVIATION_SECONDS,
    allowUpdate: change.allowUpdate ?? before?.allowUpdate ?? true,
  };
  if (after.timeToLive === 0 || after.timeToLive < -1) {
    throw parameterInvalid('TimeToLive cannot be 0 or less than -1.');
  }
  if (after.timeToLive !== -1 && after.timeToLive < SHORTEST_TIME_TO_LIVE_SECONDS) {
    throw parameterInvalid(
      `TimeToLive must be -1 or at least ${SHORTEST_TIME_TO_LIVE_SECONDS} seconds, got ${after.timeToLive}.`,
    );
  }
  if (after.maxVersions <= 0)
    throw parameterInvalid('The maximum versions cannot be less than or equal to 0.');
  if (after.maxVersions > 1) {
    throw parameterInvalid(
      `The local cloud keeps one version of a column: set maxVersions to 1, got ${after.maxVersions}.`,
    );
  }
  if (after.deviationCellVersionInSec <= 0) {
    throw parameterInvalid('The maximum deviation must be in range [0, INT64_MAX/1000000].');
  }
  return after;
}

export function mergeThroughput(
  before: Required<CapacityUnit> | undefined,
  change: CapacityUnit,
): Required<CapacityUnit> {
  const after = { read: change.read ?? before?.read ?? 0, write: change.write ?? before?.write ?? 0 };
  for (const units of [after.read, after.write]) {
    if (units < 0)
      throw parameterInvalid(`Invalid Capacity Unit:${units} . Capacity Unit must be nonnegative.`);
  }
  return after;
}

/** The values of a row's primary key. Throws OTSInvalidPK or OTSParameterInvalid where they do not fit the table. */
export function keyValuesOf(
  table: Table,
  cells: readonly Cell[],
  allowed: readonly ValueType[] = [],
): CellValue[] {
  if (cells.length !== table.key.length) {
    throw invalidPrimaryKey(`Validate PK size fail. Input: ${cells.length}, Meta: ${table.key.length}.`);
  }
  return table.key.map((column, index) => keyValueOf(column, cells[index] as Cell, allowed));
}

function keyValueOf(column: KeyColumn, { name, value }: Cell, allowed: readonly ValueType[]): CellValue {
  if (name !== column.name) {
    throw invalidPrimaryKey(`Validate PK name fail. Input: ${name}, Meta: ${column.name}.`);
  }
  if (!value) throw parameterInvalid(`No value is given for primary key name:${name}.`);
  if (allowed.includes(value.type)) {
    if (value.type === 'AUTO_INCREMENT' && !column.autoIncrement) {
      throw invalidPrimaryKey(`Validate PK type fail. Input: VT_AUTO_INCREMENT, Meta: VT_${column.type}.`);
    }
    return value;
  }
  if (value.type === 'AUTO_INCREMENT')
    throw parameterInvalid("PKAutoIncr can't be used for read operations.");
  if (value.type === 'INF_MIN' || value.type === 'INF_MAX') {
    throw parameterInvalid(`VT_${value.type} is an invalid type for the primary key.`);
  }
  if (value.type !== column.type) {
    throw invalidPrimaryKey(`Validate PK type fail. Input: VT_${value.type}, Meta: VT_${column.type}.`);
  }
  return value;
}
