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

/** How often a cloud has been started on this store. */
interface Starts {
  readonly starts: number;
}

export type Stored = QueueRecord | Message | Starts;

const STARTS = 'starts';
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

/** Numbers for each start; with 2^21 starts that stays an exact integer. */
const RANGE = 2 ** 32;

/** All queues, and where changes to them are written. */
export interface Registry {
  readonly queues: Map<string, Queue>;
  readonly journal: Journal<Stored>;
  /**
   * A number for a queue or a message, larger than every one before. Each start numbers from a range of its own, so
   * that a receipt handle of a message long deleted never fits a new one.
   */
  nextNumber(): number;
}

/** Opens the store and puts the queues back together as they were when it was closed. */
export async function openRegistry(context: CloudContext): Promise<Registry> {
  const store = await openStore<Stored>(context, 'mns', 'json');
  const queues = new Map<string, Queue>();
  const byId = new Map<number, Queue>();
  const { starts } = ((await store.get(STARTS)) as Starts | undefined) ?? { starts: 0 };
  await store.put(STARTS, { starts: starts + 1 });
  let last = starts * RANGE;
  for await (const value of store.values({ gte: QUEUES, lt: `${QUEUES}\uffff` })) {
    const stored = value as QueueRecord;
    const record = { ...stored, attributes: { ...DEFAULT_ATTRIBUTES, ...stored.attributes } };
    const queue = { record, backlog: createBacklog() };
    queues.set(record.name, queue);
    byId.set(record.id, queue);
  }
  for await (const [key, value] of store.iterator({ gte: MESSAGES, lt: `${MESSAGES}\uffff` })) {
    byId.get(Number(key.split('!')[1]))?.backlog.add(value as Message);
  }
  return { queues, journal: createJournal(store), nextNumber: () => ++last };
}
