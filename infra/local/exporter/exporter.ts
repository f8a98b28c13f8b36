import { setMaxListeners } from 'node:events';
import type { CloudContext } from '../kernel/context.ts';
import { createKubernetesClient } from '../kubernetes/client/client.ts';
import { createInformer } from '../kubernetes/client/informer.ts';
import type { Event } from '../kubernetes/client/objects.ts';
import { paths } from '../kubernetes/client/paths.ts';
import { encodeEnhanced, UNKNOWN } from './enhanced-event.ts';
import { createLookup } from './lookup.ts';
import { deliveries, RECOMMENDED_ROUTE, type Route } from './route.ts';
import { createWebhookPoster, type Webhook } from './webhook.ts';

/** What goes wrong on the way, beyond what the exporter itself loses. */
export interface Loss {
  /** Share of the posts that are never sent, 0 to 1. */
  readonly drop?: number;
  /** Share of the posts that are sent twice. */
  readonly duplicate?: number;
  /** How long each post waits, ms of cloud time. */
  readonly delayMs?: { readonly min: number; readonly max: number };
  /** Posts overtake each other. */
  readonly reorder?: boolean;
}

/** One event that was posted, and what came of it. */
export interface Posted {
  readonly event: Event;
  readonly body: string;
  /** The HTTP status, or undefined when there was no answer. */
  readonly status: number | undefined;
}

export interface ExporterOptions {
  readonly kubeconfig: string;
  readonly clusterName: string;
  readonly webhook: Webhook;
  readonly loss?: Loss;
  /** Default: all pods, and SuccessfulCreate and SuccessfulDelete of StatefulSets. */
  readonly route?: Route;
  /** Default 300; the original's own is 5. */
  readonly maxEventAgeSeconds?: number;
  /** False has each event's object looked up, by name. Default true. */
  readonly omitLookup?: boolean;
}

export interface Exporter {
  setLoss(loss: Loss): void;
  /** Posts that were made, however they were answered. */
  sent(): number;
  /** Posts that were lost on purpose. */
  dropped(): number;
  /** Called after each post. Returns the way to stop listening. */
  onPost(listener: (posted: Posted) => void): () => void;
  close(): Promise<void>;
}

/** How far apart posts get that overtake each other. */
const REORDER_MS = 500;

/**
 * Stands in for kubernetes-event-exporter and its webhook receiver: each new Event is posted once, unless it is too
 * old; changes of an Event, and answers other than 2xx, mean nothing to it. Resolves once it watches.
 */
export async function startExporter(context: CloudContext, options: ExporterOptions): Promise<Exporter> {
  const { clock, log } = context;
  const { clusterName, route = RECOMMENDED_ROUTE, maxEventAgeSeconds = 300, omitLookup = true } = options;
  const random = context.random.fork('exporter');
  const client = await createKubernetesClient(options.kubeconfig);
  const lookup = omitLookup ? async () => UNKNOWN : createLookup(client);
  const poster = createWebhookPoster(options.webhook);
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const listeners = new Set<(posted: Posted) => void>();
  let loss = options.loss ?? {};
  let sent = 0;
  let dropped = 0;
  let posting = Promise.resolve();

  const isTooOld = ({ lastTimestamp, eventTime }: Event): boolean => {
    const time = Date.parse(lastTimestamp ?? eventTime ?? '');
    // Without either time the age counts from the year 1.
    return Number.isNaN(time) || clock.now() - time > maxEventAgeSeconds * 1000;
  };

  const post = async (event: Event, body: string) => {
    if (closing.signal.aborted) return;
    let status: number | undefined;
    try {
      status = await poster.post(body);
      if (status < 200 || status > 299) log(`exporter: the webhook answers ${status} to ${event.reason}`);
    } catch (error) {
      if (!closing.signal.aborted) log(`exporter: ${event.reason} is lost: ${(error as Error).message}`);
    }
    sent++;
    for (const listener of listeners) listener({ event, body, status });
  };

  const wait = async () => {
    const { delayMs, reorder } = loss;
    const ms =
      (delayMs ? random.integer(delayMs.min, delayMs.max) : 0) +
      (reorder ? random.integer(0, REORDER_MS) : 0);
    if (ms > 0) await clock.sleep(ms, closing.signal);
  };

  /**
   * Events wait side by side, but the receiver posts one at a time, and the next only when the last is answered.
   * Source: kubernetes-event-exporter, pkg/exporter/channel_registry.go.
   */
  const deliver = async (event: Event, body: string) => {
    if (random.next() < (loss.drop ?? 0)) {
      dropped++;
      return;
    }
    const times = random.next() < (loss.duplicate ?? 0) ? 2 : 1;
    const copies = Array.from({ length: times }, async () => {
      await wait();
      posting = posting.then(() => post(event, body));
    });
    await Promise.all(copies);
  };

  const take = async (event: Event) => {
    const facts = await lookup(event.involvedObject);
    const body = encodeEnhanced(event, clusterName, facts);
    for (let times = deliveries(route, event, facts); times > 0; times--) {
      deliver(event, body).catch(() => {
        // Only closing ends a wait.
      });
    }
  };

  let taking = Promise.resolve();
  const events = createInformer<Event>({ client, clock, path: paths.events(), log });
  events.listen({
    changed(event, old) {
      const isNew = old === undefined || old.metadata.uid !== event.metadata.uid;
      // One lookup at a time, in the order of the watch.
      if (isNew && !isTooOld(event)) taking = taking.then(() => take(event));
    },
  });
  await events.start();

  return {
    setLoss(next) {
      loss = next;
    },
    sent: () => sent,
    dropped: () => dropped,
    onPost(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      events.close();
      closing.abort(new Error('the exporter is closing'));
      client.close();
      poster.close();
      await posting;
    },
  };
}
