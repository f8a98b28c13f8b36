import { isIPv4 } from '../../net/ipv4.ts';
import type { ReleaseSwitch } from '../../reconcile/ports.ts';
import { failure } from '../failure.ts';
import type { ParkingBook, ParkingBooks } from '../openapi/parking.ts';
import type { PrimaryKey, Row, Tables } from './table.ts';

const rowKey = (name: string): PrimaryKey => [['name', name]];

const FREEZE_KEY = rowKey('switch/releases');

export function createReleaseSwitch(tables: Tables): ReleaseSwitch {
  return {
    async frozen() {
      const [row] = await tables.get('control', [FREEZE_KEY]);
      // Set by hand: whatever is written there but `false`, somebody wanted the releases to stop.
      return row?.frozen !== undefined && row.frozen !== false;
    },
  };
}

/**
 * Only without its revision is a book of no use, as it could not be written any more. Else what cannot be read is left
 * out: a full ENI is found to be full again, and one that is missing here is found by its tags.
 */
function readBook(vSwitchId: string, { rev, enis, open, token, creatingFor }: Row): ParkingBook {
  if (!isCount(rev) || rev === 0)
    throw failure('refused', 'BrokenRecord', `the parking book of ${vSwitchId} has no revision`);
  const isCreating = typeof token === 'string' && typeof creatingFor === 'string' && isIPv4(creatingFor);
  return {
    rev,
    enis: String(enis ?? '')
      .split(',')
      .filter((id) => /^eni-[-a-z0-9]+$/i.test(id)),
    open: isCount(open) ? open : 0,
    ...(token && isCreating ? { creating: { token, address: creatingFor } } : {}),
  };
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

export function createParkingBooks(tables: Tables): ParkingBooks {
  const keyOf = (vSwitchId: string) => rowKey(`parking/${vSwitchId}`);
  return {
    async read(vSwitchId) {
      const [row] = await tables.get('control', [keyOf(vSwitchId)]);
      return row ? readBook(vSwitchId, row) : { rev: 0, enis: [], open: 0 };
    },
    async save(vSwitchId, { rev, enis, open, creating }) {
      const row: Row = {
        rev,
        enis: enis.join(','),
        open,
        ...(creating ? { token: creating.token, creatingFor: creating.address } : {}),
      };
      const [saved] = await tables.write([
        {
          table: 'control',
          key: keyOf(vSwitchId),
          expect: rev === 1 ? { kind: 'absent' } : { kind: 'equals', column: 'rev', value: rev - 1 },
          row,
        },
      ]);
      return saved === true;
    },
  };
}
