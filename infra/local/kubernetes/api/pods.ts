import { writeTimes } from './conditions.ts';
import {
  clone,
  ensureFields,
  equal,
  type Fields,
  fieldsAt,
  type KubeObject,
  listAt,
  numberAt,
  recordsAt,
  setDefault,
  textAt,
} from './objects.ts';
import { containersOf, defaultPodSpec, validatePodSpec } from './pod-template.ts';
import type { Rules } from './resources.ts';
import { type Cause, cause } from './status.ts';

/** Admission gives every pod five minutes on a node that fails. Source: DefaultTolerationSeconds plugin. */
const DEFAULT_TOLERATIONS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

export const POD_RULES: Rules = {
  defaults(pod) {
    const spec = ensureFields(pod, 'spec');
    defaultPodSpec(spec);
    setDefault(spec, 'enableServiceLinks', true);
    writeTimes(pod, 'lastProbeTime', 'lastTransitionTime');
  },
  beforeCreate(pod) {
    const spec = ensureFields(pod, 'spec');
    addTolerations(spec);
    setDefault(spec, 'priority', 0);
    setDefault(spec, 'preemptionPolicy', 'PreemptLowerPriority');
    pod.status = { phase: 'Pending', qosClass: qualityOfService(spec) };
  },
  beforeUpdate(next, current) {
    // What admission filled in at creation stays when a client PUTs the manifest it started from.
    const [spec, before] = [ensureFields(next, 'spec'), fieldsAt(current, 'spec')];
    for (const name of ['priority', 'preemptionPolicy']) setDefault(spec, name, before[name]);
    addTolerations(spec);
  },
  validate(pod) {
    return validatePodSpec(fieldsAt(pod, 'spec'), 'spec');
  },
  validateUpdate: validatePodUpdate,
};

function addTolerations(spec: Fields): void {
  const tolerations = [...listAt(spec, 'tolerations')];
  const held = recordsAt(spec, 'tolerations');
  for (const key of DEFAULT_TOLERATIONS) {
    const tolerated = held.some(
      (toleration) =>
        (textAt(toleration, 'key') === key || textAt(toleration, 'key') === '') &&
        ['', 'NoExecute'].includes(textAt(toleration, 'effect')),
    );
    if (!tolerated)
      tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
  }
  spec.tolerations = tolerations;
}

const COUNTED = ['cpu', 'memory'];

/** Source: Kubernetes, pkg/apis/core/helper/qos. */
function qualityOfService(spec: Fields): string {
  const resources = containersOf(spec).map((container) => fieldsAt(container, 'resources'));
  const amounts = resources.flatMap((resource) =>
    COUNTED.flatMap((name) => [fieldsAt(resource, 'requests')[name], fieldsAt(resource, 'limits')[name]]),
  );
  if (amounts.every((amount) => amount === undefined)) return 'BestEffort';
  const guaranteed = resources.every((resource) =>
    COUNTED.every((name) => {
      const limit = fieldsAt(resource, 'limits')[name];
      return limit !== undefined && equal(limit, fieldsAt(resource, 'requests')[name]);
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

const MUTABLE =
  'pod updates may not change fields other than `spec.containers[*].image`, `spec.initContainers[*].image`, `spec.activeDeadlineSeconds` or `spec.tolerations` (only additions to existing tolerations)';

/** All but images, the deadline, added tolerations and removed scheduling gates is fixed at creation. */
function validatePodUpdate(next: KubeObject, current: KubeObject): Cause[] {
  const causes: Cause[] = [];
  const before = fieldsAt(current, 'spec');
  const after = clone(fieldsAt(next, 'spec'));
  if (listAt(after, 'containers').length !== listAt(before, 'containers').length) {
    return [cause.forbidden('spec.containers', 'pod updates may not add or remove containers')];
  }
  for (const list of ['containers', 'initContainers']) {
    const old = recordsAt(before, list);
    recordsAt(after, list).forEach((container, index) => {
      if (textAt(container, 'image') === '') causes.push(cause.required(`spec.${list}[${index}].image`));
      container.image = old[index]?.image;
    });
  }
  const deadline = numberAt(after, 'activeDeadlineSeconds');
  const oldDeadline = numberAt(before, 'activeDeadlineSeconds');
  if (oldDeadline !== undefined && (deadline === undefined || deadline > oldDeadline)) {
    causes.push(
      deadline === undefined
        ? cause.invalid(
            'spec.activeDeadlineSeconds',
            null,
            'must not update from a positive integer to nil value',
          )
        : cause.invalid(
            'spec.activeDeadlineSeconds',
            deadline,
            `must be less than or equal to previous value`,
          ),
    );
  }
  const tolerations = listAt(after, 'tolerations');
  const kept = listAt(before, 'tolerations').every((old) =>
    tolerations.some((toleration) => equal(old, toleration)),
  );
  if (!kept)
    causes.push(
      cause.forbidden(
        'spec.tolerations',
        'existing toleration can not be modified except its tolerationSeconds',
      ),
    );
  copyField(after, before, 'activeDeadlineSeconds');
  copyField(after, before, 'tolerations');
  if (gatesOnlyRemoved(before, after)) copyField(after, before, 'schedulingGates');
  if (!equal(after, before)) causes.push(cause.forbidden('spec', MUTABLE));
  return causes;
}

function gatesOnlyRemoved(before: Fields, after: Fields): boolean {
  const old = listAt(before, 'schedulingGates');
  return listAt(after, 'schedulingGates').every((gate) => old.some((other) => equal(gate, other)));
}

function copyField(target: Fields, source: Fields, name: string): void {
  if (source[name] === undefined) delete target[name];
  else target[name] = source[name];
}
