import { createHash } from 'node:crypto';
import { isClusterId, isNamespaceName, isPodName } from '../claim/identity.ts';
import type { Hint } from '../reconcile/ports.ts';
import { decodeHint } from './hint.ts';

/** A message that gave no hint: counted and logged, never retried. */
export interface Ignored {
  readonly why: Why;
  /** The first 16 hex digits of the SHA-256 of what could not be used; the body itself may hold anything. */
  readonly hash: string;
}

export type Why =
  /** Neither JSON nor base64 of JSON, or of no known shape. */
  | 'malformed'
  | 'oversized'
  /** A known shape about something that has no address. */
  | 'irrelevant'
  /** About a cluster that is not configured. */
  | 'foreign'
  /** An Event that we wrote ourselves. */
  | 'own';

export interface Reading {
  readonly hints: readonly Hint[];
  readonly ignored: readonly Ignored[];
}

export interface Clusters {
  readonly ids: readonly string[];
}

/** Larger than any Event that Kubernetes stores a name in (an Event is at most about a kilobyte of text). Bytes. */
export const LARGEST_MESSAGE = 64 * 1024;
/**
 * Envelopes within envelopes: an HTTP source's body inside a queue message inside a batch, each of them once more as
 * text, and one to spare.
 */
const DEEPEST = 8;
/** Items of one array. Source: EventBridge, batch window (10,000). */
const MOST_ITEMS = 10_000;

/** Component under which our own Events are written. */
export const OWN_COMPONENT = 'holdfast';

/**
 * What a body says to look at, whichever of the exporters' and the cloud's envelopes it came in: the exporter's own
 * JSON or a v1 Event; a CloudEvent of the container service; EventBridge's wrapping of a webhook or of a queue message,
 * with the body as an object, as text or in base64; each alone or in an array. Total: it never throws.
 */
export function readEnvelope(body: unknown, clusters: Clusters): Reading {
  return open(body, { clusters, cluster: undefined, depth: DEEPEST });
}

interface Place {
  readonly clusters: Clusters;
  /** The cluster that an outer envelope names. */
  readonly cluster: string | undefined;
  /** Envelopes that may still be opened. */
  readonly depth: number;
}

function ignore(why: Why, value: unknown): Reading {
  const text = typeof value === 'string' ? value : inWords(value);
  return {
    hints: [],
    ignored: [{ why, hash: createHash('sha256').update(text).digest('hex').slice(0, 16) }],
  };
}

/** What is nested without end, or in a circle, has no form in JSON; it is ignored all the same. */
function inWords(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return typeof value;
  }
}

const deeper = (place: Place): Place => ({ ...place, depth: place.depth - 1 });

function open(value: unknown, place: Place): Reading {
  if (place.depth === 0) return ignore('malformed', value);
  if (Buffer.isBuffer(value)) return openText(value.toString('utf8'), place);
  if (typeof value === 'string') return openText(value, place);
  if (Array.isArray(value)) return openArray(value, place);
  if (!isRecord(value)) return ignore('malformed', value);

  const hint = decodeHint(value);
  if (hint) return admit(hint, place);
  if (value.specversion !== undefined && value.data !== undefined) return openCloudEvent(value, place);
  if (isRecord(value.involvedObject)) return readEvent(value, value.involvedObject, place);
  return ignore('malformed', value);
}

function openArray(items: readonly unknown[], place: Place): Reading {
  if (items.length > MOST_ITEMS) return ignore('oversized', items);
  const readings = items.map((item) => open(item, deeper(place)));
  return {
    hints: readings.flatMap(({ hints }) => hints),
    ignored: readings.flatMap(({ ignored }) => ignored),
  };
}

function openText(text: string, place: Place): Reading {
  const parsed = parseJson(text) ?? parseBase64(text);
  const isBatch = Array.isArray(parsed);
  // A bare string or number is JSON too, and nothing that we could read.
  if (!isBatch && !isRecord(parsed)) return ignore('malformed', text);
  if (!isBatch && text.length > LARGEST_MESSAGE) return ignore('oversized', text);
  return open(parsed, deeper(place));
}

/** acs:cs:<region>:<account>:<cluster id>/apis/v1/namespaces/… */
const CLUSTER_SUBJECT = /^acs:cs:[^:]*:[^:]*:([^/]+)\//;

/** Sources: EventBridge's event formats of acs.cs, of the HTTP source and of MNS. */
function openCloudEvent({ data, type, subject }: Record<string, unknown>, place: Place): Reading {
  if (isRecord(data) && 'messageBody' in data) return open(data.messageBody, deeper(place));
  if (isRecord(data) && 'body' in data && type === 'eventbridge:Events:HTTPEvent')
    return open(data.body, deeper(place));
  const named = typeof subject === 'string' ? CLUSTER_SUBJECT.exec(subject)?.[1] : undefined;
  return open(data, deeper({ ...place, cluster: named ?? place.cluster }));
}

// The StatefulSet's own words. Source: Kubernetes, statefulset controller, event recorder.
const STATEFULSET_MESSAGE = /^(?:create|delete) Pod (\S+) in StatefulSet \S+ (?:successful|failed)/;

function readEvent(event: Record<string, unknown>, about: Record<string, unknown>, place: Place): Reading {
  const component = isRecord(event.source) ? event.source.component : undefined;
  if (component === OWN_COMPONENT || event.reportingComponent === OWN_COMPONENT) return ignore('own', event);
  const pod = podOf(event, about);
  if (pod === undefined) return ignore('irrelevant', event);
  const { namespace } = about;
  // With one cluster configured, an exporter that was not told its cluster's name can only mean that one.
  const [only, ...others] = place.clusters.ids;
  const named =
    typeof event.clusterName === 'string' && event.clusterName ? event.clusterName : place.cluster;
  const clusterId = named ?? (others.length === 0 ? only : undefined);
  if (clusterId === undefined) return ignore('foreign', event);
  if (!isClusterId(clusterId) || !isNamespaceName(namespace) || !isPodName(pod))
    return ignore('malformed', event);
  return admit({ clusterId, namespace, pod }, place);
}

function podOf(event: Record<string, unknown>, about: Record<string, unknown>): unknown {
  if (about.kind === 'Pod') return about.name;
  if (about.kind !== 'StatefulSet' || typeof event.message !== 'string') return undefined;
  return STATEFULSET_MESSAGE.exec(event.message)?.[1];
}

const admit = (hint: Hint, { clusters }: Place): Reading =>
  clusters.ids.includes(hint.clusterId) ? { hints: [hint], ignored: [] } : ignore('foreign', hint);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Undefined, which no JSON is.
  }
}

// Without the blanks at the end: a second way to match them takes the square of their number, hours for a large body.
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}$/;

const parseBase64 = (text: string): unknown =>
  BASE64.test(text.trimEnd()) ? parseJson(Buffer.from(text, 'base64').toString('utf8')) : undefined;
