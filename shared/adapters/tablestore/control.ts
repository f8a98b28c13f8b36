import type { ReleaseSwitch } from '../../reconcile/ports.ts';
import type { ParkingBooks } from '../openapi/parking.ts';
import type { PrimaryKey, Row, Tables } from './table.ts';

const rowKey = (name: string): PrimaryKey => [['name', name]];

const FREEZE_KEY = rowKey('switch/releases');

export function createReleaseSwitch(tables: Tables): ReleaseSwitch {
  return {
    async frozen() {
      const [row] = await tables.get('control', [FREEZE_KEY]);
      return row?.frozen === true;
    },
  };
}

export function createParkingBooks(tables: Tables): ParkingBooks {
  const keyOf = (vSwitchId: string) => rowKey(`parking/${vSwitchId}`);
  return {
    async read(vSwitchId) {
      const [row] = await tables.get('control', [keyOf(vSwitchId)]);
      if (!row) return { rev: 0, enis: [], open: 0 };
      const enis = String(row.enis ?? '')
        .split(',')
        .filter(Boolean);
      return {
        rev: Number(row.rev),
        enis,
        open: Number(row.open ?? 0),
        ...(row.token ? { creating: { token: String(row.token), address: String(row.creatingFor) } } : {}),
      };
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
