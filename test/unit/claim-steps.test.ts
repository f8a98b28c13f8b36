import { expect, it } from 'vitest';
import { nothingRead } from '../../shared/claim/observation.ts';
import { sameBinding } from '../../shared/claim/steps.ts';
import { HERE, podAt, THERE } from './claim-scene.ts';

it('all that is known of the cloud at first is that nobody has looked', () => {
  for (const pod of [podAt(HERE), 'absent'] as const)
    expect(nothingRead(pod)).toEqual({ pod, eni: 'unread', eip: 'unread', holder: 'unread' });
});

it('a binding is another one as soon as its pod, its ENI or its IP is another', () => {
  expect(sameBinding(HERE, { ...HERE })).toBe(true);
  for (const part of ['podUid', 'eniId', 'privateIp'] as const)
    expect(sameBinding(HERE, { ...HERE, [part]: THERE[part] })).toBe(false);
});
