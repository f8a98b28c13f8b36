import { describe, expect, it } from 'vitest';
import type { Action } from '../../shared/claim/action.ts';
import { decide } from '../../shared/claim/decide.ts';
import type { Kind } from '../../shared/claim/identity.ts';
import type { Told } from '../../shared/claim/observation.ts';
import { readWishes } from '../../shared/claim/policy.ts';
import { eniOf, FRESH_TOKEN, HERE, keyOf, NOW, podAt, released, seeing, told } from './claim-scene.ts';

type Annotations = Readonly<Record<string, string>>;

const ENABLED: Readonly<Record<Kind, string>> = {
  eip: 'network.alibabacloud.com/pod-with-eip',
  ip: 'network.alibabacloud.com/enable-fixed-ip',
};
const RETENTION: Readonly<Record<Kind, string>> = {
  eip: 'network.alibabacloud.com/pod-eip-release-strategy',
  ip: 'network.alibabacloud.com/fixed-ip-release-after',
};
const OLDER: Readonly<Record<Kind, string>> = {
  eip: 'k8s.aliyun.com/pod-with-eip',
  ip: 'k8s.aliyun.com/eci-fixed-ip',
};
const BOTH: Annotations = { [ENABLED.eip]: 'true', [ENABLED.ip]: 'true' };

/** What is done first for a pod that asks for both kinds, and for this besides. */
const first = (kind: Kind, more: Annotations, known: { told?: Told; claim?: 'tombstone' } = {}): Action => {
  const pod = podAt(HERE, {
    wishes: readWishes({ ...BOTH, ...more }),
    ...(known.told ? { told: told(kind, known.told) } : {}),
  });
  const seen = seeing(pod, { eni: eniOf(HERE) });
  const claim = known.claim && released(kind);
  return decide(claim, { key: keyOf(kind), seen, now: NOW, earliest: NOW, freshToken: FRESH_TOKEN });
};

const begins = { kind: 'save', next: { phase: 'Allocating' } };

describe.each([
  ['an EIP', 'eip', 'ip'],
  ['a fixed IP', 'ip', 'eip'],
] as const)('of the annotations for %s', (_, kind, other) => {
  it.each([
    ['how long to keep it', RETENTION[kind]],
    ['whether there is to be one', ENABLED[kind]],
  ])(
    'one that does not say in readable words %s keeps it from being begun, and is quoted once',
    (__, name) => {
      for (const claim of [{}, { claim: 'tombstone' }] as const) {
        const action = first(kind, { [name]: 'a while' }, claim);
        expect(action).toEqual({
          kind: 'tell',
          podUid: HERE.podUid,
          told: {
            reason: 'InvalidAnnotation',
            message: expect.stringContaining(`${name} is "a while"; allowed is `),
          },
        });
        if (action.kind === 'tell')
          expect(first(kind, { [name]: 'a while' }, { ...claim, told: action.told })).toEqual({
            kind: 'done',
          });
      }
    },
  );

  it.each([RETENTION[kind], ENABLED[kind]])(
    'one that cannot be read holds up nothing of the other kind, which hears nothing of it (%s)',
    (name) => {
      expect(first(other, { [name]: 'a while' })).toMatchObject(begins);
    },
  );

  it('the one that is quoted is its own, where one for the other kind cannot be read either', () => {
    const slips = { [RETENTION.eip]: 'a while', [RETENTION.ip]: 'a while' };
    expect(first(kind, slips)).toMatchObject({
      told: { message: expect.stringContaining(`${RETENTION[kind]} is "a while"`) },
    });
  });

  it('one that only does not count, because another spelling does, is no reason to wait', () => {
    expect(first(kind, { [OLDER[kind]]: 'false' })).toMatchObject(begins);
  });

  it('one that does not count is not the one that is quoted', () => {
    expect(first(kind, { [OLDER[kind]]: 'false', [RETENTION[kind]]: 'a while' })).toMatchObject({
      told: { message: expect.stringContaining(RETENTION[kind]) },
    });
  });
});
