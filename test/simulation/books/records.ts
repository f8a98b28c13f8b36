import type { Row } from '../../../shared/adapters/tablestore/table.ts';
import type { Process } from '../process/process.ts';
import type { Written } from '../row-store.ts';
import type { Broken } from '../rules.ts';

/** What is on record: claims, the addresses that they name, and the switch that freezes releases. */
export interface Records {
  written(written: Written): void;
  /** The claim that names this private IP. */
  holderOfIp(ip: string): string | undefined;
  /** Whoever began before that may have looked at the switch before. */
  isFrozenFor(process: Process): boolean;
}

export interface RecordsOptions {
  now(): number;
  /** The address of a claim is about to be given back, says its record; what says so was sent at this time, epoch ms. */
  onRelease(by: Process, sentAt: number): void;
  readonly broken: Broken;
}

/** Phases that a claim may go to from each. Source: docs/architecture.md, the phases of a claim. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  none: ['Allocating', 'Bound'],
  Released: ['Allocating', 'Bound'],
  Allocating: ['Allocating', 'Bound', 'Retained', 'Released'],
  Bound: ['Bound', 'Retained', 'Allocating', 'Released'],
  Retained: ['Retained', 'Bound', 'Releasing', 'Released'],
  Releasing: ['Bound', 'Retained', 'Released'],
};

/** The layout of a Holdfast to come. */
export const NEWER_SCHEMA = 99;

export function createRecords({ now, onRelease, broken }: RecordsOptions): Records {
  /** Since when releases are frozen. */
  let frozenSince: number | undefined;
  /** The claims that name an address on record, by that address. */
  const holders = new Map<string, string>();

  const letGo = (claim: string) => {
    for (const [address, holder] of holders) if (holder === claim) holders.delete(address);
  };
  const hold = (claim: string, { allocationId, address: ip }: Row) => {
    if (allocationId === undefined) return;
    const address = claim.endsWith('/ip') ? `${allocationId}/${ip}` : String(allocationId);
    const other = holders.get(address);
    if (other !== undefined) broken('two holders', `${address} is in ${other} and in ${claim}`);
    holders.set(address, claim);
  };

  /** One state of a claim follows on another. */
  const follow = (claim: string, before: Row | undefined, after: Row) => {
    const [from, to] = [phaseOf(before), phaseOf(after)];
    if (!NEXT[from]?.includes(to)) broken('phases', `${claim} goes from ${from} to ${to}`);
    const rev = Number(before?.rev ?? 0);
    if (after.rev !== rev + 1)
      broken('revisions', `${claim} goes from revision ${rev} to ${String(after.rev)}`);
  };

  const claimWritten = (claim: string, { before, after, sentAt }: Written, by: Process) => {
    letGo(claim);
    if (after === undefined) {
      const from = phaseOf(before);
      if (from !== 'Released') broken('a record is lost', `${claim} is deleted in ${from}`);
      return;
    }
    if (before?.schema === NEWER_SCHEMA)
      return broken('a newer record', `${claim} is written over in ${phaseOf(after)}`);
    if (after.phase === 'Releasing' && after.origin !== 'given') onRelease(by, sentAt);
    follow(claim, before, after);
    hold(claim, after);
  };

  return {
    written(written) {
      const { table, key, after, by } = written;
      if (table === 'control' && key[0]?.[1] === 'switch/releases')
        frozenSince = after?.frozen === true ? (frozenSince ?? now()) : undefined;
      if (table === 'claims' && by) claimWritten(String(key[1]?.[1]), written, by);
    },
    holderOfIp: (ip) => [...holders].find(([address]) => address.endsWith(`/${ip}`))?.[1],
    isFrozenFor: ({ startedAt }) => frozenSince !== undefined && frozenSince < startedAt,
  };
}

const phaseOf = (row: Row | undefined): string => (row === undefined ? 'none' : String(row.phase));
