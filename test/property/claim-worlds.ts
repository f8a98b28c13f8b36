import fc from 'fast-check';
import type { Binding, Claim, Retention } from '../../shared/claim/claim.ts';
import type { Kind } from '../../shared/claim/identity.ts';
import { ipLock } from '../../shared/claim/ip-steps.ts';
import type {
  EipView,
  EniView,
  HolderView,
  Observed,
  PodView,
  Told,
} from '../../shared/claim/observation.ts';
import type { EipWish, IpWish, Problem } from '../../shared/claim/policy.ts';
import {
  ALLOCATION,
  allocating,
  BEFORE,
  bound,
  ELSEWHERE,
  eipIs,
  eniOf,
  HERE,
  heldAt,
  MINUTE,
  NOBODY,
  NOW,
  PARKED,
  PARKING,
  podAt,
  RETENTION,
  released,
  releasing,
  retained,
  THERE,
  without,
} from '../unit/claim-scene.ts';

/** A small universe, so that whatever can meet does meet: four places, one address of each kind, few moments. */
export const PLACES: readonly Binding[] = [HERE, THERE, BEFORE, ELSEWHERE];

/** The lock that a claim has on its address; undefined where it has no address. */
export function lockOf(claim: Claim | undefined): string | undefined {
  if (claim === undefined || !('allocation' in claim)) return undefined;
  const { id, address } = claim.allocation;
  return claim.key.kind === 'eip' ? id : ipLock(id, address);
}

export const kind = fc.constantFrom<Kind>('eip', 'ip');
/** One place more often than the others, so that claim, pod and cloud agree about as often as not. */
const place = fc.oneof({ weight: 6, arbitrary: fc.constant(HERE) }, fc.constantFrom(...PLACES));
const moment = fc.integer({ min: -90, max: 90 }).map((minutes) => NOW + minutes * MINUTE);
export const now = moment;

const retention: fc.Arbitrary<Retention> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(RETENTION) },
  fc.constantFrom<Retention>({ kind: 'follow' }, { kind: 'never' }, { kind: 'after', ms: 0 }),
);

/** `fields` without those that are undefined: an optional field is left out, not empty. */
const some = <T extends object>(fields: { [K in keyof T]: T[K] | undefined }): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;

const rarely = fc.nat({ max: 9 }).map((draw) => draw === 9);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Any claim that can stand in the store. */
export function claimOf(ofKind: Kind): fc.Arbitrary<Claim | undefined> {
  const common = fc.record({
    rev: fc.integer({ min: 1, max: 9 }),
    origin:
      ofKind === 'ip' ? fc.constant('auto' as const) : fc.constantFrom('auto' as const, 'given' as const),
    retention,
    createdAt: moment,
  });
  const holdEniId = ofKind === 'ip' ? maybe(fc.constant(PARKING)) : fc.constant(undefined);
  const history = fc
    .record({ lastBinding: maybe(place), holdEniId })
    .map((fields) => some<{ lastBinding: Binding; holdEniId: string }>(fields));
  return fc.oneof(
    fc.constant(undefined),
    fc
      .tuple(common, place, maybe(fc.constant(20)), maybe(fc.constant('47.0.0.9')))
      .map(([base, at, bandwidth, reclaim]) => {
        const ipOnly = ofKind === 'ip' ? { eniId: at.eniId } : some({ bandwidth, reclaim });
        return allocating(ofKind, { ...base, origin: 'auto', podUid: at.podUid, ...ipOnly });
      }),
    fc
      .tuple(common, place, moment, history)
      .map(([base, binding, boundAt, past]) => bound(ofKind, { ...base, binding, boundAt, ...past })),
    fc.tuple(common, maybe(moment), history).map(([base, retainUntil, past]) => {
      const { retainUntil: _, lastBinding: __, holdEniId: ___, ...rest } = retained(ofKind);
      return { ...rest, ...base, ...some({ retainUntil }), ...past };
    }),
    fc
      .tuple(common, history)
      .map(([base, past]) => ({ ...without(releasing(ofKind), 'lastBinding'), ...base, ...past })),
    fc.tuple(common, moment).map(([base, releasedAt]) => released(ofKind, { ...base, releasedAt })),
  );
}

const toldOf = (address: string): fc.Arbitrary<Told> =>
  fc.constantFrom<Told>(
    { reason: 'Bound', address },
    { reason: 'Bound', address: '1.2.3.4' },
    { reason: 'Binding' },
    { reason: 'Throttled', message: 'x' },
    { reason: 'WaitingForPodIP' },
    { reason: 'InvalidAnnotation' },
    { reason: 'Unwanted' },
  );

const eipWish: fc.Arbitrary<EipWish> = fc
  .record({
    retention,
    bandwidth: maybe(fc.constant(20)),
    allocationId: fc.option(fc.constantFrom('eip-1', 'eip-2'), { nil: undefined, freq: 2 }),
  })
  .map((fields) => some(fields) as EipWish);
const ipWish: fc.Arbitrary<IpWish> = fc.record({ retention });
const orNot = <T>(wish: fc.Arbitrary<T>): fc.Arbitrary<T | 'unreadable' | undefined> =>
  fc.oneof({ weight: 4, arbitrary: wish }, fc.constant('unreadable' as const), fc.constant(undefined));

/** What cannot be read of a wish, and what only does not count. */
const problem: fc.Arbitrary<Problem> = fc
  .record({ kind, counts: maybe(fc.constant('newer')) })
  .map(({ kind: ofKind, counts }) => ({
    kind: ofKind,
    annotation: `${ofKind}-release`,
    value: 'soon',
    allowed: '10m',
    ...some({ counts }),
  }));
const problems = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  fc.array(problem, { minLength: 1, maxLength: 3 }),
);

export const pod: fc.Arbitrary<PodView | 'absent'> = fc.oneof(
  { weight: 1, arbitrary: fc.constant('absent' as const) },
  {
    weight: 5,
    arbitrary: fc
      .record({
        at: place,
        isDown: rarely,
        terminating: rarely,
        finished: rarely,
        hostNetwork: rarely,
        eniHint: maybe(fc.constantFrom(...PLACES.map(({ eniId }) => eniId))),
        eip: orNot(eipWish),
        ip: orNot(ipWish),
        problems,
        toldEip: maybe(toldOf(ALLOCATION.eip.address)),
        toldIp: maybe(toldOf(ALLOCATION.ip.address)),
      })
      .map(({ at, isDown, eniHint, eip, ip, problems: slips, toldEip, toldIp, ...flags }) => {
        const view = podAt(at, {
          ...flags,
          ...some({ eniHint }),
          wishes: { eip, ip, problems: slips },
          told: some({ eip: toldEip, ip: toldIp }),
        });
        return isDown ? (without(view, 'ip') as PodView) : view;
      }),
  },
);

export const eip: fc.Arbitrary<EipView | 'absent'> = fc.oneof(
  fc.constantFrom<EipView | 'absent'>('absent', eipIs('Available'), eipIs('Releasing')),
  fc
    .tuple(fc.constantFrom('Associating' as const, 'InUse' as const, 'Unassociating' as const), place)
    .map(([status, at]) => eipIs(status, at)),
);

export const holder: fc.Arbitrary<HolderView> = fc.constantFrom(NOBODY, PARKED, ...PLACES.map(heldAt));

export const eni: fc.Arbitrary<EniView | 'absent'> = fc.oneof(
  fc.constant('absent' as const),
  fc.tuple(place, rarely).map(([at, managed]) => eniOf(at, { managed })),
);

const unreadOr = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof(fc.constant('unread' as const), arbitrary);

/** Anything that can have been seen of the world, at any step. */
export const observed: fc.Arbitrary<Observed> = fc
  .record({
    pod,
    eni: unreadOr(eni),
    eip: unreadOr(fc.oneof({ weight: 5, arbitrary: eip }, fc.constant('gone' as const))),
    holder: unreadOr(holder),
    assigned: maybe(fc.constantFrom(ALLOCATION.ip.address, 'spent' as const)),
    lockedBy: maybe(fc.constant('c-1/shop/other-0/eip')),
  })
  .map(({ assigned, lockedBy, ...rest }) => ({
    ...rest,
    ...some<{ assigned: string; lockedBy: string }>({ assigned, lockedBy }),
  }));
