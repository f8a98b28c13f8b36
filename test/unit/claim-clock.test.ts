import { describe, expect, it } from 'vitest';
import { TOMBSTONE_MS } from '../../shared/claim/decide.ts';
import { momentOf, skewOf } from '../../shared/claim/moment.ts';
import {
  allocating,
  bound,
  decideEip,
  eipIs,
  HERE,
  MINUTE,
  NOW,
  podAt,
  RETENTION,
  released,
  retained,
  seeing,
} from './claim-scene.ts';

const DAY = 24 * 60 * MINUTE;

describe('two clocks', () => {
  it.each([
    ['agree where the second fits between question and answer', 10_000, 10_400, 10_600, 0],
    ['agree where the answer was on its way for long', 10_000, 9_000, 14_000, 0],
    ['agree within the second that a header can show', 10_000, 10_900, 10_990, 0],
    ['disagree where the other one is ahead', 20_000, 10_000, 10_100, 11_000],
    ['disagree where the other one is behind', 5_000, 10_000, 10_100, -5_100],
  ])('%s', (_, shown, sentAt, receivedAt, skew) => {
    expect(skewOf(shown, sentAt, receivedAt)).toBe(skew);
  });

  it('that disagree leave open what time it is, and one alone does not', () => {
    expect(momentOf(NOW, [-DAY, 500])).toEqual({ earliest: NOW - DAY, latest: NOW + 500 });
    expect(momentOf(NOW, [])).toEqual({ earliest: NOW, latest: NOW });
  });
});

describe('a clock that is two days ahead, or a day behind,', () => {
  it('takes nothing from a pod that is there, and binds as ever', () => {
    const told = { told: { eip: { reason: 'Bound', address: '47.0.0.1' } } } as const;
    for (const [now, earliest] of [
      [NOW + 2 * DAY, NOW],
      [NOW, NOW - DAY],
    ] as const) {
      expect(decideEip(bound('eip'), seeing(podAt(HERE, told)), now, earliest)).toEqual({ kind: 'done' });
      expect(decideEip(undefined, seeing(podAt(HERE, { eniHint: HERE.eniId })), now, earliest)).toMatchObject(
        {
          next: { phase: 'Allocating' },
        },
      );
    }
  });

  it('has a retention end late and never early', () => {
    const gone = seeing('absent', { eip: eipIs('Available') });
    const latest = NOW + 2 * DAY;
    expect(decideEip(bound('eip'), gone, latest, NOW)).toMatchObject({
      next: { phase: 'Retained', retainUntil: latest + (RETENTION.kind === 'after' ? RETENTION.ms : 0) },
    });
  });

  it('releases nothing that is not due by the other clock', () => {
    const claim = retained('eip', { retainUntil: NOW + MINUTE });
    expect(decideEip(claim, seeing('absent'), NOW + 2 * DAY, NOW)).toEqual({ kind: 'done' });
    expect(decideEip(claim, seeing('absent'), NOW + 2 * DAY, NOW + MINUTE)).toMatchObject({
      next: { phase: 'Releasing' },
    });
  });

  it('forgets no tombstone before its time', () => {
    const claim = released('eip', { releasedAt: NOW });
    expect(decideEip(claim, seeing('absent'), NOW + 2 * DAY, NOW + TOMBSTONE_MS - 1)).toEqual({
      kind: 'done',
    });
    expect(decideEip(claim, seeing('absent'), NOW + 2 * DAY, NOW + TOMBSTONE_MS)).toEqual({ kind: 'forget' });
  });

  it('trusts no ClientToken for longer than the cloud does', () => {
    const pod = seeing(podAt(HERE, { eniHint: HERE.eniId }));
    const ahead = allocating('eip', { createdAt: NOW + 2 * DAY });
    expect(decideEip(ahead, pod)).toMatchObject({ kind: 'find-eip' });
    const claim = allocating('eip', { createdAt: NOW - MINUTE });
    expect(decideEip(claim, pod, NOW + DAY, NOW)).toMatchObject({
      kind: 'find-eip',
    });
  });

  it('leaves no pod waiting for a look that a time to come puts off', () => {
    const told = { eniHint: HERE.eniId, told: { eip: { reason: 'Binding' } } } as const;
    const claim = bound('eip', { boundAt: NOW + 2 * DAY });
    expect(decideEip(claim, seeing(podAt(HERE, told)))).toMatchObject({ kind: 'look-eip' });
  });
});
