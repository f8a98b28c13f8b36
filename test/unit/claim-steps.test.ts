import { expect, it } from 'vitest';
import { sameBinding } from '../../shared/claim/steps.ts';
import { HERE, THERE } from './claim-scene.ts';

it('a binding is another one as soon as its pod, its ENI or its IP is another', () => {
  expect(sameBinding(HERE, { ...HERE })).toBe(true);
  for (const part of ['podUid', 'eniId', 'privateIp'] as const)
    expect(sameBinding(HERE, { ...HERE, [part]: THERE[part] })).toBe(false);
});
