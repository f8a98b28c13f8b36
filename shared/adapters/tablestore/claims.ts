import { createHash } from 'node:crypto';
import type { Save } from '../../claim/action.ts';
import type { Claim } from '../../claim/claim.ts';
import {
  type ClaimKey,
  formatClaimKey,
  formatIdentity,
  type Identity,
  KINDS,
  type Kind,
  parseClaimKey,
} from '../../claim/identity.ts';
import type { Moment } from '../../claim/moment.ts';
import type { ClaimStore, DueClaim, Log } from '../../reconcile/ports.ts';
import { coalesce } from '../coalesce.ts';
import { createAddressLocks } from './address-locks.ts';
import { decodeClaim, encodeClaim } from './claim-codec.ts';
import { INF_MAX, INF_MIN, type PrimaryKey, type Row, type RowChange, type Tables } from './table.ts';

/** Rows of one BatchGetRow. Source: Tablestore, limits. */
const MOST_READ = 100;
const PAGE = 1_000;
const DEADLINE_BUCKETS = '0123456789abcdef';

const bucketOf = (name: string, digits: number) =>
  createHash('sha256').update(name).digest('hex').slice(0, digits);

/** Both claims of a pod lie side by side, and the pods of one cluster all over the table. */
const claimKey = (key: ClaimKey): PrimaryKey => [
  ['bucket', bucketOf(formatIdentity(key), 2)],
  ['claim', formatClaimKey(key)],
];

const addressKey = (name: string): PrimaryKey => [
  ['bucket', bucketOf(name, 2)],
  ['address', name],
];

const suspectKey = (name: string): PrimaryKey => addressKey(`suspect:${name}`);

const deadlineKey = ({ key, dueAt }: DueClaim): PrimaryKey => {
  const name = formatClaimKey(key);
  return [
    ['bucket', bucketOf(name, 1)],
    ['dueAt', dueAt],
    ['claim', name],
  ];
};

function toDue({ claim, dueAt }: Row): readonly DueClaim[] {
  const key = parseClaimKey(String(claim));
  return key && typeof dueAt === 'number' ? [{ key, dueAt }] : [];
}

/** Claims, address locks, deadlines and history in Tablestore. */
export function createClaimStore(tables: Tables, log: Log, moment: () => Moment): ClaimStore {
  const readRow = coalesce<{ table: string; key: PrimaryKey }, Row | undefined>(
    async (asked) => {
      const rows = new Map<object, Row | undefined | Error>();
      for (const table of new Set(asked.map((one) => one.table))) {
        const mine = asked.filter((one) => one.table === table);
        const found = await tables.getEach(
          table,
          mine.map(({ key }) => key),
        );
        for (const [index, one] of mine.entries()) rows.set(one, found[index]);
      }
      return asked.map((one) => rows.get(one));
    },
    {
      most: MOST_READ,
      nameOf: ({ table, key }) => `${table}\n${key.map(([, value]) => String(value)).join('\n')}`,
    },
  );
  const write = async (change: RowChange) => (await tables.change(change)) !== undefined;

  const readClaimRow = (key: ClaimKey) => readRow({ table: 'claims', key: claimKey(key) });
  /** The claim of a row; undefined where it cannot be read, which stops that claim and no other. */
  const decodeOrReport = (row: Row): Claim | undefined => {
    try {
      return decodeClaim(row);
    } catch (error) {
      log.warn('a record is left alone', { key: String(row.claim), err: error });
      return undefined;
    }
  };
  const locks = createAddressLocks({
    read: (name) => readRow({ table: 'addresses', key: addressKey(name) }),
    write,
    keyOf: addressKey,
    claim: async (key) => {
      const row = await readClaimRow(key);
      return row && decodeClaim(row);
    },
    moment,
  });

  const putDeadline = async (due: DueClaim, row: Row): Promise<void> => {
    await write({ table: 'deadlines', key: deadlineKey(due), expect: { kind: 'any' }, row });
  };
  const dropDeadline = async (due: DueClaim): Promise<void> => {
    await write({ table: 'deadlines', key: deadlineKey(due), expect: { kind: 'any' }, row: undefined });
  };

  const compareAndSet = (next: Claim): Promise<boolean> =>
    write({
      table: 'claims',
      key: claimKey(next.key),
      expect: next.rev === 1 ? { kind: 'absent' } : { kind: 'equals', column: 'rev', value: next.rev - 1 },
      row: encodeClaim(next),
    });

  return {
    async read(identity: Identity) {
      const claims: Partial<Record<Kind, Claim>> = {};
      const unreadable: Kind[] = [];
      const rows = await Promise.all(KINDS.map((kind) => readClaimRow({ ...identity, kind })));
      for (const [index, kind] of KINDS.entries()) {
        const row = rows[index];
        if (!row) continue;
        const claim = decodeOrReport(row);
        if (claim) claims[kind] = claim;
        else unreadable.push(kind);
      }
      return { claims, unreadable };
    },

    async save({ next, deadline, lock: address, unlock: freed, ended }: Save) {
      const name = formatClaimKey(next.key);
      await Promise.all([
        // Before the claim that it serves: a claim without its deadline would be kept for ever, a deadline without its
        // claim costs one read.
        deadline === undefined
          ? undefined
          : putDeadline({ key: next.key, dueAt: deadline }, { rev: next.rev }),
        ended &&
          write({
            table: 'history',
            key: [
              ['bucket', bucketOf(ended.address, 2)],
              ['address', ended.address],
              ['at', ended.from],
              ['claim', name],
            ],
            expect: { kind: 'any' },
            row: { until: ended.to, podUid: ended.podUid, allocationId: ended.allocationId },
          }),
      ]);
      if (address === undefined) {
        if (!(await compareAndSet(next))) return 'conflict';
      } else if (next.key.kind === 'eip' && next.origin === 'auto') {
        // No other claim takes an EIP whose buyer is about to save it: lock and claim go in one round trip.
        const [owner, saved] = await Promise.all([locks.take(address, name), compareAndSet(next)]);
        if (owner)
          log.warn('a bought EIP is locked by another claim', { key: name, allocationId: address, owner });
        if (!saved) return 'conflict';
      } else {
        const owner = await locks.take(address, name);
        if (owner) return { lockedBy: owner };
        if (!(await compareAndSet(next))) return 'conflict';
      }
      if (freed !== undefined) await locks.letGo(freed, name);
      return 'saved';
    },

    lockedBy: locks.heldBy,

    async forget(claim) {
      await write({
        table: 'claims',
        key: claimKey(claim.key),
        expect: { kind: 'equals', column: 'rev', value: claim.rev },
        row: undefined,
      });
    },

    async *all() {
      let start: PrimaryKey | undefined = [
        ['bucket', INF_MIN],
        ['claim', INF_MIN],
      ];
      while (start) {
        const { rows, next }: { rows: readonly Row[]; next: PrimaryKey | undefined } = await tables.range(
          'claims',
          start,
          [
            ['bucket', INF_MAX],
            ['claim', INF_MAX],
          ],
          PAGE,
        );
        const claims: Claim[] = [];
        const unreadable: ClaimKey[] = [];
        for (const row of rows) {
          const claim = decodeOrReport(row);
          const key = claim ? undefined : parseClaimKey(String(row.claim));
          if (claim) claims.push(claim);
          if (key) unreadable.push(key);
        }
        yield { claims, unreadable };
        start = next;
      }
    },

    async due(now, limit) {
      const buckets = await Promise.all(
        [...DEADLINE_BUCKETS].map((bucket) =>
          tables.range(
            'deadlines',
            [
              ['bucket', bucket],
              ['dueAt', INF_MIN],
              ['claim', INF_MIN],
            ],
            [
              ['bucket', bucket],
              ['dueAt', now + 1],
              ['claim', INF_MIN],
            ],
            limit,
          ),
        ),
      );
      const due = buckets.flatMap((page) => page.rows).flatMap(toDue);
      due.sort((a, b) => a.dueAt - b.dueAt);
      return due.slice(0, limit);
    },

    async postpone(due, until) {
      await putDeadline({ ...due, dueAt: until }, { postponedFrom: due.dueAt });
      await dropDeadline(due);
    },

    dropDeadline,

    async suspect(name, now) {
      const key = suspectKey(name);
      if (await write({ table: 'addresses', key, expect: { kind: 'absent' }, row: { suspectedAt: now } }))
        return now;
      const mark = (await readRow({ table: 'addresses', key }))?.suspectedAt;
      return typeof mark === 'number' ? mark : now;
    },

    async clearSuspect(name) {
      await write({
        table: 'addresses',
        key: suspectKey(name),
        expect: { kind: 'any' },
        row: undefined,
      });
    },
  };
}
