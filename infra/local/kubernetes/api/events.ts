import { type Fields, type KubeObject, setDefault, textAt } from './objects.ts';
import type { Conversion, Rules } from './resources.ts';
import { type Cause, cause } from './status.ts';

/** Field names of `events.k8s.io/v1`, by their names in `v1`, in which events are stored. */
const RENAMED: Readonly<Record<string, string>> = {
  involvedObject: 'regarding',
  message: 'note',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
  reportingComponent: 'reportingController',
};
const ORIGINAL = Object.fromEntries(Object.entries(RENAMED).map(([core, renamed]) => [renamed, core]));

function rename(object: KubeObject, names: Readonly<Record<string, string>>, apiVersion: string): KubeObject {
  const renamed: Fields = {};
  for (const [name, value] of Object.entries(object)) renamed[names[name] ?? name] = value;
  return { ...renamed, kind: object.kind, apiVersion, metadata: object.metadata };
}

export const EVENTS_CONVERSION: Conversion = {
  toStored: (object) => rename(object, ORIGINAL, 'v1'),
  fromStored(object) {
    const converted = rename(object, RENAMED, 'events.k8s.io/v1');
    // The newer type leaves its empty strings out, the older writes them.
    for (const name of ['reportingController', 'reportingInstance']) {
      if (converted[name] === '') delete converted[name];
    }
    return converted;
  },
};

export const EVENT_RULES: Rules = {
  defaults(event) {
    setDefault(event, 'involvedObject', {});
    setDefault(event, 'source', {});
    for (const name of ['firstTimestamp', 'lastTimestamp', 'eventTime']) event[name] ??= null;
    for (const name of ['reportingComponent', 'reportingInstance']) setDefault(event, name, '');
    if (event.count === 0) delete event.count;
  },
  validate(event) {
    const namespace = event.metadata.namespace ?? '';
    const involved = textAt(event, 'involvedObject', 'namespace');
    // Events about cluster-scoped objects live in `default`.
    if (involved === namespace || (involved === '' && ['', 'default'].includes(namespace))) return [];
    return [cause.invalid('involvedObject.namespace', involved, 'does not match event.namespace')];
  },
};

/** What `events.k8s.io/v1` asks of a new event beyond the older version. Source: pkg/apis/core/validation/events.go. */
export function validateNewEvent(event: KubeObject): Cause[] {
  const causes: Cause[] = [];
  if (event.eventTime === null || event.eventTime === undefined)
    return invalidType(event, [cause.required('eventTime')]);
  for (const [name, field] of [
    ['reportingComponent', 'reportingController'],
    ['reportingInstance', 'reportingInstance'],
    ['action', 'action'],
    ['reason', 'reason'],
  ] as const) {
    if (textAt(event, name) === '') causes.push(cause.required(field));
  }
  return invalidType(event, causes);
}

function invalidType(event: KubeObject, causes: Cause[]): Cause[] {
  const type = textAt(event, 'type');
  if (type === 'Normal' || type === 'Warning') return causes;
  return [...causes, cause.invalid('type', type, `has invalid value: ${type}`)];
}
