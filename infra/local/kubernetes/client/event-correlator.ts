import type { Event, ObjectReference } from './objects.ts';

/** What a part of the cluster has to say about an object. */
export interface Occurrence {
  readonly object: ObjectReference;
  readonly source: { readonly component: string; readonly host?: string };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What is to be sent: nothing, a new Event, or a higher count on one that was sent before. */
export type Correlation =
  | { readonly kind: 'drop' }
  | {
      readonly kind: 'send';
      readonly message: string;
      /** Several occurrences in one; such an Event names no reporting component. */
      readonly combined: boolean;
      readonly count: number;
      /** The Event to raise the count of; a new one where it is missing. */
      readonly earlier: Event | undefined;
      readonly remember: (sent: Event) => void;
    };

export interface EventCorrelator {
  correlate(occurrence: Occurrence, now: number): Correlation;
}

/** Source: client-go, tools/record/events_cache.go: the defaults of its aggregator and its spam filter. */
const SIMILAR_LIMIT = 10;
const SIMILAR_WINDOW_MS = 600_000;
const BURST = 25;
const REFILL_MS = 300_000;
const REMEMBERED = 4096;

/**
 * Merges and drops Events as client-go does in every controller: the same event counts up, from the tenth similar one
 * (other message, same object and reason) all share one, and an object gets 25 at once and then one in 5 minutes.
 */
export function createEventCorrelator(): EventCorrelator {
  const similar = new Map<string, { messages: Set<string>; last: number }>();
  const sent = new Map<string, { count: number; event: Event | undefined }>();
  const buckets = new Map<string, { tokens: number; filled: number }>();

  const aggregate = (occurrence: Occurrence, now: number) => {
    const { object, source, type, reason, message } = occurrence;
    const group = join(source, object, type, reason);
    const known = similar.get(group);
    const record =
      known && now - known.last <= SIMILAR_WINDOW_MS ? known : { messages: new Set<string>(), last: now };
    record.messages.add(message);
    record.last = now;
    remember(similar, group, record);
    if (record.messages.size < SIMILAR_LIMIT) {
      return {
        key: join(source, object, type, reason, object.fieldPath ?? '', message),
        message,
        combined: false,
      };
    }
    // One leaves, so that the set does not grow while the flood lasts.
    for (const oldest of record.messages) {
      record.messages.delete(oldest);
      break;
    }
    return { key: group, message: `(combined from similar events): ${message}`, combined: true };
  };

  const takeToken = ({ source, object, type }: Occurrence, now: number): boolean => {
    const key = join(source, object, type);
    const bucket = buckets.get(key) ?? { tokens: BURST, filled: now };
    bucket.tokens = Math.min(BURST, bucket.tokens + (now - bucket.filled) / REFILL_MS);
    bucket.filled = now;
    const allowed = bucket.tokens >= 1;
    if (allowed) bucket.tokens -= 1;
    remember(buckets, key, bucket);
    return allowed;
  };

  return {
    correlate(occurrence, now) {
      const { key, message, combined } = aggregate(occurrence, now);
      const entry = sent.get(key) ?? { count: 0, event: undefined };
      entry.count += 1;
      remember(sent, key, entry);
      // Counted even when dropped, as the original does: the next one that passes tells of all.
      if (!takeToken(occurrence, now)) return { kind: 'drop' };
      const { count, event: earlier } = entry;
      return {
        kind: 'send',
        message,
        combined,
        count,
        earlier,
        remember(event) {
          entry.event = event;
        },
      };
    },
  };
}

function join(source: Occurrence['source'], object: ObjectReference, ...rest: string[]): string {
  const { kind, namespace, name, uid, apiVersion } = object;
  return [source.component, source.host, kind, namespace, name, uid, apiVersion, ...rest].join('\n');
}

/** A map that forgets what was touched longest ago. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= REMEMBERED) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
