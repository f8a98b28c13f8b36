import type { CloudContext } from '../kernel/context.ts';
import { checkQueueName, DEFAULT_ATTRIBUTES, type QueueAttributes } from './attributes.ts';
import { createBacklog, type Depth } from './backlog.ts';
import {
  bodyMd5,
  type Message,
  type ReceivedMessage,
  receiptHandle,
  sequenceOf,
  snapshot,
} from './message.ts';
import { Refusal } from './refusal.ts';
import {
  messageChange,
  messageRemoval,
  openRegistry,
  type Queue,
  type QueueRecord,
  queueChange,
} from './registry.ts';
import { createWaiters, type Waiters } from './waiters.ts';

/** What a sender says of a message; seconds. */
export interface Draft {
  readonly body: string;
  readonly delaySeconds?: number;
  readonly priority?: number;
}

export interface ReceiveOptions {
  readonly max: number;
  /** How long to wait for the first message; the queue's PollingWaitSeconds when left out. */
  readonly waitMs?: number | undefined;
  /** Ends the waiting early, as if the time were over. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The queues and all that can be done with them, whichever door a request came through. A promise resolves when what
 * it stands for is stored. Everything throws `Refusal`, QueueNotExist first of all; arguments are checked by the doors.
 */
export interface Broker {
  create(name: string, wanted: Partial<QueueAttributes>): Promise<'created' | 'existed'>;
  change(name: string, wanted: Partial<QueueAttributes>): Promise<void>;
  /** Removes the queue with its messages; well, too, when there is none. */
  remove(name: string): Promise<void>;
  /** Sorted by name. */
  names(): string[];
  record(name: string): QueueRecord;
  depth(name: string): Depth;
  /** Stores the drafts together. Returns them as messages, with a handle that a delayed one can be deleted by. */
  send(name: string, drafts: readonly Draft[]): Promise<ReceivedMessage[]>;
  /** Up to `max` messages; none when the time is over or the signal aborts. */
  receive(name: string, options: ReceiveOptions): Promise<ReceivedMessage[]>;
  peek(name: string, max: number): ReceivedMessage[];
  /** Deletes by receipt handles, each on its own; gives the refusal of each, or undefined. */
  delete(name: string, handles: readonly string[]): Promise<(Refusal | undefined)[]>;
  /** Hides a received message for `visibilityMs` from now; its handle changes. */
  hide(name: string, handle: string, visibilityMs: number): Promise<ReceivedMessage>;
  close(): Promise<void>;
}

interface Attended extends Queue {
  readonly waiters: Waiters;
  /** The timer that lets hidden messages rise, even when nobody asks. */
  alarm?: { readonly at: number; cancel(): void };
}

export async function openBroker(context: CloudContext): Promise<Broker> {
  const { clock } = context;
  const random = context.random.fork('mns');
  const { queues: stored, journal, nextNumber } = await openRegistry(context);
  const queues = new Map<string, Attended>();

  const attend = (queue: Queue): Attended => {
    const attended = Object.assign(queue, { waiters: createWaiters(clock) });
    queues.set(queue.record.name, attended);
    return attended;
  };

  const find = (name: string): Attended => {
    const queue = queues.get(name);
    if (!queue) throw new Refusal('QueueNotExist');
    settle(queue);
    return queue;
  };

  /** For writes that nobody waits for: a failure is told to the people who run the cloud. */
  const unattended = (written: Promise<void>) => {
    written.catch((error: Error) => context.log(`mns: a write to the store failed: ${error.message}`));
  };

  const deadLetters = (queue: Queue): Attended | undefined => {
    const policy = queue.record.attributes.dlqPolicy;
    return policy?.enabled ? queues.get(policy.target) : undefined;
  };

  /** Source: "Dead-letter queue": the retention goes on as it began. Nothing moves while the target does not exist. */
  const bury = (queue: Attended, risen: readonly Message[]) => {
    const limit = queue.record.attributes.dlqPolicy?.maxReceiveCount ?? Number.POSITIVE_INFINITY;
    const dead = risen.filter((message) => message.dequeueCount >= limit);
    const target = dead.length > 0 ? deadLetters(queue) : undefined;
    if (!target) return;
    const changes = dead.flatMap((message) => {
      queue.backlog.remove(message);
      const { firstDequeuedAt: _never, ...rest } = message;
      const moved = { ...rest, dequeueCount: 0, visibleAt: clock.now(), receipt: message.receipt + 1 };
      target.backlog.add(moved);
      return [messageRemoval(queue, message), messageChange(target, moved)];
    });
    unattended(journal.write(changes));
    settle(target);
  };

  /** Brings a queue up to now, and serves those who wait with what that made ready. */
  const settle = (queue: Attended) => {
    const { expired, risen } = queue.backlog.settle(clock.now());
    unattended(journal.write(expired.map((message) => messageRemoval(queue, message))));
    bury(queue, risen);
    serve(queue);
    arm(queue);
  };

  const arm = (queue: Attended) => {
    const at = queue.backlog.nextVisibleAt();
    if (at === undefined || (queue.alarm && queue.alarm.at <= at)) return;
    queue.alarm?.cancel();
    const timer = clock.after(at - clock.now(), () => {
      delete queue.alarm;
      if (queues.get(queue.record.name) === queue) settle(queue);
    });
    queue.alarm = { at, cancel: timer.cancel };
  };

  const take = (queue: Attended, max: number) => {
    const taken = queue.backlog.take(max, clock.now(), queue.record.attributes.visibilityTimeout * 1000);
    const written = journal.write(taken.map((message) => messageChange(queue, message)));
    const handed = taken.map(snapshot);
    arm(queue);
    return { handed, written: written.then(() => handed) };
  };

  const serve = (queue: Attended) => {
    for (let waiter = queue.waiters.first(); waiter; waiter = queue.waiters.first()) {
      const { handed, written } = take(queue, waiter.max);
      if (handed.length === 0) return;
      waiter.give(written);
    }
  };

  /** The message that a handle still is good for. Source: "Queue messages": a handle dies with the state it names. */
  const held = (queue: Attended, handle: string): Message => {
    const message = queue.backlog.find(sequenceOf(handle));
    if (!message || receiptHandle(message) !== handle || message.visibleAt <= clock.now()) {
      throw new Refusal('MessageNotExist');
    }
    return message;
  };

  const checkPolicy = (name: string, { dlqPolicy }: Partial<QueueAttributes>) => {
    if (!dlqPolicy?.enabled) return;
    if (dlqPolicy.target === name) {
      throw new Refusal('InvalidArgument', 'A queue cannot be its own dead-letter queue.');
    }
    if (!queues.has(dlqPolicy.target)) throw new Refusal('QueueNotExist');
  };

  const compose = (queue: Attended, draft: Draft): Message => {
    const now = clock.now();
    const { delaySeconds, messageRetentionPeriod } = queue.record.attributes;
    const sequence = nextNumber();
    return {
      sequence,
      id: `${random.requestId().replaceAll('-', '').slice(0, 16)}-1-${now.toString(16).toUpperCase()}-${sequence}`,
      body: draft.body,
      bodyMd5: bodyMd5(draft.body),
      priority: draft.priority ?? 8,
      enqueuedAt: now,
      expiresAt: now + messageRetentionPeriod * 1000,
      visibleAt: now + (draft.delaySeconds ?? delaySeconds) * 1000,
      dequeueCount: 0,
      receipt: 0,
    };
  };

  for (const queue of stored.values()) attend(queue);
  for (const queue of queues.values()) settle(queue);

  return {
    async create(name, wanted) {
      checkQueueName(name);
      checkPolicy(name, wanted);
      const attributes = { ...DEFAULT_ATTRIBUTES, ...wanted };
      const existing = queues.get(name);
      if (existing) {
        if (!sameAttributes(existing.record.attributes, attributes)) throw new Refusal('QueueAlreadyExist');
        return 'existed';
      }
      const now = clock.now();
      const record = { id: nextNumber(), name, createdAt: now, modifiedAt: now, attributes };
      attend({ record, backlog: createBacklog() });
      await journal.write([queueChange(record)]);
      return 'created';
    },
    async change(name, wanted) {
      const queue = find(name);
      checkPolicy(name, wanted);
      const attributes = { ...queue.record.attributes, ...wanted };
      queue.record = { ...queue.record, modifiedAt: clock.now(), attributes };
      await journal.write([queueChange(queue.record)]);
    },
    async remove(name) {
      const queue = queues.get(name);
      if (!queue) return;
      queues.delete(name);
      queue.alarm?.cancel();
      queue.waiters.refuse(new Refusal('QueueNotExist'));
      const messages = [...queue.backlog.all()].map((message) => messageRemoval(queue, message));
      await journal.write([{ ...queueChange(queue.record), value: undefined }, ...messages]);
    },
    names: () => [...queues.keys()].sort(),
    record: (name) => find(name).record,
    depth: (name) => find(name).backlog.depth(),
    async send(name, drafts) {
      const queue = find(name);
      const messages = drafts.map((draft) => compose(queue, draft));
      for (const message of messages) queue.backlog.add(message);
      const written = journal.write(messages.map((message) => messageChange(queue, message)));
      const sent = messages.map(snapshot);
      settle(queue);
      await written;
      return sent;
    },
    async receive(name, { max, waitMs, signal }) {
      const queue = find(name);
      const { handed, written } = take(queue, max);
      const wait = waitMs ?? queue.record.attributes.pollingWaitSeconds * 1000;
      if (handed.length > 0 || wait === 0) return written;
      return queue.waiters.wait(max, wait, signal);
    },
    peek: (name, max) => find(name).backlog.peek(max).map(snapshot),
    async delete(name, handles) {
      const queue = find(name);
      const removals: ReturnType<typeof messageRemoval>[] = [];
      const outcomes = handles.map((handle) => {
        try {
          const message = held(queue, handle);
          queue.backlog.remove(message);
          removals.push(messageRemoval(queue, message));
          return undefined;
        } catch (error) {
          if (error instanceof Refusal) return error;
          throw error;
        }
      });
      await journal.write(removals);
      return outcomes;
    },
    async hide(name, handle, visibilityMs) {
      const queue = find(name);
      const message = held(queue, handle);
      queue.backlog.hide(message, clock.now() + visibilityMs);
      const hidden = snapshot(message);
      const written = journal.write([messageChange(queue, message)]);
      settle(queue);
      await written;
      return hidden;
    },
    async close() {
      for (const queue of queues.values()) {
        queue.alarm?.cancel();
        queue.waiters.release();
      }
      await journal.close();
    },
  };
}

const sameAttributes = (a: QueueAttributes, b: QueueAttributes) =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
