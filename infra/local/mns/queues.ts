import type { CloudContext } from '../kernel/context.ts';
import { ranged } from './attributes.ts';
import type { Depth } from './backlog.ts';
import type { Broker, ReceiveOptions } from './broker.ts';
import { checkDraft } from './documents.ts';
import type { ReceivedMessage } from './message.ts';
import { inRange, Refusal } from './refusal.ts';
import type { Operation } from './route.ts';

export interface SendOptions {
  readonly delaySeconds?: number;
  /** 1 to 16, lower first; 8 when left out. */
  readonly priority?: number;
}

/**
 * The queues as the rest of the cloud uses them, without a connection: EventBridge, when it feeds a queue trigger.
 * The same limits as over HTTP, thrown as `Refusal`; every call but `depth` and `list` is counted as its operation.
 * Injected faults do not reach it.
 */
export interface Queues {
  /** Up to `max` (1-16) messages; an empty list when none came within `waitMs` (0-30000), or the signal aborted. */
  receive(queue: string, options: ReceiveOptions): Promise<ReceivedMessage[]>;
  /** Throws MessageNotExist when the handle is stale, ReceiptHandleError when it is none. */
  delete(queue: string, receiptHandle: string): Promise<void>;
  send(queue: string, body: string, options?: SendOptions): Promise<ReceivedMessage>;
  depth(queue: string): Depth;
  /** The queues' names, sorted. */
  list(): string[];
}

export function createQueues(context: CloudContext, broker: Broker): Queues {
  const counted = async <T>(
    operation: Operation,
    call: () => Promise<T>,
    statusOf: (result: T) => number,
  ) => {
    const at = context.clock.now();
    const record = (status: number) => context.meter.record({ service: 'mns', operation, at, status });
    try {
      const result = await call();
      record(statusOf(result));
      return result;
    } catch (error) {
      record(error instanceof Refusal ? error.status : 500);
      throw error;
    }
  };

  return {
    receive: (queue, options) =>
      counted(
        options.max === 1 ? 'ReceiveMessage' : 'BatchReceiveMessage',
        async () => {
          ranged('numOfMessages', options.max);
          if (options.waitMs !== undefined) inRange('waitMs', options.waitMs, 0, 30_000);
          return broker.receive(queue, options);
        },
        (messages) => (messages.length > 0 ? 200 : 404),
      ),
    delete: (queue, receiptHandle) =>
      counted(
        'DeleteMessage',
        async () => {
          const [refused] = await broker.delete(queue, [receiptHandle]);
          if (refused) throw refused;
        },
        () => 204,
      ),
    send: (queue, body, options = {}) =>
      counted(
        'SendMessage',
        async () => {
          const draft = { body, ...options };
          checkDraft(draft, broker.record(queue).attributes.maximumMessageSize);
          const [sent] = await broker.send(queue, [draft]);
          return sent as ReceivedMessage;
        },
        () => 201,
      ),
    depth: (queue) => broker.depth(queue),
    list: () => broker.names(),
  };
}
