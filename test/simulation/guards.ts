import type { Rule } from './rules.ts';

/** One place of a guard in the code. */
export interface Edit {
  readonly file: string;
  /** The code that keeps it, as it stands in the file, once. */
  readonly guard: string;
  readonly without: string;
}

/** A part of the product that keeps a promise: without it, the simulation must find one broken. */
export interface Guard {
  /** What it does, in words that follow "without". */
  readonly name: string;
  /** A guard of two layers is only gone when both are. */
  readonly edits: readonly Edit[];
  /** The rules that it keeps: one of them is broken without it. */
  readonly breaks: readonly Rule[];
  /** Runs within which it must be missed. */
  readonly within: number;
}

const CLAIM = 'shared/claim';
const RECONCILE = 'shared/reconcile';
const STORE = 'shared/adapters/tablestore';
const OPENAPI = 'shared/adapters/openapi';

const guard = (name: string, breaks: readonly Rule[], within: number, ...edits: readonly Edit[]): Guard => ({
  name,
  breaks,
  within,
  edits,
});

export const GUARDS: readonly Guard[] = [
  guard('the ClientToken of the record (law 1)', ['intent first'], 200, {
    file: `${CLAIM}/eip-steps.ts`,
    guard: "          kind: 'allocate-eip',\n          token: claim.token,",
    without: "          kind: 'allocate-eip',\n          token: situation.freshToken,",
  }),
  guard('the token of a private IP on record (law 1)', ['intent first'], 200, {
    file: `${CLAIM}/ip-steps.ts`,
    guard: "return { kind: 'assign-any-ip', eniId: binding.eniId, token: claim.token };",
    without: "return { kind: 'assign-any-ip', eniId: binding.eniId, token: situation.freshToken };",
  }),
  guard('the revision in every write of a claim (law 2)', ['revisions'], 200, {
    file: `${STORE}/claims.ts`,
    guard:
      "expect: next.rev === 1 ? { kind: 'absent' } : { kind: 'equals', column: 'rev', value: next.rev - 1 },",
    without: "expect: { kind: 'any' },",
  }),
  guard('the lock on an address', ['two holders'], 1_000, {
    file: `${STORE}/claims.ts`,
    guard: 'if (owner) return { lockedBy: owner };',
    without: '',
  }),
  guard(
    'the pod being read after the record (law 3)',
    ['takes from a live pod', 'releases too early', 'another address'],
    1_000,
    {
      file: `${RECONCILE}/reconcile.ts`,
      guard: 'const { claims, unreadable } = await ports.claims.read(identity);',
      without:
        'const early = await readPod(ports, identity, []);\n  const { claims, unreadable } = await ports.claims.read(identity);',
    },
    {
      file: `${RECONCILE}/reconcile.ts`,
      guard: 'const pod = await readPod(ports, identity, Object.values(claims));',
      without: 'const pod = early;',
    },
  ),
  guard(
    'the pod being read again after a look at the cloud (law 3)',
    ['takes from a live pod', 'releases too early', 'another address'],
    10_000,
    {
      file: `${RECONCILE}/step.ts`,
      guard: 'const pod = await readPod(ports, view.key, [view.claim]);',
      without: 'const pod = view.seen.pod;',
    },
  ),
  guard(
    'the ENI and the IP in an unassociation (law 4)',
    ['takes from a live pod', 'takes from a stranger'],
    1_000,
    {
      file: `${OPENAPI}/eips.ts`,
      guard:
        "await vpc('UnassociateEipAddress', {\n        AllocationId: allocationId,\n        InstanceType: 'NetworkInterface',\n        InstanceId: eniId,\n        PrivateIpAddress: privateIp,\n      });",
      without: "await vpc('UnassociateEipAddress', { AllocationId: allocationId });",
    },
  ),
  guard('the look at the cloud before a release', ['releases what is not ours'], 1_000, {
    file: `${CLAIM}/eip-steps.ts`,
    guard: "if (eip === 'unread') return { kind: 'look-eip', allocationId: id };\n    const released",
    without: "if (eip === 'unread') return { kind: 'release-eip', allocationId: id };\n    const released",
  }),
  guard('what a stranger has being left alone', ['takes from a stranger'], 500, {
    file: `${CLAIM}/eip-steps.ts`,
    guard: '      return inUseElsewhere(situation, eip);\n    });\n  },',
    without:
      "      if (eip.boundTo)\n        return { kind: 'unassociate-eip', allocationId: allocation.id, eniId: eip.boundTo.instanceId, privateIp: eip.boundTo.privateIp };\n      return inUseElsewhere(situation, eip);\n    });\n  },",
  }),
  guard('a terminating pod keeping what it has', ['takes from a live pod'], 200, {
    file: `${CLAIM}/standing.ts`,
    guard: "if (pod.terminating) return owns ? { kind: 'leaving', pod } : none;",
    without: 'if (pod.terminating) return none;',
  }),
  guard('an unreadable wish changing nothing', ['takes from a live pod', 'releases too early'], 1_000, {
    file: `${CLAIM}/standing.ts`,
    guard: "if (wish === 'unreadable') return { kind: 'undecided', pod };",
    without: "if (wish === 'unreadable') return none;",
  }),
  guard('the retention', ['releases too early'], 200, {
    file: `${CLAIM}/decide.ts`,
    guard: 'if (claim.retainUntil === undefined || earliest < claim.retainUntil) {',
    without: 'if (claim.retainUntil === undefined) {',
  }),
  guard('deadlines being compared with the earliest time (clocks that jump)', ['releases too early'], 1_000, {
    file: `${CLAIM}/decide.ts`,
    guard: 'if (claim.retainUntil === undefined || earliest < claim.retainUntil) {',
    without: 'if (claim.retainUntil === undefined || now < claim.retainUntil) {',
  }),
  guard('the API server as a second clock', ['releases too early'], 1_000, {
    file: `${RECONCILE}/moment.ts`,
    guard: 'momentOf(now(), [pods.skewMs(clusterId) ?? 0]);',
    without: 'momentOf(now(), []);',
  }),
  guard('the elapsed time that a jump of the own clock is noticed by', ['releases too early'], 2_000, {
    file: 'shared/adapters/kubernetes/server-clock.ts',
    guard: 'return known.skew - (Math.abs(jump) < NO_JUMP_MS ? 0 : jump);',
    without: 'return known.skew;',
  }),
  guard('the cool-down of a private IP', ['releases too early'], 1_000, {
    file: `${CLAIM}/claim.ts`,
    guard: 'COOL_DOWN_MS = 60_000',
    without: 'COOL_DOWN_MS = 0',
  }),
  guard('the freeze of releases', ['releases while frozen'], 2_000, {
    file: `${STORE}/control.ts`,
    guard: 'return row?.frozen !== undefined && row.frozen !== false;',
    without: 'return row === null;',
  }),
  guard('the sweep for orphans', ['left over'], 2_000, {
    file: `${RECONCILE}/orphans.ts`,
    guard: "status === 'Available' &&\n  !named.has(allocationId)",
    without: "status === 'Releasing' &&\n  !named.has(allocationId)",
  }),
  guard(
    'claims being asked before an orphan is released, in both places',
    ['releases too early'],
    500,
    {
      file: `${RECONCILE}/orphans.ts`,
      guard: '!named.has(allocationId) &&',
      without: '',
    },
    {
      file: `${RECONCILE}/orphans.ts`,
      guard: 'if ((await standsFor(ports, eip)) !== undefined) return false;',
      without: 'void standsFor;',
    },
    {
      file: `${RECONCILE}/orphans.ts`,
      guard:
        "if (owner !== undefined && owner !== (eip.claim && formatClaimKey(eip.claim))) {\n    ports.log.warn('an EIP without a claim is locked, and kept', { allocationId: eip.allocationId, owner });\n    return false;\n  }",
      without: 'void owner;',
    },
  ),
  guard('the sweep for private IPs that a late call has parked', ['left over'], 2_000, {
    file: `${RECONCILE}/orphans.ts`,
    guard: '.filter(({ id }) => !named.has(id)),',
    without: '.filter(() => false),',
  }),
  guard(
    'claims being asked before a parked private IP is given back, in both places',
    ['releases too early'],
    500,
    {
      file: `${RECONCILE}/orphans.ts`,
      guard: '.filter(({ id }) => !named.has(id)),',
      without: ',',
    },
    {
      file: `${RECONCILE}/orphans.ts`,
      guard: 'if ((await ports.claims.lockedBy(id)) !== undefined) return false;',
      without: '',
    },
  ),
  guard('parking ENIs being dropped only while they hold nothing', ['releases too early'], 500, {
    file: `${RECONCILE}/orphans.ts`,
    guard: 'eni.held.length === 0 && ',
    without: '',
  }),
  guard('a read that shows no EIP being doubted', ['lacking', 'left over'], 500, {
    file: `${CLAIM}/eip-steps.ts`,
    guard: "if (eip === 'absent' || eip.status === 'Available') return associate(claim);",
    without:
      "if (eip === 'absent') return replaceVanished(situation, claim, claimant);\n      if (eip.status === 'Available') return associate(claim);",
  }),
  guard(
    'a pod keeping its claim while its network is made anew',
    ['releases too early', 'another address', 'takes from a live pod'],
    10_000,
    {
      file: `${CLAIM}/decide.ts`,
      guard: "if ('blocked' in place && claim.binding.podUid === pod.uid)",
      without: 'if (pod.uid === undefined && "blocked" in place)',
    },
  ),
  guard('the time that is left before each call (law 9)', ['too little time'], 500, {
    file: 'shared/adapters/time-left.ts',
    guard: 'if (remainingMs() < CALL_WORST_MS)',
    without: 'if (remainingMs() < -CALL_WORST_MS)',
  }),
  guard('the age of a ClientToken that buys', ['bought twice'], 5_000, {
    file: `${CLAIM}/eip-steps.ts`,
    guard: "if (isTokenOld(situation, claim)) return { kind: 'find-eip', token: claim.token };",
    without: '',
  }),
  guard('the age of a ClientToken that assigns', ['bought twice', 'lacking', 'left over'], 1_000, {
    file: `${CLAIM}/ip-steps.ts`,
    guard: 'const address = seen.assigned ?? broughtBefore(situation, claim);',
    without: 'const address = seen.assigned;',
  }),
  guard('the windows of calls (law 10)', ['more calls than the window'], 500, {
    file: `${OPENAPI}/gate.ts`,
    guard: 'if (waitMs > 0) throw windowUsedUp(action, waitMs);',
    without: '',
  }),
  guard('the window of releases (law 8)', ['too many releases'], 1_000, {
    file: `${RECONCILE}/act.ts`,
    guard: 'return (await ports.quota.mayRelease()) ? undefined : inAnotherMinute;',
    without: 'return undefined;',
  }),
  guard(
    'the doubt of a cluster that shows no pod (law 6)',
    ['takes from a live pod', 'another address', 'releases too early'],
    1_000,
    {
      file: `${RECONCILE}/absence.ts`,
      guard: 'if (await isLongEmpty(ports, clusterId)) return pod;',
      without: 'return pod;',
    },
  ),
  guard(
    'the pod being read again after its cluster has shown one (law 6)',
    ['takes from a live pod', 'another address', 'releases too early'],
    10_000,
    {
      file: `${RECONCILE}/absence.ts`,
      guard: 'if (!(await ports.pods.isEmpty(clusterId))) return ports.pods.read(identity);',
      without: 'if (!(await ports.pods.isEmpty(clusterId))) return pod;',
    },
  ),
  guard(
    'newer records being left alone',
    ['a newer record'],
    1_000,
    {
      file: `${STORE}/claim-codec.ts`,
      guard: 'row.schema > SCHEMA',
      without: 'row.schema > 1_000',
    },
    {
      file: `${STORE}/claim-codec.ts`,
      guard: 'if (row.schema !== SCHEMA)',
      without: 'if (row.schema === undefined)',
    },
  ),
  guard('a pod that has failed counting as deleted', ['left over'], 5_000, {
    file: `${CLAIM}/standing.ts`,
    guard: "if (pod === 'absent' || pod.finished) return none;",
    without: "if (pod === 'absent') return none;",
  }),
  guard(
    'the tombstone of a claim',
    [
      'two addresses',
      'left over',
      'two holders',
      'another address',
      'a record is lost',
      'phases',
      'revisions',
    ],
    10_000,
    {
      file: `${CLAIM}/decide.ts`,
      guard: 'TOMBSTONE_MS = 3_600_000',
      without: 'TOMBSTONE_MS = 0',
    },
  ),
];
