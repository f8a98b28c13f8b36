import { describe, expect, it } from 'vitest';
import { isTold } from '../../shared/claim/steps.ts';
import { detailsIn, wordTold } from '../../shared/claim/words.ts';
import { HERE, podAt, told } from './claim-scene.ts';

const NOT_FOUND = 'The EIP that the pod names does not exist in this account and region';

describe('the words that a pod is told', () => {
  it('are the sentence of the reason, where there is no more to say', () => {
    expect(wordTold({ reason: 'AddressNotFound' })).toBe(`${NOT_FOUND}.`);
    expect(wordTold({ reason: 'AddressNotFound', message: ' . ' })).toBe(`${NOT_FOUND}.`);
  });

  it('are that sentence with the details behind it, and end with one full stop', () => {
    const text = `${NOT_FOUND}: eip-1.`;
    expect(wordTold({ reason: 'AddressNotFound', message: 'eip-1' })).toBe(text);
    expect(wordTold({ reason: 'AddressNotFound', message: 'eip-1.' })).toBe(text);
  });

  it('give the details back', () => {
    expect(detailsIn('AddressNotFound', `${NOT_FOUND}: eip-1.`)).toBe('eip-1');
    expect(detailsIn('AddressNotFound', `${NOT_FOUND}.`)).toBeUndefined();
    expect(detailsIn('AddressNotFound', '')).toBeUndefined();
  });

  it('of another version are details as they stand', () => {
    expect(detailsIn('AddressNotFound', 'No such EIP: eip-1.')).toBe('No such EIP: eip-1.');
  });

  it('are said once, whether or not the details end with a full stop', () => {
    const pod = podAt(HERE, { told: told('eip', { reason: 'Refused', message: 'Odd: no' }) });
    expect(isTold(pod, 'eip', { reason: 'Refused', message: 'Odd: no.' })).toBe(true);
    expect(isTold(pod, 'eip', { reason: 'Refused', message: 'Odd: yes' })).toBe(false);
    expect(isTold(pod, 'eip', { reason: 'Forbidden', message: 'Odd: no' })).toBe(false);
    expect(isTold(podAt(HERE), 'eip', { reason: 'Refused' })).toBe(false);
  });

  it('of another version are said anew', () => {
    const pod = podAt(HERE, {
      told: told('eip', { reason: 'AddressNotFound', message: 'No such EIP: eip-1.' }),
    });
    expect(isTold(pod, 'eip', { reason: 'AddressNotFound', message: 'eip-1' })).toBe(false);
  });
});
