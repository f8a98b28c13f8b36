import { describe, expect, it } from 'vitest';
import {
  ALLOCATION,
  bound,
  decideEip,
  HERE,
  NO_WISHES,
  podAt,
  released,
  releasing,
  retained,
  seeing,
  told,
} from './claim-scene.ts';

describe('a live pod that asks for no EIP, and was told that it has one', () => {
  const pod = podAt(HERE, {
    wishes: NO_WISHES,
    told: told('eip', { reason: 'Bound', address: ALLOCATION.eip.address }),
  });

  it.each([
    ['nobody has since its retention began', retained('eip')],
    ['is being given back', releasing('eip')],
    ['was given back', released('eip')],
  ])('is told so where the EIP %s', (_, claim) => {
    expect(decideEip(claim, seeing(pod))).toEqual({
      kind: 'tell',
      podUid: HERE.podUid,
      told: { reason: 'Unwanted' },
    });
    const knowing = { ...pod, told: told('eip', { reason: 'Unwanted' }) };
    expect(decideEip(claim, seeing(knowing))).not.toMatchObject({ kind: 'tell' });
  });

  it('is told only when it is unbound', () => {
    expect(decideEip(bound('eip'), seeing(pod))).toMatchObject({ kind: 'unassociate-eip' });
  });

  it('is told so where we have no record, of whatever only we can have told it', () => {
    const waiting = { ...pod, told: told('eip', { reason: 'Throttled' }) };
    expect(decideEip(undefined, seeing(waiting))).toMatchObject({ told: { reason: 'Unwanted' } });
  });

  it('is left alone where we have no record: another controller may have told it', () => {
    expect(decideEip(undefined, seeing(pod))).toEqual({ kind: 'done' });
  });
});
