import { parameterInvalid } from './failure.ts';
import { type FilterMessage, MESSAGES } from './messages.ts';
import { decodeVariant } from './plain-buffer-reader.ts';
import type { Column } from './row.ts';
import { compareValues, type Value } from './value.ts';

/** A test on a row's columns. Source: Tablestore API reference, "Filter" and "Conditional update". */
export type Test =
  | {
      readonly kind: 'compare';
      readonly column: string;
      readonly comparator: Comparator;
      readonly value: Value;
      readonly passIfMissing: boolean;
    }
  | { readonly kind: 'not' | 'and' | 'or'; readonly tests: readonly Test[] };

/** A window on the columns of each row, in the order of their names. */
export interface Pagination {
  readonly kind: 'pagination';
  readonly offset: number;
  readonly limit: number;
}

const COMPARATORS = {
  1: (order: number) => order === 0,
  2: (order: number) => order !== 0,
  3: (order: number) => order > 0,
  4: (order: number) => order >= 0,
  5: (order: number) => order < 0,
  6: (order: number) => order <= 0,
} as const;
type Comparator = keyof typeof COMPARATORS;
const NOT_EQUAL: Comparator = 2;

const COMBINATORS: Readonly<Record<number, 'not' | 'and' | 'or'>> = { 1: 'not', 2: 'and', 3: 'or' };

const SINGLE_COLUMN = 1;
const COMPOSITE = 2;
const PAGINATION = 3;

/** Most single conditions in one filter. Source: Tablestore "Limits". */
const MOST_CONDITIONS = 10;

/** Reads the filter of a read. Throws OTSParameterInvalid. */
export function parseFilter(bytes: Buffer): Test | Pagination {
  const message = MESSAGES.filter.decode(bytes, 'Deserialize filter failed.');
  return message.type === PAGINATION ? parsePagination(message.filter) : parseCounted(message);
}

/** Reads the column condition of a write. Throws OTSParameterInvalid. */
export const parseCondition = (bytes: Buffer): Test =>
  parseCounted(MESSAGES.filter.decode(bytes, 'Deserialize filter failed.'));

function parseCounted(message: FilterMessage): Test {
  const test = parseTest(message);
  if (countOf(test) > MOST_CONDITIONS) {
    throw parameterInvalid(`The count of filter exceeds the max:${MOST_CONDITIONS}.`);
  }
  return test;
}

const countOf = (test: Test): number =>
  test.kind === 'compare' ? 1 : test.tests.reduce((sum, part) => sum + countOf(part), 0);

function parseTest({ type, filter }: FilterMessage): Test {
  if (type === SINGLE_COLUMN) return parseComparison(filter);
  if (type === COMPOSITE) return parseComposite(filter);
  throw parameterInvalid(`Invalid type of filter: ${type}.`);
}

function parseComparison(bytes: Buffer): Test {
  const message = MESSAGES.singleColumnFilter.decode(bytes, 'Deserialize relation filter failed.');
  if (!isComparator(message.comparator)) {
    throw parameterInvalid(`Invalid relation operator: ${message.comparator}.`);
  }
  return {
    kind: 'compare',
    column: message.columnName,
    comparator: message.comparator,
    value: decodeVariant(message.columnValue),
    passIfMissing: !message.filterIfMissing,
  };
}

const isComparator = (code: number): code is Comparator => code in COMPARATORS;

function parseComposite(bytes: Buffer): Test {
  const message = MESSAGES.compositeFilter.decode(bytes, 'Deserialize composite filter failed.');
  const kind = COMBINATORS[message.combinator];
  if (!kind) throw parameterInvalid(`Invalid type of sub-filter: ${message.combinator}.`);
  const parts = message.subFilters.length;
  if (kind === 'not' && parts !== 1) {
    throw parameterInvalid('Invalid NOT operator: the number of sub-filters must be 1.');
  }
  if (kind !== 'not' && parts < 2) {
    throw parameterInvalid('Invalid AND/OR operator: the number of sub-filters must be 2.');
  }
  return { kind, tests: message.subFilters.map(parseTest) };
}

function parsePagination(bytes: Buffer): Pagination {
  const { offset, limit } = MESSAGES.paginationFilter.decode(
    bytes,
    'Deserialize column pagination filter failed.',
  );
  if (offset < 0)
    throw parameterInvalid('Offset in ColumnPaginationFilter must be greater than or equal to 0.');
  if (limit <= 0) throw parameterInvalid('Limit in ColumnPaginationFilter must be greater than 0.');
  return { kind: 'pagination', offset, limit };
}

/** Whether a row passes. A row that does not exist is one without columns. */
export function passes(test: Test, columns: ReadonlyMap<string, Column>): boolean {
  switch (test.kind) {
    case 'not':
      return !test.tests.some((part) => passes(part, columns));
    case 'and':
      return test.tests.every((part) => passes(part, columns));
    case 'or':
      return test.tests.some((part) => passes(part, columns));
    case 'compare': {
      const column = columns.get(test.column);
      if (!column) return test.passIfMissing;
      const order = compareValues(column.value, test.value);
      // Values of different types are not equal, and neither is the greater.
      return order === undefined ? test.comparator === NOT_EQUAL : COMPARATORS[test.comparator](order);
    }
  }
}
