import type { Lane, Quota } from '../../reconcile/ports.ts';
import type { Tables } from './table.ts';

/** Calls a minute that each lane of an API may make, over all functions of the account. */
export type QuotaTable = Readonly<Record<string, Readonly<Record<Lane, number>>>>;

/**
 * Calls per minute, of every API that is called. Sources: EIP quotas (120 a minute for Allocate, Associate and
 * Unassociate, 600 for Release and Describe); for the ENI calls, whose limits are not published, the rates that Terway
 * limits itself to (500 to create and to delete, 800 to describe, 400 to assign and to unassign). Where both lanes use
 * an API, each has its own share, and something is left for a console and for Terraform. The sweeps read in the lane of
 * the releases: a page has a hundred EIPs, so that its share lists more than 30,000 of them.
 */
export const DEFAULT_QUOTAS: QuotaTable = {
  AllocateEipAddress: { bind: 120, release: 0 },
  AssociateEipAddress: { bind: 120, release: 0 },
  UnassociateEipAddress: { bind: 60, release: 60 },
  ReleaseEipAddress: { bind: 0, release: 300 },
  DescribeEipAddresses: { bind: 200, release: 350 },
  AssignPrivateIpAddresses: { bind: 250, release: 150 },
  UnassignPrivateIpAddresses: { bind: 250, release: 150 },
  DescribeNetworkInterfaces: { bind: 350, release: 350 },
  CreateNetworkInterface: { bind: 100, release: 100 },
  DeleteNetworkInterface: { bind: 0, release: 200 },
};

/** The window of law 8, beside those of the APIs: whatever function gives back an address takes a permit of it first. */
const RELEASES = 'releases';
export const DEFAULT_RELEASES_PER_MINUTE = 200;

/** An API in the settings that nobody calls: a typo, whose quota would silently stay what it is. */
export function problemOfQuotas(quotas: QuotaTable | undefined): string | undefined {
  const unknown = Object.keys(quotas ?? {}).filter((api) => !Object.hasOwn(DEFAULT_QUOTAS, api));
  if (unknown.length === 0) return undefined;
  return `names ${unknown.join(', ')}; known are ${Object.keys(DEFAULT_QUOTAS).join(', ')}`;
}

const MINUTE_MS = 60_000;
/**
 * Permits are taken from the store a block at a time, so that most calls cost no round trip; what is left over lapses
 * with its minute. A block is a twentieth of the window, so that twenty instances can hold one, and at least this many;
 * of a window of a few calls it is a third, so that no instance has all of them.
 */
const USUAL_SMALLEST_BLOCK = 6;
const BLOCKS_IN_WINDOW = 20;
const FEWEST_BLOCKS = 3;

const blockOfWindow = (limit: number): number =>
  Math.max(
    Math.floor(limit / BLOCKS_IN_WINDOW),
    Math.min(USUAL_SMALLEST_BLOCK, Math.max(1, Math.floor(limit / FEWEST_BLOCKS))),
  );
/**
 * What is prepared is used within seconds: an answer of the cloud is looked at a second or two after the call. Where
 * the minute ends before that, the next one's permits are fetched in the same round trip.
 */
const AHEAD_MS = 5_000;

interface Block {
  left: number;
  /** The window has no more to give. */
  last: boolean;
}

/** Permits in hand. They outlive the invocation that fetched them, and belong to all that run in one process. */
export type Permits = Map<string, Block>;

export interface QuotaOptions {
  /** Epoch ms. */
  now(): number;
  readonly quotas?: QuotaTable;
  readonly releasesPerMinute?: number;
  readonly permits?: Permits;
}

/**
 * Law 10: one window per API and minute for the whole account, as the cloud counts. Each window is a row of its own,
 * which is added to without being read; its table forgets it after a day.
 */
export function createQuota(
  tables: Pick<Tables, 'change'>,
  {
    now,
    quotas = DEFAULT_QUOTAS,
    releasesPerMinute = DEFAULT_RELEASES_PER_MINUTE,
    permits = new Map(),
  }: QuotaOptions,
): Quota {
  const windows: QuotaTable = { ...quotas, [RELEASES]: { bind: 0, release: releasesPerMinute } };
  const waiting = new Map<string, number>();
  const fetching = new Map<string, Promise<void>>();
  const minuteAt = (at: number) => Math.floor(at / MINUTE_MS);
  const nameOf = (api: string, lane: Lane, minute: number) => `${api} ${lane} ${minute}`;

  const forgetPast = (minute: number) => {
    for (const name of permits.keys())
      if (Number(name.slice(name.lastIndexOf(' ') + 1)) < minute) permits.delete(name);
  };

  const fetchBlock = async (api: string, lane: Lane, minute: number): Promise<void> => {
    const limit = windows[api]?.[lane];
    if (limit === undefined) throw new Error(`no quota is known for ${api}; add it to the table`);
    const name = nameOf(api, lane, minute);
    // A turn, so that all who ask at the same time are counted.
    await Promise.resolve();
    const amount = Math.max(blockOfWindow(limit), waiting.get(`${api} ${lane}`) ?? 0);
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
    const given = Math.max(0, Math.min(amount, limit - (taken - amount)));
    forgetPast(minuteAt(now()));
    // Another invocation may have fetched at the same time: what it has in hand is not thrown away.
    const inHand = permits.get(name) ?? { left: 0, last: false };
    inHand.left += given;
    inHand.last ||= taken >= limit;
    permits.set(name, inHand);
  };

  /** The block of a minute, fetched where there is none with a permit left and the window may have more. */
  const blockOf = async (api: string, lane: Lane, minute: number): Promise<Block> => {
    const name = nameOf(api, lane, minute);
    for (;;) {
      const block = permits.get(name);
      if (block && (block.left > 0 || block.last)) return block;
      let fetch = fetching.get(name);
      if (!fetch) {
        fetch = fetchBlock(api, lane, minute).finally(() => fetching.delete(name));
        fetching.set(name, fetch);
      }
      await fetch;
      if (minuteAt(now()) > minute) return { left: 0, last: false };
    }
  };

  const take = async (api: string, lane: Lane): Promise<number> => {
    const name = `${api} ${lane}`;
    waiting.set(name, (waiting.get(name) ?? 0) + 1);
    try {
      for (;;) {
        const minute = minuteAt(now());
        const block = await blockOf(api, lane, minute);
        // The minute may be over by the time that its permits are here.
        if (minuteAt(now()) !== minute) continue;
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
  };

  return {
    take,
    mayRelease: async () => (await take(RELEASES, 'release')) === 0,
    async prepare(api, lane) {
      const minutes = new Set([minuteAt(now()), minuteAt(now() + AHEAD_MS)]);
      await Promise.all([...minutes].map((minute) => blockOf(api, lane, minute)));
    },
  };
}
