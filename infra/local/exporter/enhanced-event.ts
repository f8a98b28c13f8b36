import type {
  Event,
  KubernetesObject,
  ObjectReference,
  OwnerReference,
} from '../kubernetes/client/objects.ts';

/** What the exporter finds out about the object of an event. */
export interface ObjectFacts {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly ownerReferences?: readonly OwnerReference[] | undefined;
  readonly deleted: boolean;
}

/** False means "not known", too: without a lookup, or after a failed one, it is all that is said. */
export const UNKNOWN: ObjectFacts = { deleted: false };

export function factsOf(object: KubernetesObject): ObjectFacts {
  const { labels, annotations, ownerReferences, deletionTimestamp } = object.metadata;
  return { labels, annotations, ownerReferences, deleted: deletionTimestamp !== undefined };
}

/**
 * The body that the webhook receiver posts: Go's JSON of the event, fields in the order of its structs, then
 * `clusterName` and the enhanced `involvedObject`. Source: kubernetes-event-exporter, pkg/kube/event.go, and
 * k8s.io/api core/v1 for the order and for what is left out when empty.
 */
export function encodeEnhanced(event: Event, clusterName: string, facts: ObjectFacts): string {
  const body = {
    metadata: metadataOf(event.metadata),
    ...filled({ reason: event.reason, message: event.message }),
    source: filled({ component: event.source?.component, host: event.source?.host }),
    firstTimestamp: event.firstTimestamp ?? null,
    lastTimestamp: event.lastTimestamp ?? null,
    ...filled({ count: event.count, type: event.type }),
    eventTime: event.eventTime ?? null,
    ...filled({
      series: event.series,
      action: event.action,
      related: event.related && referenceOf(event.related),
    }),
    reportingComponent: event.reportingComponent ?? '',
    reportingInstance: event.reportingInstance ?? '',
    clusterName,
    involvedObject: {
      ...referenceOf(event.involvedObject),
      ...filled({
        labels: sorted(facts.labels),
        annotations: sorted(facts.annotations),
        ownerReferences: facts.ownerReferences?.length ? facts.ownerReferences.map(ownerOf) : undefined,
      }),
      deleted: facts.deleted,
    },
  };
  return escapeAsGo(JSON.stringify(body));
}

/** Managed fields are taken out; the rest as metav1.ObjectMeta orders it. */
function metadataOf(metadata: Event['metadata']): object {
  return {
    ...filled({
      name: metadata.name,
      generateName: metadata.generateName,
      namespace: metadata.namespace,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      generation: metadata.generation,
    }),
    creationTimestamp: metadata.creationTimestamp ?? null,
    ...filled({
      deletionTimestamp: metadata.deletionTimestamp,
      deletionGracePeriodSeconds: metadata.deletionGracePeriodSeconds,
      labels: sorted(metadata.labels),
      annotations: sorted(metadata.annotations),
      ownerReferences: metadata.ownerReferences?.map(ownerOf),
      finalizers: metadata.finalizers,
    }),
  };
}

const referenceOf = (reference: ObjectReference) =>
  filled({
    kind: reference.kind,
    namespace: reference.namespace,
    name: reference.name,
    uid: reference.uid,
    apiVersion: reference.apiVersion,
    resourceVersion: reference.resourceVersion,
    fieldPath: reference.fieldPath,
  });

const ownerOf = (owner: OwnerReference) => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.name,
  uid: owner.uid,
  ...(owner.controller === undefined ? {} : { controller: owner.controller }),
  ...(owner.blockOwnerDeletion === undefined ? {} : { blockOwnerDeletion: owner.blockOwnerDeletion }),
});

/** As Go's `omitempty`: zero and empty are left out. */
function filled(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== undefined && value !== null && value !== '' && value !== 0,
    ),
  );
}

/** Go writes maps by key; an empty one is left out. */
function sorted(map: Readonly<Record<string, string>> | undefined): Record<string, string> | undefined {
  const entries = Object.entries(map ?? {}).sort(([left], [right]) => (left < right ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Go escapes what could end a script element, and the two line separators. */
const escapeAsGo = (json: string): string =>
  json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
