import type { Catalog } from './catalog.ts';
import { type Change, type ChangeKind, parseChange } from './change.ts';
import { parameterInvalid, TablestoreFailure } from './failure.ts';
import { LIMITS } from './limits.ts';
import type {
  BatchGetRowRequest,
  BatchResponse,
  BatchWriteRowRequest,
  Consumed,
  RowInBatchResponse,
} from './messages.ts';
import { encodeRow } from './plain-buffer-writer.ts';
import type { Rows } from './rows.ts';

const KINDS: Readonly<Record<number, ChangeKind>> = { 1: 'PUT', 2: 'UPDATE', 3: 'DELETE' };

/** Reads many rows; what is wrong with one row stands in its own answer. */
export async function batchGet(
  catalog: Catalog,
  rows: Rows,
  request: BatchGetRowRequest,
): Promise<BatchResponse> {
  const { tables } = request;
  const count = tables.reduce((sum, table) => sum + table.primaryKey.length, 0);
  if (tables.length === 0) throw parameterInvalid('No row specified in the request of BatchGetRow.');
  refuseNamesakes(tables);
  if (count > LIMITS.rowsPerBatchGet) {
    throw parameterInvalid(`Rows count exceeds the upper limit: ${LIMITS.rowsPerBatchGet}.`);
  }
  return answer(tables, ({ tableName, primaryKey, ...selection }) =>
    primaryKey.map((key) => outcome(async () => rows.get(catalog.open(tableName), key, selection))),
  );
}

/**
 * Writes many rows, each by itself. A request that is malformed writes nothing; what a table or a row refuses stands
 * in that row's answer.
 */
export async function batchWrite(
  catalog: Catalog,
  rows: Rows,
  request: BatchWriteRowRequest,
): Promise<BatchResponse> {
  const { tables } = request;
  if (request.transactionId) throw parameterInvalid('TransactionID is invalid.');
  if (tables.length === 0) throw parameterInvalid('No row is specified in BatchWriteRow.');
  refuseNamesakes(tables);
  const count = tables.reduce((sum, table) => sum + table.rows.length, 0);
  if (count > LIMITS.rowsPerBatchWrite) {
    throw parameterInvalid(`Rows count exceeds the upper limit: ${LIMITS.rowsPerBatchWrite}.`);
  }
  const parsed = tables.map(({ tableName, rows: changes }) => {
    if (changes.length === 0) throw parameterInvalid(`No operation is specified for table: '${tableName}'.`);
    const list = changes.map(({ type, rowChange, condition, returnContent }) => {
      const kind = KINDS[type];
      if (!kind) throw parameterInvalid('The type of row in batch write operation is invalid.');
      return parseChange(kind, rowChange, condition, returnContent);
    });
    refuseConditionsOnRepeated(list);
    return { tableName, changes: list };
  });
  const size = parsed.flatMap(({ changes }) => changes).reduce((sum, change) => sum + change.size, 0);
  if (size > LIMITS.writeSize) {
    throw parameterInvalid(
      `The total data size of BatchWriteRow request exceeds the limit, limit size: ${LIMITS.writeSize}, data size: ${size}.`,
    );
  }
  return answer(parsed, ({ tableName, changes }) =>
    changes.map((change) => outcome(async () => rows.write(catalog.open(tableName), change))),
  );
}

async function answer<T extends { tableName: string }>(
  tables: readonly T[],
  outcomes: (table: T) => Promise<RowInBatchResponse>[],
): Promise<BatchResponse> {
  const started = tables.map((table) => ({ tableName: table.tableName, rows: outcomes(table) }));
  return {
    tables: await Promise.all(
      started.map(async ({ tableName, rows }) => ({ tableName, rows: await Promise.all(rows) })),
    ),
  };
}

async function outcome(
  task: () => Promise<{ consumed: Consumed; row?: Buffer }>,
): Promise<RowInBatchResponse> {
  try {
    const { consumed, row } = await task();
    return { isOk: true, consumed, ...(row && { row }) };
  } catch (error) {
    if (!(error instanceof TablestoreFailure)) throw error;
    return { isOk: false, error: { code: error.code, message: error.message } };
  }
}

function refuseNamesakes(tables: readonly { tableName: string }[]): void {
  const names = new Set<string>();
  for (const { tableName } of tables) {
    if (names.has(tableName)) throw parameterInvalid(`Duplicated table name: '${tableName}'.`);
    names.add(tableName);
  }
}

/** A row may be written twice in a batch, but then without conditions. */
function refuseConditionsOnRepeated(changes: readonly Change[]): void {
  const byKey = new Map<string, Change[]>();
  for (const change of changes) {
    if (change.key.some(({ value }) => value?.type === 'AUTO_INCREMENT')) continue;
    const key = encodeRow({ key: change.key, cells: [], deleted: false }).toString('latin1');
    byKey.set(key, [...(byKey.get(key) ?? []), change]);
  }
  for (const same of byKey.values()) {
    if (same.length < 2) continue;
    if (same.some(({ existence }) => existence !== 'IGNORE')) {
      throw parameterInvalid('Repeated rows do not support row exist expectation check in BatchModify.');
    }
    if (same.some(({ condition }) => condition)) {
      throw parameterInvalid('Repeated rows do not support row condition check in BatchModify.');
    }
  }
}
