import type { Act, Story } from '../story.ts';

/** An act in words. */
export function wordAct(act: Act, story: Story): string {
  const plan = 'workload' in act ? story.workloads[act.workload] : undefined;
  const about = plan
    ? ` ${plan.namespace}/${plan.name}${'ordinal' in act ? ` (pod ${act.ordinal})` : ''} in c-${plan.cluster}`
    : '';
  const more =
    'annotations' in act
      ? ` with ${JSON.stringify(act.annotations)}`
      : 'replicas' in act
        ? ` to ${act.replicas}`
        : 'ms' in act
          ? ` for ${act.ms / 1_000} s`
          : 'namespace' in act
            ? ` ${act.namespace} in c-${act.cluster}`
            : '';
  return `${act.kind}${about}${more}`;
}
