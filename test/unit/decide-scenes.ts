import type { Action } from '../../shared/claim/action.ts';
import type { Binding, Claim, Phase } from '../../shared/claim/claim.ts';
import { TOMBSTONE_MS } from '../../shared/claim/decide.ts';
import { KINDS, type Kind } from '../../shared/claim/identity.ts';
import type { Observed, PodView } from '../../shared/claim/observation.ts';
import {
  ALLOCATION,
  allocating,
  BEFORE,
  bound,
  decideEip,
  decideIp,
  ELSEWHERE,
  eipIs,
  eniOf,
  HERE,
  heldAt,
  MINUTE,
  NO_WISHES,
  NOBODY,
  NOW,
  PARKED,
  podAt,
  RETENTION,
  released,
  releasing,
  retained,
  seeing,
  THERE,
  told,
  UNREADABLE,
  wishing,
  without,
} from './claim-scene.ts';

/**
 * Every phase against every observation, by name: what `docs/decide.md` is drawn from, and what the laws of
 * `claim-decide-laws.test.ts` are held against. Everything happens at the moment `NOW` of `claim-scene.ts`.
 */

/** A value with the words that the page has for it. */
export interface Named<T> {
  readonly name: string;
  readonly value: T;
}

export type RecordPhase = 'none' | Phase;

export const PHASES: readonly RecordPhase[] = [
  'none',
  'Allocating',
  'Bound',
  'Retained',
  'Releasing',
  'Released',
];

export interface Scene {
  readonly kind: Kind;
  readonly phase: RecordPhase;
  readonly claim: Named<Claim | undefined>;
  readonly pod: Named<PodView | 'absent'>;
  /** What is known about the pod's ENI. */
  readonly eni: string;
  /** What is known about the address. */
  readonly cloud: string;
  readonly seen: Observed;
}

/** The one place where a scene becomes a decision. */
export const decided = ({ kind, claim, seen }: Pick<Scene, 'kind' | 'claim' | 'seen'>): Action =>
  kind === 'eip' ? decideEip(claim.value, seen) : decideIp(claim.value, seen);

/** What a pod can be told before anything else is done; more than this many in a row would be a circle. */
const MOST_TOLD = 4;

/** The action that comes, and where it only tells the pod something, also the one that comes once the pod knows. */
export function courseOf(scene: Scene): readonly Action[] {
  const course: Action[] = [];
  let { seen } = scene;
  for (let count = 0; count < MOST_TOLD; count++) {
    const action = decided({ ...scene, seen });
    course.push(action);
    if (action.kind !== 'tell' || seen.pod === 'absent') return course;
    seen = { ...seen, pod: { ...seen.pod, told: told(scene.kind, action.told) } };
  }
  throw new Error(`the pod is told one thing after the other: ${JSON.stringify(course)}`);
}

export const scenes = (): readonly Scene[] => KINDS.flatMap((kind) => PHASES.flatMap(scenesOf(kind)));

export const scenesOf =
  (kind: Kind) =>
  (phase: RecordPhase): readonly Scene[] =>
    claimsOf(kind, phase).flatMap((claim) =>
      podsOf(kind, claim.value).flatMap((pod) =>
        enisOf(kind, pod.value).flatMap((eni) =>
          cloudsOf(kind, phase).map((cloud) => ({
            kind,
            phase,
            claim,
            pod,
            eni: eni.name,
            cloud: cloud.name,
            seen: seeing(pod.value, { ...eni.value, ...cloud.value }),
          })),
        ),
      ),
    );

const named = <T>(name: string, value: T): Named<T> => ({ name, value });

/** Younger than any deadline of these claims, and older than any function. */
const LONG_AGO = NOW - 2 * TOMBSTONE_MS;
const NEVER = { kind: 'never' } as const;

function claimsOf(kind: Kind, phase: RecordPhase): readonly Named<Claim | undefined>[] {
  const given = { origin: 'given' } as const;
  const last = { lastBinding: BEFORE };
  const ofEip = (...claims: readonly Named<Claim>[]) => (kind === 'eip' ? claims : []);
  switch (phase) {
    case 'none':
      return [named('none', undefined)];
    case 'Allocating':
      return [
        named('young token', allocating(kind)),
        ...ofEip(named('token older than 12 h', allocating(kind, { createdAt: NOW - 13 * 60 * MINUTE }))),
      ];
    case 'Bound':
      return [
        named(kind === 'eip' ? 'bought' : 'first time', bound(kind, last)),
        named('other retention than the pod asks for', bound(kind, { ...last, retention: NEVER })),
        ...(kind === 'ip' ? [named('from a hold', bound(kind, { ...last, holdEniId: PARKED_ON }))] : []),
        ...ofEip(
          named('bound this second', bound(kind, { ...last, boundAt: NOW })),
          named('given', bound(kind, { ...last, ...given })),
        ),
      ];
    case 'Retained':
      return [
        named('before `retainUntil`', retained(kind, last)),
        named('at `retainUntil`', retained(kind, { ...last, retainUntil: NOW })),
        named('kept for ever', { ...endless(kind), retention: NEVER }),
        named('deadline lifted', endless(kind)),
        ...ofEip(
          named('never bound, before `retainUntil`', without(retained(kind), 'lastBinding')),
          named('given, before `retainUntil`', retained(kind, { ...last, ...given })),
          named('given, at `retainUntil`', retained(kind, { ...last, ...given, retainUntil: NOW })),
        ),
      ];
    case 'Releasing':
      return [
        named(kind === 'eip' ? 'bought' : 'any', releasing(kind, last)),
        ...ofEip(named('given', releasing(kind, { ...last, ...given }))),
      ];
    case 'Released':
      return [
        named('younger than an hour', released(kind)),
        named('an hour old', released(kind, { releasedAt: NOW - TOMBSTONE_MS, createdAt: LONG_AGO })),
      ];
  }
}

const endless = (kind: Kind): Claim => without(retained(kind, { lastBinding: BEFORE }), 'retainUntil');
const PARKED_ON = PARKED.eniId ?? '';

const NAMING = wishing({ eip: { retention: RETENTION, allocationId: ALLOCATION.eip.id } });
const NAMING_ANOTHER = wishing({ eip: { retention: RETENTION, allocationId: 'eip-2' } });
const OTHER: Readonly<Record<Kind, Kind>> = { eip: 'ip', ip: 'eip' };
const slipIn = (kind: Kind): PodView['wishes'] => ({
  ...wishing({}),
  problems: [{ kind, annotation: 'the-retention', value: '10', allowed: '10m' }],
});

const hasOwner = (claim: Claim | undefined) => claim?.phase === 'Bound' || claim?.phase === 'Allocating';

/** The pods that the claim's name can have; told what such a pod has been told in the ordinary course of things. */
function podsOf(kind: Kind, claim: Claim | undefined): readonly Named<PodView | 'absent'>[] {
  const isTold = told(kind, { reason: 'Bound', address: ALLOCATION[kind].address });
  const wishes = claim?.origin === 'given' ? NAMING : wishing({});
  const another = claim?.origin === 'given' ? wishing({}) : NAMING_ANOTHER;
  const pod = (name: string, at: Binding, changes: Partial<PodView>) =>
    named(name, podAt(at, { wishes, ...changes }));
  const ofEip = (...pods: readonly Named<PodView>[]) => (kind === 'eip' ? pods : []);
  const absent = named('absent', 'absent' as const);
  const finished = pod('finished', HERE, { finished: true, told: isTold });

  if (!hasOwner(claim)) {
    const isFree = claim === undefined || claim.phase === 'Released';
    return [
      absent,
      finished,
      pod('terminating', HERE, { terminating: true }),
      pod('wants it', HERE, {}),
      pod('wants it, told Bound', HERE, { told: isTold }),
      ...(isFree ? ofEip(pod('names an EIP', HERE, { wishes: NAMING })) : []),
      ...(isFree
        ? [
            pod('wants it, a slip in the retention', HERE, { wishes: slipIn(kind) }),
            pod('wants it, a slip about the other kind', HERE, { wishes: slipIn(OTHER[kind]) }),
          ]
        : []),
      noIp('wants it, no IP yet', HERE, { wishes }),
      pod('wants it, host network', HERE, { hostNetwork: true }),
      ...(isFree ? [] : ofEip(pod('wants another', HERE, { wishes: another }))),
      pod('feature off', HERE, { wishes: NO_WISHES }),
      pod('feature off, told Bound', HERE, { wishes: NO_WISHES, told: isTold }),
      pod('unreadable', HERE, { wishes: UNREADABLE }),
    ];
  }
  return [
    absent,
    finished,
    pod('terminating, same UID', HERE, { terminating: true, told: isTold }),
    pod('terminating, new UID', THERE, { terminating: true }),
    pod('wants it, same UID, told nothing', HERE, {}),
    pod('wants it, same UID, told Binding', HERE, { told: told(kind, { reason: 'Binding' }) }),
    pod('wants it, same UID, told Bound', HERE, { told: isTold }),
    pod('wants it, same UID, moved to another IP', { ...THERE, podUid: HERE.podUid }, { told: isTold }),
    noIp('wants it, same UID, no IP for now', HERE, { wishes, told: isTold }),
    pod('wants it, new UID', THERE, {}),
    noIp('wants it, new UID, no IP yet', THERE, { wishes }),
    pod('wants it, new UID, host network', THERE, { hostNetwork: true }),
    ...ofEip(
      pod('wants another, same UID', HERE, { wishes: another, told: isTold }),
      pod('wants another, new UID', THERE, { wishes: another }),
    ),
    pod('feature off, same UID', HERE, { wishes: NO_WISHES, told: isTold }),
    pod('feature off, new UID', THERE, { wishes: NO_WISHES }),
    pod('unreadable, same UID', HERE, { wishes: UNREADABLE, told: isTold }),
    pod('unreadable, new UID', THERE, { wishes: UNREADABLE }),
  ];
}

const noIp = (name: string, at: Binding, changes: Partial<PodView>): Named<PodView> =>
  named(name, without(podAt(at, changes), 'ip'));

const ENI_BY_IP: ReadonlyMap<string | undefined, string> = new Map(
  [HERE, THERE].map(({ privateIp, eniId }) => [privateIp, eniId]),
);

type Glance = Pick<Observed, 'pod' | 'eni'>;

/** What can be known about the pod's ENI: the cloud's answer, and until it was asked, the hint that the node wrote. */
function enisOf(kind: Kind, pod: PodView | 'absent'): readonly Named<Glance>[] {
  const ip = pod === 'absent' ? undefined : pod.ip;
  const own = ENI_BY_IP.get(ip) ?? HERE.eniId;
  const hinted = (eniHint: string, changes: Partial<PodView> = {}): Glance => ({
    pod: pod === 'absent' ? pod : { ...pod, eniHint, ...changes },
    eni: 'unread',
  });
  const answered = (eni: Observed['eni']): Glance => ({ pod, eni });
  const once = () => ({ told: told(kind, { reason: 'ManagedENI', message: own }) });
  const unread = [
    named('unread', answered('unread')),
    named('unread, hint', hinted(own)),
    named('unread, hint elsewhere', hinted(ELSEWHERE.eniId)),
    ...(isNew(pod, kind) ? [named('unread, hint, told ManagedENI', hinted(own, once()))] : []),
  ];
  // Without an IP there is nothing to ask the cloud about.
  if (pod !== 'absent' && ip === undefined) return unread;
  const at = { podUid: '', eniId: own, privateIp: '' };
  return [
    ...unread,
    named('absent', answered('absent')),
    named('own', answered(eniOf(at))),
    named('another', answered(eniOf(ELSEWHERE))),
    named('managed', answered(eniOf(at, { managed: true }))),
    named('in another vSwitch', answered(eniOf(at, { vSwitchId: 'vsw-2' }))),
  ];
}

/** It runs, wants the address, and has been told nothing about it. */
const isNew = (pod: PodView | 'absent', kind: Kind): boolean =>
  pod !== 'absent' &&
  !pod.finished &&
  !pod.terminating &&
  typeof pod.wishes[kind] === 'object' &&
  pod.told[kind] === undefined;

const OTHER_CLAIM = 'c-1/shop/other-0';

function cloudsOf(kind: Kind, phase: RecordPhase): readonly Named<Partial<Observed>>[] {
  if (kind === 'eip') {
    const isFree = phase === 'none' || phase === 'Released';
    return [
      ...EIPS,
      ...(isFree
        ? [named('Available, locked', { eip: eipIs('Available'), lockedBy: `${OTHER_CLAIM}/eip` })]
        : []),
    ];
  }
  return phase === 'Allocating' ? ASSIGNMENTS : HOLDERS;
}

const EIPS: readonly Named<Partial<Observed>>[] = [
  named('unread', { eip: 'unread' }),
  named('absent', { eip: 'absent' }),
  named('gone (a call was refused)', { eip: 'gone' }),
  named('Available', { eip: eipIs('Available') }),
  named('Associating here', { eip: eipIs('Associating', HERE) }),
  named('Associating elsewhere', { eip: eipIs('Associating', ELSEWHERE) }),
  named('InUse here', { eip: eipIs('InUse', HERE) }),
  named('InUse there', { eip: eipIs('InUse', THERE) }),
  named('InUse last', { eip: eipIs('InUse', BEFORE) }),
  named('InUse elsewhere', { eip: eipIs('InUse', ELSEWHERE) }),
  named('Unassociating', { eip: eipIs('Unassociating') }),
  named('Releasing', { eip: eipIs('Releasing') }),
];

const HOLDERS: readonly Named<Partial<Observed>>[] = [
  named('unread', { holder: 'unread' }),
  named('nobody', { holder: NOBODY }),
  named('parking', { holder: PARKED }),
  named('another parking', { holder: { eniId: 'eni-parking-2', parking: true } }),
  named('here', { holder: heldAt(HERE) }),
  named('there', { holder: heldAt(THERE) }),
  named('last', { holder: heldAt(BEFORE) }),
  named('elsewhere', { holder: heldAt(ELSEWHERE) }),
];

const { address } = ALLOCATION.ip;
const lockedBy = `${OTHER_CLAIM}/ip`;

/** While a private IP is being assigned, what is known of it is the answer to the assignment. */
const ASSIGNMENTS: readonly Named<Partial<Observed>>[] = [
  named('not asked', {}),
  named('token spent', { assigned: 'spent' }),
  named('assigned', { assigned: address, holder: heldAt(HERE) }),
  named('assigned, locked', { assigned: address, holder: heldAt(HERE), lockedBy }),
  named('given back', { assigned: address, holder: NOBODY }),
  named('given back, locked', { assigned: address, holder: NOBODY, lockedBy }),
];
