import type { Kind } from '../../../shared/claim/identity.ts';
import type { PodAudit } from '../cluster/cluster.ts';
import { claimNameOf, type Pod } from '../cluster/pod.ts';
import type { Broken } from '../rules.ts';
import { wishOf } from './wishes.ts';

/** What an identity is owed: the address that its pod was told, until it may be given back. */
interface Entry {
  address: string | undefined;
  /** Epoch ms; for ever while a pod that is owed the address lives. */
  until: number;
  /** What `until` was before the pod that lives now was created. */
  before: number;
  /** The shortest retention that the living pod has asked for. */
  keepMs: number;
  pod: Pod | undefined;
  /** When the last pod that asked for it ended, epoch ms. */
  endedAt: number;
  /** The living pod was told an address. */
  told: boolean;
}
export type Owed = Readonly<Entry>;

/** Who is owed which address, by the names of claims. */
export interface Ledger extends Pick<PodAudit, 'created' | 'changed' | 'ended' | 'told'> {
  /** The pod of this claim is given an address: the one that it is owed, where it still is. */
  gets(claim: string, address: string): void;
  /** A person has done something to this EIP or private IP: nothing is owed any more. */
  touchedByHand(address: string): void;
  of(claim: string): Owed | undefined;
  all(): readonly (readonly [claim: string, owed: Owed])[];
  isStillDue(owed: Owed): boolean;
  /** For how long it is owed. */
  word(owed: Owed): string;
}

/** A private IP goes to no other name for so long after its pod. Source: docs/promises.md. */
const COOL_DOWN_MS = 60_000;

const KINDS = ['eip', 'ip'] as const;

export function createLedger(now: () => number, broken: Broken): Ledger {
  const entries = new Map<string, Entry>();
  const takenByHand = new Set<string>();

  const entryOf = (claim: string): Entry => {
    const known = entries.get(claim);
    if (known) return known;
    const fresh = newEntry();
    entries.set(claim, fresh);
    return fresh;
  };

  const begin = (pod: Pod, kind: Kind) => {
    const wish = wishOf(pod, kind);
    if (wish === 'no') return;
    const due = entryOf(claimNameOf(pod, kind));
    due.pod = pod;
    due.told = false;
    due.before = due.until;
    due.keepMs = wish === 'unclear' ? Number.POSITIVE_INFINITY : wish.keepMs;
    if (due.address !== undefined && now() < due.until) due.until = Number.POSITIVE_INFINITY;
    else due.address = undefined;
  };

  const end = (pod: Pod, kind: Kind) => {
    const due = entries.get(claimNameOf(pod, kind));
    if (due?.pod !== pod) return;
    due.pod = undefined;
    due.endedAt = now();
    // A pod that came and went untold may never have been seen: the promise to the one before it stands, or its own.
    const keepMs = kind === 'ip' ? Math.max(due.keepMs, COOL_DOWN_MS) : due.keepMs;
    due.until = due.told ? now() + keepMs : Math.min(due.before, now() + keepMs);
  };

  const change = (pod: Pod, kind: Kind) => {
    const due = entries.get(claimNameOf(pod, kind));
    const wish = wishOf(pod, kind);
    if (due?.pod !== pod) {
      if (pod.exists && pod.phase !== 'Failed') begin(pod, kind);
    } else if (wish === 'no') end(pod, kind);
    else if (wish !== 'unclear') due.keepMs = Math.min(due.keepMs, wish.keepMs);
  };

  const word = ({ until }: Owed) =>
    until === Number.POSITIVE_INFINITY ? 'for ever' : `for ${until - now()} ms more`;

  return {
    created(pod) {
      for (const kind of KINDS) begin(pod, kind);
    },
    changed(pod) {
      for (const kind of KINDS) change(pod, kind);
    },
    ended(pod) {
      for (const kind of KINDS) end(pod, kind);
    },
    told(pod, kind, reason, address) {
      if (reason !== 'Bound' || address === undefined) return;
      const claim = claimNameOf(pod, kind);
      const due = entries.get(claim);
      if (due?.pod !== pod) return;
      if (due.address !== undefined && due.address !== address && now() < due.until)
        broken('another address', `${claim} is owed ${due.address}, and is told ${address}`);
      // A slow function can still tell of what a person has taken away meanwhile.
      due.address = takenByHand.has(address) ? undefined : address;
      due.told = true;
      due.until = Number.POSITIVE_INFINITY;
    },
    gets(claim, address) {
      const due = entries.get(claim);
      if (!due?.pod || due.address === undefined || due.address === address || now() >= due.until) return;
      broken('another address', `${claim} is owed ${due.address} ${word(due)}, and gets ${address}`);
    },
    touchedByHand(address) {
      takenByHand.add(address);
      for (const due of entries.values()) if (due.address === address) due.address = undefined;
    },
    of: (claim) => entries.get(claim),
    all: () => [...entries],
    isStillDue: (owed) => now() < dueUntil(owed),
    word,
  };
}

const newEntry = (): Entry => ({
  address: undefined,
  until: 0,
  before: 0,
  keepMs: 0,
  pod: undefined,
  endedAt: 0,
  told: false,
});

/** A pod that is being deleted before it was told of an address is given none: what was owed before it still is. */
const dueUntil = ({ pod, told, before, until }: Owed): number =>
  pod?.deletedAt !== undefined && !told ? before : until;
