import { writeTimes } from './conditions.ts';
import {
  ensureFields,
  equal,
  type Fields,
  fieldsAt,
  isFields,
  type KubeObject,
  numberAt,
  recordsAt,
  setDefault,
} from './objects.ts';
import { defaultPodSpec, validatePodSpec } from './pod-template.ts';
import type { Rules } from './resources.ts';
import { labelPredicate } from './selectors.ts';
import { type Cause, cause } from './status.ts';

/** A LabelSelector in the form that queries and Scale objects use. */
export function selectorText(selector: Fields): string {
  const equalities = Object.entries(fieldsAt(selector, 'matchLabels')).map(
    ([key, value]) => `${key}=${String(value)}`,
  );
  const expressions = recordsAt(selector, 'matchExpressions').map((expression) => {
    const values = (Array.isArray(expression.values) ? expression.values : []).join(',');
    switch (expression.operator) {
      case 'In':
        return `${expression.key} in (${values})`;
      case 'NotIn':
        return `${expression.key} notin (${values})`;
      case 'Exists':
        return String(expression.key);
      default:
        return `!${expression.key}`;
    }
  });
  return [...equalities.sort(), ...expressions].join(',');
}

/** Go's `%#v` of a map of strings, as validation messages print it. */
function goMap(map: Fields): string {
  const entries = Object.entries(map).sort(([left], [right]) => (left < right ? -1 : 1));
  if (entries.length === 0) return 'map[string]string(nil)';
  return `map[string]string{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(', ')}}`;
}

function defaultTemplate(object: KubeObject): Fields {
  const spec = ensureFields(object, 'spec');
  setDefault(spec, 'replicas', 1);
  const template = ensureFields(spec, 'template');
  setDefault(ensureFields(template, 'metadata'), 'creationTimestamp', null);
  defaultPodSpec(ensureFields(template, 'spec'));
  return spec;
}

function validateWorkload(object: KubeObject): Cause[] {
  const causes: Cause[] = [];
  const spec = fieldsAt(object, 'spec');
  const replicas = numberAt(spec, 'replicas') ?? 0;
  if (replicas < 0)
    causes.push(cause.invalid('spec.replicas', replicas, 'must be greater than or equal to 0'));
  const labels = fieldsAt(spec, 'template', 'metadata', 'labels');
  if (!isFields(spec.selector)) causes.push(cause.required('spec.selector'));
  else if (selectorText(spec.selector) === '') {
    causes.push(cause.invalid('spec.selector', {}, 'empty selector is invalid for this resource'));
  }
  if (!matches(fieldsAt(spec, 'selector'), labels)) {
    causes.push(
      cause.invalidGo(
        'spec.template.metadata.labels',
        goMap(labels),
        '`selector` does not match template `labels`',
      ),
    );
  }
  causes.push(...validatePodSpec(fieldsAt(spec, 'template', 'spec'), 'spec.template.spec'));
  return causes;
}

function matches(selector: Fields, labels: Fields): boolean {
  const text = selectorText(selector);
  if (text === '') return false;
  const predicate = labelPredicate(text);
  return predicate?.({ metadata: { labels } } as unknown as KubeObject) ?? false;
}

function selectorIsFixed(next: KubeObject, current: KubeObject): Cause[] {
  const after = fieldsAt(next, 'spec', 'selector');
  if (equal(after, fieldsAt(current, 'spec', 'selector'))) return [];
  const worded = `v1.LabelSelector{MatchLabels:${goMap(fieldsAt(after, 'matchLabels'))}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}`;
  return [cause.invalidGo('spec.selector', worded, 'field is immutable')];
}

export const deploymentRules: Rules = {
  defaults(object) {
    const spec = defaultTemplate(object);
    const strategy = ensureFields(spec, 'strategy');
    setDefault(strategy, 'type', 'RollingUpdate');
    if (strategy.type === 'RollingUpdate') {
      const rolling = ensureFields(strategy, 'rollingUpdate');
      setDefault(rolling, 'maxUnavailable', '25%');
      setDefault(rolling, 'maxSurge', '25%');
    }
    setDefault(spec, 'revisionHistoryLimit', 10);
    setDefault(spec, 'progressDeadlineSeconds', 600);
    setDefault(object, 'status', {});
    writeTimes(object, 'lastUpdateTime', 'lastTransitionTime');
  },
  beforeCreate(object) {
    object.status = {};
  },
  validate(object) {
    const causes = validateWorkload(object);
    const strategy = fieldsAt(object, 'spec', 'strategy');
    if (strategy.type === 'Recreate' && strategy.rollingUpdate !== undefined) {
      causes.push(
        cause.forbidden(
          'spec.strategy.rollingUpdate',
          "may not be specified when strategy `type` is 'Recreate'",
        ),
      );
    }
    return causes;
  },
  validateUpdate: selectorIsFixed,
};

export const replicaSetRules: Rules = {
  defaults(object) {
    defaultTemplate(object);
    setDefault(ensureFields(object, 'status'), 'replicas', 0);
    writeTimes(object, 'lastTransitionTime');
  },
  beforeCreate(object) {
    object.status = { replicas: 0 };
  },
  validate: validateWorkload,
  validateUpdate: selectorIsFixed,
};

const FIXED_STATEFUL_SET =
  "updates to statefulset spec for fields other than 'replicas', 'template', and 'updateStrategy' are forbidden";
const CHANGEABLE = new Set([
  'replicas',
  'template',
  'updateStrategy',
  // Mutable since 1.23 and 1.25; older servers do not know these fields.
  'minReadySeconds',
  'persistentVolumeClaimRetentionPolicy',
  'ordinals',
]);

export const statefulSetRules: Rules = {
  defaults(object) {
    const spec = defaultTemplate(object);
    setDefault(spec, 'serviceName', '');
    setDefault(spec, 'podManagementPolicy', 'OrderedReady');
    const strategy = ensureFields(spec, 'updateStrategy');
    setDefault(strategy, 'type', 'RollingUpdate');
    if (strategy.type === 'RollingUpdate')
      setDefault(ensureFields(strategy, 'rollingUpdate'), 'partition', 0);
    setDefault(spec, 'revisionHistoryLimit', 10);
    for (const claim of recordsAt(spec, 'volumeClaimTemplates')) {
      setDefault(claim, 'kind', 'PersistentVolumeClaim');
      setDefault(claim, 'apiVersion', 'v1');
      setDefault(ensureFields(claim, 'metadata'), 'creationTimestamp', null);
      setDefault(ensureFields(claim, 'spec'), 'volumeMode', 'Filesystem');
      setDefault(claim, 'status', { phase: 'Pending' });
    }
    setDefault(ensureFields(object, 'status'), 'replicas', 0);
    writeTimes(object, 'lastTransitionTime');
  },
  beforeCreate(object) {
    object.status = { replicas: 0 };
  },
  validate: validateStatefulSet,
  validateUpdate(next, current) {
    const [after, before] = [fieldsAt(next, 'spec'), fieldsAt(current, 'spec')];
    const names = new Set([...Object.keys(after), ...Object.keys(before)]);
    const fixed = [...names].every((name) => CHANGEABLE.has(name) || equal(after[name], before[name]));
    return fixed ? [] : [cause.forbidden('spec', FIXED_STATEFUL_SET)];
  },
};

function validateStatefulSet(object: KubeObject): Cause[] {
  const spec = fieldsAt(object, 'spec');
  const claims = new Set(
    recordsAt(spec, 'volumeClaimTemplates').map((claim) => String(fieldsAt(claim, 'metadata').name)),
  );
  // A mount may name a claim template: the controller adds the volume to each pod.
  return validateWorkload(object).filter(
    (found) =>
      !(
        found.reason === 'FieldValueNotFound' &&
        claims.has(JSON.parse(found.message.slice('Not found: '.length)))
      ),
  );
}
