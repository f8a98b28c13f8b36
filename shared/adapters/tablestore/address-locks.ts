import type { Claim } from '../../claim/claim.ts';
import type { ClaimKey } from '../../claim/identity.ts';
import { parseClaimKey } from '../../claim/identity.ts';
import { ipLock } from '../../claim/ip-steps.ts';
import type { Moment } from '../../claim/moment.ts';
import type { PrimaryKey, Row, RowChange } from './table.ts';

/**
 * Longer than any function lives: the owner of a younger lock may be just about to save the claim that names the
 * address, even where that claim shows nothing of it yet.
 */
const YOUNG_MS = 10 * 60_000;

/** Rivals that take and let go of the same lock at the same time. */
const MOST_TRIES = 4;

export interface LockRows {
  read(name: string): Promise<Row | undefined>;
  /** Whether the expectation held. */
  write(change: RowChange): Promise<boolean>;
  keyOf(name: string): PrimaryKey;
  /** The claim's record; throws where it cannot be read. */
  claim(key: ClaimKey): Promise<Claim | undefined>;
  moment(): Moment;
}

export interface AddressLocks {
  /** Takes the lock on an address; gives its owner where that is another claim. */
  take(name: string, owner: string): Promise<string | undefined>;
  letGo(name: string, owner: string): Promise<void>;
  /** The claim that the lock stands for, where it is held and not stale. */
  heldBy(name: string): Promise<string | undefined>;
}

/**
 * Locks on addresses, one row each. A function that dies between lock and claim, or between claim and unlock, leaves a
 * lock that stands for nothing; such a one is taken over. Every taking writes another time into the row, and a take-over
 * is a compare-and-set on the time that was read: an owner that comes back in between keeps what it has.
 */
export function createAddressLocks({ read, write, keyOf, claim, moment }: LockRows): AddressLocks {
  const put = (name: string, owner: string, expect: RowChange['expect']) =>
    write({
      table: 'addresses',
      key: keyOf(name),
      expect,
      row: { claim: owner, at: moment().latest },
    });

  const isStale = async (name: string, { claim: owner, at }: Row): Promise<boolean> => {
    if (typeof at !== 'number' || moment().earliest - at < YOUNG_MS) return false;
    const key = parseClaimKey(String(owner));
    if (!key) return false;
    try {
      return !mayHold(await claim(key), name);
    } catch {
      // A newer or a broken record: in doubt, it holds what it locked.
      return false;
    }
  };

  /**
   * One of a time to come was set by a clock that was ahead, and would be young until then; one of no time was written by
   * hand, and would be young for ever: they count from now.
   */
  const date = async (name: string, row: Row): Promise<void> => {
    if (typeof row.at === 'number' && row.at <= moment().latest) return;
    await put(name, String(row.claim), asRead(row));
  };

  return {
    async take(name, owner) {
      let current: Row | undefined;
      for (let round = 0; round < MOST_TRIES; round++) {
        if (await put(name, owner, { kind: 'absent' })) return undefined;
        current = await read(name);
        if (current === undefined) continue;
        if (current.claim !== owner && !(await isStale(name, current))) {
          await date(name, current);
          return String(current.claim);
        }
        // The own lock is made young again as well: what it stands for is only now about to be saved.
        if (await put(name, owner, asRead(current))) return undefined;
      }
      return String(current?.claim ?? 'several claims at once');
    },

    async letGo(name, owner) {
      await write({
        table: 'addresses',
        key: keyOf(name),
        expect: { kind: 'equals', column: 'claim', value: owner },
        row: undefined,
      });
    },

    async heldBy(name) {
      const current = await read(name);
      if (current === undefined || (await isStale(name, current))) return undefined;
      await date(name, current);
      return String(current.claim);
    },
  };
}

const asRead = ({ claim, at }: Row): RowChange['expect'] =>
  at === undefined
    ? { kind: 'equals', column: 'claim', value: claim ?? '' }
    : { kind: 'equals', column: 'at', value: at };

/** Whether a claim has, or is about to have, the address of this lock. */
function mayHold(claim: Claim | undefined, name: string): boolean {
  if (claim?.phase === 'Allocating') return true;
  if (!claim || !('allocation' in claim)) return false;
  const { id, address } = claim.allocation;
  return name === (claim.key.kind === 'eip' ? id : ipLock(id, address));
}
