import { describe, expect, it } from 'vitest';
import {
  BOUND_REASON_TEXT,
  CONDITION_TYPES,
  EVENT_SUBJECTS,
  NORMAL_REASONS,
  REASONS,
  RESULT_ANNOTATIONS,
} from '../../shared/claim/reason.ts';

describe('what a pod is told', () => {
  it.each(Object.entries(REASONS))('explains %s in a sentence', (_, sentence) => {
    expect(sentence).toMatch(/^[A-Z].+\.$/);
  });

  it('about an EIP, is where and what readers of the vendor’s own look for', () => {
    expect(CONDITION_TYPES.eip).toBe('k8s.aliyun.com/eip');
    expect(BOUND_REASON_TEXT.eip).toBe('Associate eip succeed');
    expect(RESULT_ANNOTATIONS.eip).toEqual([
      'k8s.aliyun.com/allocated-eipAddress',
      'network.alibabacloud.com/allocated-eipAddress',
    ]);
  });

  it('about a fixed IP, which the vendor has no words for, is in words of our own', () => {
    expect(CONDITION_TYPES.ip).toBe('holdfast.io/fixed-ip');
    expect(BOUND_REASON_TEXT.ip).toBe('Bound');
    expect(RESULT_ANNOTATIONS.ip).toEqual(['holdfast.io/fixed-ip']);
  });

  it('says in the reason of an Event which address is meant', () => {
    expect(EVENT_SUBJECTS).toEqual({ eip: 'EIP', ip: 'FixedIP' });
  });

  it('raises no alarm about what is on its way, or was asked for', () => {
    const warnings = Object.keys(REASONS).filter((reason) => !NORMAL_REASONS.some((one) => one === reason));
    expect(warnings).toEqual([
      'AddressInUse',
      'AddressNotFound',
      'WaitingForRelease',
      'QuotaExceeded',
      'InsufficientBalance',
      'VSwitchExhausted',
      'WrongVSwitch',
      'Throttled',
      'Forbidden',
      'ManagedENI',
      'HostNetwork',
      'InvalidAnnotation',
      'Refused',
      'CloudUnavailable',
    ]);
  });
});
