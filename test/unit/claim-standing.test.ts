import { describe, expect, it } from 'vitest';
import { standing } from '../../shared/claim/standing.ts';
import {
  allocating,
  bound,
  HERE,
  NO_WISHES,
  podAt,
  RETENTION,
  released,
  retained,
  THERE,
  UNREADABLE,
  wishing,
} from './claim-scene.ts';

const kindOf = (...args: Parameters<typeof standing>) => standing(...args).kind;
const NAMING = wishing({ eip: { retention: RETENTION, allocationId: 'eip-mine' } });

describe('how a pod stands to the claim of its name', () => {
  it('a running pod that wants the address is its claimant, whoever had it before', () => {
    for (const claim of [undefined, released('eip'), bound('eip'), retained('eip'), allocating('eip')]) {
      expect(standing('eip', claim, podAt(HERE))).toMatchObject({
        kind: 'claimant',
        wish: { retention: RETENTION },
      });
      expect(kindOf('eip', claim, podAt(THERE))).toBe('claimant');
    }
  });

  it('no pod, a finished one, and one without the wish have no part in it', () => {
    for (const claim of [undefined, bound('eip'), retained('eip')]) {
      expect(kindOf('eip', claim, 'absent')).toBe('none');
      expect(kindOf('eip', claim, podAt(HERE, { finished: true }))).toBe('none');
      expect(kindOf('eip', claim, podAt(HERE, { wishes: NO_WISHES }))).toBe('none');
    }
  });

  it('a pod that is being deleted still has what it had, and gets nothing', () => {
    const leaving = podAt(HERE, { terminating: true });
    expect(kindOf('eip', bound('eip'), leaving)).toBe('leaving');
    expect(kindOf('eip', allocating('eip'), leaving)).toBe('leaving');
    expect(kindOf('eip', retained('eip'), leaving)).toBe('none');
    expect(kindOf('eip', undefined, leaving)).toBe('none');
    for (const claim of [bound('eip'), allocating('eip')])
      expect(kindOf('eip', claim, podAt(THERE, { terminating: true }))).toBe('none');
  });

  it('a pod that is being deleted and has finished has nothing any more', () => {
    expect(kindOf('eip', bound('eip'), podAt(HERE, { terminating: true, finished: true }))).toBe('none');
  });

  it('a pod whose wish cannot be read is undecided', () => {
    for (const claim of [undefined, bound('eip'), retained('eip')])
      expect(kindOf('eip', claim, podAt(HERE, { wishes: UNREADABLE }))).toBe('undecided');
  });

  it('the wish for one kind says nothing about the other', () => {
    const onlyIp = podAt(HERE, { wishes: { ...NO_WISHES, ip: { retention: RETENTION } } });
    expect(kindOf('ip', undefined, onlyIp)).toBe('claimant');
    expect(kindOf('eip', undefined, onlyIp)).toBe('none');
  });
});

describe('a pod that names an EIP', () => {
  const naming = podAt(THERE, { wishes: NAMING });
  const given = { origin: 'given' as const, allocation: { id: 'eip-mine', address: '47.0.0.5' } };

  it('wants that one', () => {
    expect(kindOf('eip', undefined, naming)).toBe('claimant');
    expect(kindOf('eip', retained('eip', given), naming)).toBe('claimant');
  });

  it('wants another than the one that was bought for its name', () => {
    expect(kindOf('eip', retained('eip'), naming)).toBe('other');
    expect(kindOf('eip', bound('eip'), naming)).toBe('other');
    expect(kindOf('eip', allocating('eip'), naming)).toBe('other');
  });

  it('is another than the pod that names a different one, or none', () => {
    const theirs = { ...given, allocation: { id: 'eip-theirs', address: '47.0.0.6' } };
    expect(kindOf('eip', retained('eip', theirs), naming)).toBe('other');
    expect(kindOf('eip', retained('eip', given), podAt(THERE))).toBe('other');
  });
});
