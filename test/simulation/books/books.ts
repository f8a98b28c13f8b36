import type { VpcWorld } from '../../../infra/local/openapi/world.ts';
import type { Kind } from '../../../shared/claim/identity.ts';
import type { CloudAudit } from '../cloud-stage.ts';
import type { PodAudit } from '../cluster/cluster.ts';
import { claimNameOf } from '../cluster/pod.ts';
import type { Written } from '../row-store.ts';
import type { Broken, Violation } from '../rules.ts';
import { GIVES } from './gives.ts';
import { createLedger } from './ledger.ts';
import type { Known } from './looks.ts';
import { createPace } from './pace.ts';
import { createPlaces } from './places.ts';
import { createRecords } from './records.ts';
import { TAKES } from './takes.ts';
import { createTokens } from './tokens.ts';
import { createWishes } from './wishes.ts';

/**
 * Keeps the books on who is owed which address, from what the pods ask and what the cloud does, and looks at each
 * effect whether it breaks a promise. It reads the world, and nothing of the product's.
 */
export interface Books extends PodAudit, CloudAudit {
  written(written: Written): void;
  /** A call was begun with too little time left. */
  late(what: string): void;
  /** A person has done something to this EIP or private IP: nothing is owed any more. */
  touchedByHand(address: string): void;
  owedUntil(
    clusterId: string,
    namespace: string,
    pod: string,
    kind: Kind,
  ): { readonly address: string | undefined; readonly until: number } | undefined;
  readonly violations: readonly Violation[];
}

export interface BooksOptions {
  now(): number;
  world(): VpcWorld;
  /** Name of the installation, in tags. */
  readonly installation: string;
  /** Whether this is one of the user's own EIPs that pods may name. */
  isGiven(allocationId: string): boolean;
  /** Calls of one API in a minute, over all processes. */
  readonly callsPerMinute: number;
  readonly releasesPerMinute: number;
}

export function createBooks(options: BooksOptions): Books {
  const { now, world } = options;
  const violations: Violation[] = [];
  const broken: Broken = (rule, what) => {
    violations.push({ rule, what });
  };
  const wishes = createWishes(now);
  const ledger = createLedger(now, broken);
  const places = createPlaces(options);
  const tokens = createTokens(now, broken);
  const pace = createPace({ ...options, broken });
  const records = createRecords({ now, onRelease: pace.releases, broken });
  const known: Known = { world, ledger, places, records, tokens, wishes, broken };

  return {
    violations,

    created: ledger.created,
    networked: places.networked,
    changed(pod) {
      wishes.changed(pod);
      ledger.changed(pod);
    },
    told(pod, kind, reason, address) {
      // A slow function can still tell a pod of the EIP that it named, when it names none any more: that one is not owed.
      if (kind === 'eip' && address !== undefined && places.isGivenAddress(address)) return;
      ledger.told(pod, kind, reason, address);
    },
    ended: ledger.ended,

    begins: pace.begins,
    before(action, parameters, by) {
      if (!by) return;
      tokens.used(action, parameters.ClientToken);
      TAKES[action]?.({ parameters, by }, known);
    },
    after({ action, parameters, answer, by }) {
      if (by) GIVES[action]?.({ parameters, answer, by }, known);
    },

    written(written) {
      tokens.written(written);
      records.written(written);
    },
    late: (what) => broken('too little time', what),
    touchedByHand: ledger.touchedByHand,
    owedUntil: (clusterId, namespace, name, kind) =>
      ledger.of(claimNameOf({ clusterId, namespace, name }, kind)),
  };
}
