/** Which address a pod's name had, and whether it got the same one back: the story's own book, kept from outside. */
export type AddressKind = 'ip' | 'eip';

export interface Holding {
  /** `<namespace>/<pod>` */
  readonly pod: string;
  readonly kind: AddressKind;
  readonly address: string;
  /** The pod that has it, or had it last. */
  readonly uid: string;
  /** When that pod was seen to be gone, cloud time in ms; undefined while it lives. */
  readonly goneAt?: number;
  /** How long the address must be kept from then on, ms. */
  readonly retentionMs: number;
}

export interface Tally {
  /** Pods that came back and were given an address again. */
  readonly rebinds: number;
  /** Those of them that were given the address they had. */
  readonly kept: number;
  /** Those that were given another. */
  readonly lost: number;
  /** Addresses that vanished from the cloud before their time. */
  readonly wrongReleases: number;
}

export interface Ledger {
  /** The cloud has bound `address` to this pod. Tells whether this is a first bind, or how it compares. */
  bound(holding: Omit<Holding, 'goneAt'>): 'first' | 'known' | 'kept' | 'lost';
  gone(pod: string, uid: string, at: number): void;
  /** Compares with the addresses that the cloud has at `now`; each wrong release is counted once. */
  check(inCloud: ReadonlySet<string>, now: number): readonly Holding[];
  holdings(): readonly Holding[];
  tally(): Tally;
}

/**
 * A private IP is on nobody's ENI from the moment its pod's ENI is deleted until it is parked: with every event lost,
 * that takes a sweep. Missing for longer than this, it has been given up. ms
 */
const UNHELD_MS = 2 * 60_000;

export function createLedger(): Ledger {
  const holdings = new Map<string, Holding>();
  /** Since when an address is on nothing, cloud time in ms. */
  const missing = new Map<string, number>();
  const counts = { rebinds: 0, kept: 0, lost: 0, wrongReleases: 0 };
  const keyOf = ({ pod, kind }: Pick<Holding, 'pod' | 'kind'>) => `${pod} ${kind}`;

  return {
    bound(holding) {
      const before = holdings.get(keyOf(holding));
      holdings.set(keyOf(holding), holding);
      if (!before) return 'first';
      if (before.uid === holding.uid && before.address === holding.address) return 'known';
      const overdue = before.goneAt !== undefined && before.retentionMs === 0;
      if (overdue) return 'first';
      counts.rebinds++;
      const kept = before.address === holding.address;
      counts[kept ? 'kept' : 'lost']++;
      return kept ? 'kept' : 'lost';
    },
    gone(pod, uid, at) {
      for (const [key, holding] of holdings) {
        if (holding.pod === pod && holding.uid === uid) holdings.set(key, { ...holding, goneAt: at });
      }
    },
    check(inCloud, now) {
      const wrong: Holding[] = [];
      for (const [key, holding] of holdings) {
        if (inCloud.has(holding.address)) {
          missing.delete(key);
          continue;
        }
        const since = missing.get(key) ?? now;
        missing.set(key, since);
        const due = holding.goneAt !== undefined && holding.goneAt + holding.retentionMs <= now;
        if (!due && holding.kind === 'ip' && now - since < UNHELD_MS) continue;
        holdings.delete(key);
        missing.delete(key);
        if (due) continue;
        counts.wrongReleases++;
        wrong.push(holding);
      }
      return wrong;
    },
    holdings: () => [...holdings.values()],
    tally: () => ({ ...counts }),
  };
}
