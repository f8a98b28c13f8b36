import type { Clock } from '../../kernel/clock.ts';
import { isStatus, type KubernetesClient, KubernetesError } from './client.ts';
import { type Correlation, createEventCorrelator, type Occurrence } from './event-correlator.ts';
import { type Event, type KubernetesObject, type ObjectReference, secondsTime } from './objects.ts';
import { paths } from './paths.ts';

export interface EventRecorder {
  /** Says it, in the order of the calls; never fails and never waits. */
  record(object: ObjectReference, type: 'Normal' | 'Warning', reason: string, message: string): void;
  close(): void;
}

export interface EventRecorderOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly source: { readonly component: string; readonly host?: string };
  readonly log: (line: string) => void;
}

type Sendable = Extract<Correlation, { kind: 'send' }>;

/** Source: client-go, tools/record/event.go: how much waits, and how often a lost connection is tried again. */
const LONGEST_QUEUE = 1000;
const TRIES = 12;
const RETRY_MS = 10_000;

/** Records Events of core/v1 as every controller and kubelet does, with client-go's merging, dropping and giving up. */
export function createEventRecorder({ client, clock, source, log }: EventRecorderOptions): EventRecorder {
  const correlator = createEventCorrelator();
  const waiting: { occurrence: Occurrence; at: number }[] = [];
  const closing = new AbortController();
  let sending = false;

  const send = async (occurrence: Occurrence, at: number, correlation: Sendable) => {
    const namespace = occurrence.object.namespace || 'default';
    const { earlier, count, message } = correlation;
    if (earlier) {
      const change = { count, message, lastTimestamp: secondsTime(at) };
      try {
        const path = paths.events(namespace, earlier.metadata.name);
        correlation.remember(await client.patch<Event>(path, 'strategic', change));
        return;
      } catch (error) {
        // Events expire after an hour; the original then writes it anew.
        if (!isStatus(error, 404)) throw error;
      }
    }
    const body = eventOf(occurrence, correlation, at);
    correlation.remember(await client.create<Event>(paths.events(namespace), body));
  };

  const sendUntilSettled = async (occurrence: Occurrence, at: number) => {
    const correlation = correlator.correlate(occurrence, clock.now());
    if (correlation.kind === 'drop') return;
    for (let tried = 1; !closing.signal.aborted; tried++) {
      try {
        return await send(occurrence, at, correlation);
      } catch (error) {
        if (closing.signal.aborted) return;
        // What the server refused is not tried again, not even a 429 or a 500 (client-go: "will not retry!").
        if (error instanceof KubernetesError || tried === TRIES) {
          log(`event ${occurrence.reason} of ${occurrence.object.name} is lost: ${(error as Error).message}`);
          return;
        }
        await clock.sleep(RETRY_MS, closing.signal).catch(() => {});
      }
    }
  };

  const drain = async () => {
    sending = true;
    for (let next = waiting.shift(); next; next = waiting.shift())
      await sendUntilSettled(next.occurrence, next.at);
    sending = false;
  };

  return {
    record(object, type, reason, message) {
      if (closing.signal.aborted || waiting.length >= LONGEST_QUEUE) return;
      waiting.push({ occurrence: { object, source, type, reason, message }, at: clock.now() });
      if (!sending)
        drain().catch((error) => log(`events of ${source.component}: ${(error as Error).message}`));
    },
    close() {
      waiting.length = 0;
      closing.abort();
    },
  };
}

let lastSuffix = 0n;

/** A name as client-go makes it: the object's, and the time in nanoseconds. Two are never the same. */
export function eventName(objectName: string, at: number): string {
  const nanoseconds = BigInt(at) * 1_000_000n;
  lastSuffix = nanoseconds > lastSuffix ? nanoseconds : lastSuffix + 1n;
  return `${objectName}.${lastSuffix.toString(16)}`;
}

function eventOf({ object, source, type, reason }: Occurrence, correlation: Sendable, at: number): Event {
  const time = secondsTime(at);
  return {
    metadata: { name: eventName(object.name ?? '', at), namespace: object.namespace || 'default' },
    involvedObject: object,
    reason,
    message: correlation.message,
    source,
    firstTimestamp: time,
    lastTimestamp: time,
    count: correlation.count,
    type,
    eventTime: null,
    reportingComponent: correlation.combined ? '' : source.component,
    reportingInstance: correlation.combined ? '' : (source.host ?? ''),
  };
}

/** How an Event names the object that it is about. */
export function referenceTo(object: KubernetesObject, apiVersion: string, kind: string): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    kind,
    apiVersion,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}
