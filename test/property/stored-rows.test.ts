import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeClaim, encodeClaim, SCHEMA } from '../../shared/adapters/tablestore/claim-codec.ts';
import { createClaimStore } from '../../shared/adapters/tablestore/claims.ts';
import { createParkingBooks, createReleaseSwitch } from '../../shared/adapters/tablestore/control.ts';
import type { Row, Tables } from '../../shared/adapters/tablestore/table.ts';
import type { Claim } from '../../shared/claim/claim.ts';
import { formatClaimKey, isClusterId, isNamespaceName, isPodName } from '../../shared/claim/identity.ts';
import type { Log } from '../../shared/reconcile/ports.ts';
import { bound, retained } from '../unit/claim-scene.ts';
import { claimOf, kind } from './claim-worlds.ts';
import { runs } from './effort.ts';

const claim: fc.Arbitrary<Claim> = kind.chain(claimOf).filter((one) => one !== undefined);

/** As the store gives a row back: with the columns of its primary key. */
const stored = (one: Claim): Record<string, Row[string]> => ({
  bucket: '0f',
  claim: formatClaimKey(one.key),
  ...encodeClaim(one),
});

/** A cell as another version, another program or a hand in the console could have written it. */
const cell = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom<Row[string]>(
    ...['', ' ', 'undefined', 'null', 'NaN', '[object Object]', '__proto__', '1', '0x1', '1e9', '١'],
    ...[
      'follow',
      'never',
      'Never',
      '10m',
      '-1h',
      'auto',
      'given',
      'eip',
      'ip',
      'a/b/c/eip',
      'a/b/c',
      '../x/y/ip',
    ],
    ...['Allocating', 'Bound', 'Retained', 'Releasing', 'Released', 'bound', '10.0.0.1', '10.0.0.256', '::1'],
    ...[-1, 0, 1, 2, 1.5, 2 ** 53, 2 ** 60, Number.NaN, Number.POSITIVE_INFINITY],
  ),
);

const COLUMNS = [
  ...new Set(
    [bound('ip', { holdEniId: 'eni-2', lastBinding: bound('ip').binding }), retained('eip')].flatMap((one) =>
      Object.keys(stored(one)),
    ),
  ),
];
const column = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(...COLUMNS, 'token', 'podUid', 'eniId', 'bandwidth', 'reclaim', 'releasedAt'),
  },
  fc.string({ minLength: 1 }),
  fc.constantFrom('__proto__', 'constructor', 'toString'),
);

/** A row of a claim of which some columns are gone, some hold something else, and some are nobody's. */
const damaged: fc.Arbitrary<Row> = fc
  .tuple(claim, fc.dictionary(column, fc.option(cell, { freq: 3 }), { maxKeys: 4 }))
  .map(([one, changes]) => {
    const row = { ...stored(one), ...changes };
    return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Row;
  });

const anyRow: fc.Arbitrary<Row> = fc.dictionary(column, cell) as fc.Arbitrary<Row>;

/** The claim, or the code of the failure by which such a record is left alone. Anything else that is thrown is a fault. */
function read(row: Row): Claim | string {
  try {
    return decodeClaim(row);
  } catch (error) {
    expect(error).toMatchObject({ name: 'Failure', verdict: 'refused' });
    expect((error as Error).message).not.toBe('');
    return (error as { code: string }).code;
  }
}

const isTime = (value: number | undefined) =>
  value === undefined || (Number.isSafeInteger(value) && value >= 0);

/** What every claim keeps, and all that its phase needs. */
function keepsItsRules(one: Claim): boolean {
  const { clusterId, namespace, pod } = one.key;
  const isNamed = isClusterId(clusterId) && isNamespaceName(namespace) && isPodName(pod);
  const isCounted = Number.isSafeInteger(one.rev) && one.rev >= 1 && isTime(one.createdAt);
  const { retention } = one;
  const isKept = retention.kind !== 'after' || isTime(retention.ms);
  return isNamed && isCounted && isKept && hasWhatItsPhaseNeeds(one);
}

function hasWhatItsPhaseNeeds(one: Claim): boolean {
  switch (one.phase) {
    case 'Allocating':
      return (
        one.token !== '' &&
        one.podUid !== '' &&
        one.origin === 'auto' &&
        (one.key.kind === 'eip' || !!one.eniId)
      );
    case 'Bound':
      return isWhere(one.binding) && isAllocated(one) && isTime(one.boundAt);
    case 'Retained':
      return isAllocated(one) && isTime(one.retainUntil);
    case 'Releasing':
      return isAllocated(one);
    case 'Released':
      return isTime(one.releasedAt);
  }
}

const isWhere = ({ podUid, eniId, privateIp }: Extract<Claim, { phase: 'Bound' }>['binding']) =>
  [podUid, eniId, privateIp].every((text) => typeof text === 'string' && text !== '');
const isAllocated = ({
  allocation,
  lastBinding,
}: Extract<Claim, { phase: 'Bound' | 'Retained' | 'Releasing' }>) =>
  allocation.id !== '' &&
  /^\d+\.\d+\.\d+\.\d+$/.test(allocation.address) &&
  (!lastBinding || isWhere(lastBinding));

describe('the row of a claim, whoever wrote it,', () => {
  it('is a claim that keeps its rules, or a broken or newer record', () => {
    fc.assert(
      fc.property(fc.oneof({ weight: 5, arbitrary: damaged }, anyRow), (row) => {
        const one = read(row);
        if (typeof one === 'string') expect(one).toMatch(/^(?:Broken|Newer)Record$/);
        else expect([keepsItsRules(one), one]).toEqual([true, one]);
      }),
      runs(1_500),
    );
  });

  it('is written again as it was read, under the name that it has', () => {
    fc.assert(
      fc.property(damaged, (row) => {
        const one = read(row);
        if (typeof one === 'string') return;
        expect(formatClaimKey(one.key)).toBe(row.claim);
        const { retention: _, ...columns } = encodeClaim(one);
        expect(row).toMatchObject(columns);
        expect(decodeClaim({ claim: formatClaimKey(one.key), ...encodeClaim(one) })).toEqual(one);
      }),
      runs(1_500),
    );
  });

  it('is no claim without a layout that is known', () => {
    const layouts = fc.oneof(cell, fc.integer({ min: -3, max: 3 })).filter((schema) => schema !== SCHEMA);
    fc.assert(
      fc.property(claim, layouts, (one, schema) => {
        const isNewer = typeof schema === 'number' && schema > SCHEMA;
        expect(read({ ...stored(one), schema })).toBe(isNewer ? 'NewerRecord' : 'BrokenRecord');
      }),
      runs(500),
    );
  });

  const row = stored(bound('ip', { lastBinding: bound('ip').binding }));
  const without = (...names: readonly string[]): Row =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));

  it.each<[what: string, row: Row]>([
    ['a revision below one', { ...row, rev: 0 }],
    ['a time before all times', { ...row, boundAt: -1 }],
    ['a layout in text', { ...row, schema: '2' }],
    ['no layout', without('schema')],
    ['an earlier binding without its ENI', without('lastEniId')],
    ['an earlier binding of which only the pod is left', without('lastEniId', 'lastPrivateIp')],
    ['an address that is none', { ...row, address: 'vsw-1' }],
    ["a private IP that is said to be the user's own", { ...row, origin: 'given' }],
    ['a name that no pod can have', { ...row, claim: 'c-1/shop/Web_0/ip' }],
    ['an assignment without its ENI', { ...row, phase: 'Allocating', token: 't', podUid: 'u' }],
  ])('is broken with %s', (_, one) => {
    expect(read(row)).toMatchObject({ phase: 'Bound' });
    expect(read(one)).toBe('BrokenRecord');
  });
});

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {} };

/** Tables in which every row, and every page, is the same. */
const holding = (rows: readonly Row[]): Tables => ({
  get: async (_, keys) => keys.map((__, index) => rows[index]),
  getEach: async (_, keys) => keys.map((__, index) => rows[index]),
  change: async () => undefined,
  write: async (changes) => changes.map(() => false),
  range: async () => ({ rows, next: undefined }),
});

describe('other rows, whoever wrote them,', () => {
  it('give deadlines of claims, or nothing', async () => {
    const due = fc.record({ claim: cell, dueAt: cell }, { requiredKeys: [] }) as fc.Arbitrary<Row>;
    await fc.assert(
      fc.asyncProperty(fc.array(due, { maxLength: 5 }), async (rows) => {
        for (const one of await createClaimStore(holding(rows), silent).due(1, 100)) {
          expect(typeof one.dueAt).toBe('number');
          expect(rows.map((row) => row.claim)).toContain(formatClaimKey(one.key));
        }
      }),
      runs(500),
    );
  });

  it('stop no listing of the claims that stand between them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { maxLength: 5 }), claim, async (rows, one) => {
        const listed: Claim[] = [];
        for await (const page of createClaimStore(holding([...rows, stored(one), ...rows]), silent).all())
          listed.push(...page);
        expect(listed).toContainEqual(one);
      }),
      runs(300),
    );
  });

  const BOOK = ['rev', 'enis', 'open', 'token', 'creatingFor'];

  it('are parking books that can be used and written, or broken ones', async () => {
    const book = fc.dictionary(
      fc.constantFrom(...BOOK),
      fc.oneof(cell, fc.constantFrom('eni-1', 'eni-1,eni-2', ',', 3)),
    );
    await fc.assert(
      fc.asyncProperty(book as fc.Arbitrary<Row>, async (row) => {
        const read = createParkingBooks(holding([row])).read('vsw-1');
        const found = await read.catch((error: unknown) => {
          expect(error).toMatchObject({ verdict: 'refused', code: 'BrokenRecord' });
          return undefined;
        });
        if (!found) return;
        expect([found.rev, found.rev >= 1, found.open >= 0]).toEqual([row.rev, true, true]);
        expect(Number.isSafeInteger(found.open)).toBe(true);
        for (const id of found.enis) expect(id).toMatch(/^eni-/);
        if (found.creating) expect(found.creating).toEqual({ token: row.token, address: row.creatingFor });
      }),
      runs(1_000),
    );
  });

  it('freeze the releases wherever somebody wrote anything but false', async () => {
    await fc.assert(
      fc.asyncProperty(fc.option(cell, { nil: undefined }), async (frozen) => {
        const row = frozen === undefined ? {} : { frozen };
        const isFrozen = await createReleaseSwitch(holding([row])).frozen();
        expect(isFrozen).toBe(frozen !== undefined && frozen !== false);
      }),
      runs(300),
    );
    expect(await createReleaseSwitch(holding([])).frozen()).toBe(false);
  });
});
