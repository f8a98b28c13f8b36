import type { Lane, Quota, ReleaseSwitch } from '../../reconcile/ports.ts';
import type { ParkingBooks } from '../openapi/parking.ts';
import type { PrimaryKey, Row, Tables } from './table.ts';

const rowKey = (name: string): PrimaryKey => [['name', name]];

/** Calls a minute that each lane of an API may make, over all functions of the account. */
export type QuotaTable = Readonly<Record<string, Readonly<Record<Lane, number>>>>;

/**
 * Calls per minute. Sources: EIP quotas (120 a minute for Allocate, Associate and Unassociate, 600 for Release);
 * the rates that Terway limits itself to for the ENI calls. Where both lanes use an API, each has its own share.
 */
export const DEFAULT_QUOTAS: QuotaTable = {
  AllocateEipAddress: { bind: 120, release: 0 },
  AssociateEipAddress: { bind: 120, release: 0 },
  UnassociateEipAddress: { bind: 60, release: 60 },
  ReleaseEipAddress: { bind: 0, release: 300 },
  AssignPrivateIpAddresses: { bind: 250, release: 150 },
  UnassignPrivateIpAddresses: { bind: 250, release: 150 },
};

const MINUTE_MS = 60_000;
/** Permits that are taken from the store at once, so that most calls cost no round trip; what is left over lapses. */
const BLOCK = 6;

/**
 * Law 10: one window per API and minute for the whole account, as the cloud counts. A row's `minute` says which window
 * its counters belong to; the first call of a minute sets a new one.
 */
export function createQuota(tables: Tables, now: () => number, quotas: QuotaTable = DEFAULT_QUOTAS): Quota {
  const blocks = new Map<string, { minute: number; left: number }>();
  const turns = new Map<string, Promise<unknown>>();

  const takeBlock = async (api: string, lane: Lane, minute: number, limit: number): Promise<number> => {
    const key = rowKey(`quota/${api}`);
    for (let round = 0; round < 3; round++) {
      const after = await tables.increment(
        'control',
        key,
        { kind: 'equals', column: 'minute', value: minute },
        { [lane]: BLOCK },
      );
      if (after) return Math.max(0, Math.min(BLOCK, limit - (Number(after[lane]) - BLOCK)));
      const [current] = await tables.get('control', [key]);
      if (typeof current?.minute === 'number' && current.minute > minute) return 0;
      // A rival has set it meanwhile: to set it again would give out the minute's calls twice.
      if (current?.minute === minute) continue;
      await tables.write([
        {
          table: 'control',
          key,
          expect: current
            ? { kind: 'equals', column: 'minute', value: current.minute as number }
            : { kind: 'absent' },
          row: { minute, bind: 0, release: 0 },
        },
      ]);
    }
    return 0;
  };

  const take = async (api: string, lane: Lane): Promise<number> => {
    const limit = quotas[api]?.[lane];
    if (limit === undefined) throw new Error(`no quota is known for ${api}; add it to the table`);
    const minute = Math.floor(now() / MINUTE_MS);
    const name = `${api} ${lane}`;
    let block = blocks.get(name);
    if (block?.minute !== minute) block = { minute, left: 0 };
    if (block.left === 0) block = { minute, left: await takeBlock(api, lane, minute, limit) };
    blocks.set(name, { minute, left: Math.max(0, block.left - 1) });
    return block.left > 0 ? 0 : (minute + 1) * MINUTE_MS - now();
  };

  return {
    // One at a time for each lane: two that find an empty block together would both fetch one.
    take(api, lane) {
      const name = `${api} ${lane}`;
      const turn = (turns.get(name) ?? Promise.resolve()).then(() => take(api, lane));
      turns.set(
        name,
        turn.catch(() => {}),
      );
      return turn;
    },
  };
}

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
