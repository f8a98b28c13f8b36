import { createHash } from 'node:crypto';
import Mns from '@alicloud/mns';
import { encodeHint } from '../../intake/hint.ts';
import type { Hint, HintQueue } from '../../reconcile/ports.ts';
import type { Credentials } from '../credentials.ts';
import { failure } from '../failure.ts';
import { requireTime, type TimeLeft } from '../time-left.ts';

export interface HintQueueOptions {
  readonly endpoint: string;
  readonly queue: string;
  readonly accountId: string;
  readonly credentials: Credentials;
  readonly remainingMs: TimeLeft;
}

/** Messages in one BatchSendMessage. Source: MNS, limits. */
const MOST_IN_BATCH = 16;
const LONGEST_DELAY_S = 604_800;
const ATTEMPTS = 3;
const PAUSE_MS = 100;

interface Message {
  readonly MessageBody: string;
  readonly DelaySeconds?: number;
}

/**
 * The queue that hints travel on. The SDK takes an empty 5xx answer for success, says nothing of single messages that
 * failed in a batch, and puts bodies into its XML unescaped: so every answer is checked message by message, and bodies
 * travel in base64. No try at a batch begins too late to end (law 9).
 */
export function createHintQueue({
  endpoint,
  queue,
  accountId,
  credentials,
  remainingMs,
}: HintQueueOptions): HintQueue {
  const client = new Mns(accountId, {
    accessKeyId: credentials.accessKeyId,
    accessKeySecret: credentials.accessKeySecret,
    ...(credentials.securityToken ? { securityToken: credentials.securityToken } : {}),
    endpoint,
    readTimeout: 6_500,
    connectTimeout: 3_000,
  });

  /** The messages that were not taken. A message may be sent twice, never not at all. */
  const trySend = async (messages: readonly Message[]): Promise<readonly Message[]> => {
    const answer = await client.batchSendMessage(queue, messages);
    if (answer.code !== 201 && answer.code !== 500) return messages;
    const results = [answer.body ?? []].flat() as readonly {
      MessageId?: unknown;
      MessageBodyMD5?: unknown;
    }[];
    // The answer lists the messages in the order in which they were sent; one without an id was not taken.
    return messages.filter((message, index) => !isTaken(message, results[index]));
  };

  const sendBatch = async (batch: readonly Message[]): Promise<void> => {
    let rest = batch;
    let lastError: unknown;
    for (let round = 0; round < ATTEMPTS && rest.length > 0; round++) {
      if (round > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** round));
      requireTime(remainingMs, queue);
      try {
        rest = await trySend(rest);
      } catch (error) {
        lastError = error;
      }
    }
    if (rest.length > 0) {
      throw failure(
        'unavailable',
        'NotSent',
        `${rest.length} of ${batch.length} messages were not taken by ${queue}`,
        lastError,
      );
    }
  };

  return {
    async send(hints) {
      const messages = hints.map(({ hint, delayMs = 0 }) => toMessage(hint, delayMs));
      const batches: Message[][] = [];
      for (let start = 0; start < messages.length; start += MOST_IN_BATCH)
        batches.push(messages.slice(start, start + MOST_IN_BATCH));
      for (let start = 0; start < batches.length; start += 4)
        await Promise.all(batches.slice(start, start + 4).map(sendBatch));
    },
  };
}

function toMessage(hint: Hint, delayMs: number): Message {
  const seconds = Math.min(Math.ceil(delayMs / 1_000), LONGEST_DELAY_S);
  const body = Buffer.from(encodeHint(hint)).toString('base64');
  return { MessageBody: body, ...(seconds > 0 ? { DelaySeconds: seconds } : {}) };
}

function isTaken(
  message: Message,
  result: { MessageId?: unknown; MessageBodyMD5?: unknown } | undefined,
): boolean {
  if (!result?.MessageId) return false;
  const expected = createHash('md5').update(message.MessageBody).digest('hex');
  return String(result.MessageBodyMD5).toLowerCase() === expected;
}
