import type { CloudContext } from '../kernel/context.ts';
import { openStore } from '../kernel/store.ts';
import { DEFAULT_ATTRIBUTES, type QueueAttributes } from './attributes.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import { type Change, createJournal, type Journal } from './journal.ts';
import type { Message } from './message.ts';

/** A queue as it is stored. Times in ms of cloud time. */
export interface QueueRecord {
  /** Distinguishes a queue from an earlier one of the same name. */
  readonly id: number;
  readonly name: string;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly attributes: QueueAttributes;
}

/** A queue that lives: its record and its messages. */
export interface Queue {
  record: QueueRecord;
  readonly backlog: Backlog;
}

export type Stored = QueueRecord | Message;

const QUEUES = 'queue!';
const MESSAGES = 'message!';

/** Fixed width, so that keys sort as numbers do. */
const padded = (number: number) => String(number).padStart(16, '0');

export const queueChange = (
  record: QueueRecord,
  value: QueueRecord | undefined = record,
): Change<Stored> => ({
  key: `${QUEUES}${record.name}`,
  value,
});

const messageKey = ({ record }: Queue, message: Message) =>
  `${MESSAGES}${padded(record.id)}!${padded(message.sequence)}`;

export const messageChange = (queue: Queue, message: Message): Change<Stored> => ({
  key: messageKey(queue, message),
  value: message,
});

export const messageRemoval = (queue: Queue, message: Message): Change<Stored> => ({
  key: messageKey(queue, message),
  value: undefined,
});

/** All queues, and the numbers that the next queue and message get. */
export interface Registry {
  readonly queues: Map<string, Queue>;
  readonly journal: Journal<Stored>;
  nextNumber(): number;
}

/** Opens the store and puts the queues back together as they were when it was closed. */
export async function openRegistry(context: CloudContext): Promise<Registry> {
  const store = await openStore<Stored>(context, 'mns', 'json');
  const queues = new Map<string, Queue>();
  const byId = new Map<number, Queue>();
  let last = 0;
  for await (const value of store.values({ gte: QUEUES, lt: `${QUEUES}\uffff` })) {
    const stored = value as QueueRecord;
    const record = { ...stored, attributes: { ...DEFAULT_ATTRIBUTES, ...stored.attributes } };
    const queue = { record, backlog: createBacklog() };
    queues.set(record.name, queue);
    byId.set(record.id, queue);
    last = Math.max(last, record.id);
  }
  for await (const [key, value] of store.iterator({ gte: MESSAGES, lt: `${MESSAGES}\uffff` })) {
    const message = value as Message;
    byId.get(Number(key.split('!')[1]))?.backlog.add(message);
    last = Math.max(last, message.sequence);
  }
  return { queues, journal: createJournal(store), nextNumber: () => ++last };
}
