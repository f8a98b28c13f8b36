import { describe, expect, it } from 'vitest';
import { KINDS } from '../../shared/claim/identity.ts';
import { decideEip, decideIp, ELSEWHERE, eniOf, HERE, podAt, retained, seeing, told } from './claim-scene.ts';

/** The node says that the pod is on an ENI of ours; the cloud has said that it is on one of its own. */
const MESSAGE = HERE.eniId;
const decideOf = { eip: decideEip, ip: decideIp };

describe.each(KINDS)('a pod on a managed ENI whose node names another, for an %s', (kind) => {
  const pod = podAt(HERE, {
    eniHint: ELSEWHERE.eniId,
    told: told(kind, { reason: 'ManagedENI', message: MESSAGE }),
  });
  const decided = (changes: Parameters<typeof seeing>[1] = {}) =>
    decideOf[kind](retained(kind), seeing(pod, changes));

  it('is looked up in the cloud before its address leaves the retention', () => {
    expect(decided()).toEqual({ kind: 'look-eni', privateIp: HERE.privateIp });
  });

  it('keeps its address retained, and is told nothing new', () => {
    expect(decided({ eni: eniOf(HERE, { managed: true }) })).toEqual({ kind: 'done' });
  });

  it('gets its address once it is on an ENI of ours', () => {
    expect(decided({ eni: eniOf(HERE) })).toMatchObject({
      kind: 'save',
      next: { phase: 'Bound', binding: HERE },
    });
  });
});
