import { isIPv4 } from '../../net/ipv4.ts';
import type { Lane, Quota, ReleaseSwitch } from '../../reconcile/ports.ts';
import { failure } from '../failure.ts';
import type { ParkingBook, ParkingBooks } from '../openapi/parking.ts';
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

/** An API in the settings that nobody calls: a typo, whose quota would silently stay what it is. */
export function problemOfQuotas(quotas: QuotaTable | undefined): string | undefined {
  const unknown = Object.keys(quotas ?? {}).filter((api) => !Object.hasOwn(DEFAULT_QUOTAS, api));
  if (unknown.length === 0) return undefined;
  return `names ${unknown.join(', ')}; known are ${Object.keys(DEFAULT_QUOTAS).join(', ')}`;
}

const MINUTE_MS = 60_000;
/** Permits that are taken from the store at once, so that most calls cost no round trip; what is left over lapses. */
const BLOCK = 6;

interface Block {
  readonly minute: number;
  left: number;
  /** The window has no more to give. */
  readonly last: boolean;
}

/**
 * Law 10: one window per API and minute for the whole account, as the cloud counts. Each window is a row of its own,
 * which is added to without being read; its table forgets it after a day.
 */
export function createQuota(tables: Tables, now: () => number, quotas: QuotaTable = DEFAULT_QUOTAS): Quota {
  const blocks = new Map<string, Block>();
  const waiting = new Map<string, number>();
  const fetching = new Map<string, Promise<void>>();

  const fetchBlock = async (api: string, lane: Lane, minute: number): Promise<void> => {
    const limit = quotas[api]?.[lane];
    if (limit === undefined) throw new Error(`no quota is known for ${api}; add it to the table`);
    const name = `${api} ${lane}`;
    // A turn, so that all who ask at the same time are counted.
    await Promise.resolve();
    const amount = Math.max(BLOCK, waiting.get(name) ?? 0);
    const after = await tables.change({
      table: 'windows',
      key: [
        ['name', api],
        ['minute', minute],
      ],
      expect: { kind: 'any' },
      row: undefined,
      add: { [lane]: amount },
    });
    const taken = Number(after?.[lane] ?? Number.POSITIVE_INFINITY);
    const left = Math.max(0, Math.min(amount, limit - (taken - amount)));
    blocks.set(name, { minute, left, last: taken >= limit });
  };

  /** The block of this minute, fetched where there is none with a permit left and the window may have more. */
  const blockOf = async (api: string, lane: Lane): Promise<Block> => {
    const name = `${api} ${lane}`;
    const minute = Math.floor(now() / MINUTE_MS);
    const block = blocks.get(name);
    if (block?.minute === minute && (block.left > 0 || block.last)) return block;
    let fetch = fetching.get(name);
    if (!fetch) {
      fetch = fetchBlock(api, lane, minute).finally(() => fetching.delete(name));
      fetching.set(name, fetch);
    }
    await fetch;
    return blockOf(api, lane);
  };

  return {
    async prepare(api, lane) {
      await blockOf(api, lane);
    },
    async take(api, lane) {
      const name = `${api} ${lane}`;
      waiting.set(name, (waiting.get(name) ?? 0) + 1);
      try {
        for (;;) {
          const block = await blockOf(api, lane);
          if (block.left > 0) {
            block.left--;
            return 0;
          }
          // Others who waited for the same block may have used it up: only the window's last one ends the asking.
          if (block.last) return MINUTE_MS - (now() % MINUTE_MS);
        }
      } finally {
        waiting.set(name, (waiting.get(name) ?? 1) - 1);
      }
    },
  };
}

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
