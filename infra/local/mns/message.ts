import { createHash } from 'node:crypto';
import { Refusal } from './refusal.ts';

/** A message in a queue. What can change does so only through the queue's backlog. Times in ms of cloud time. */
export interface Message {
  /** Grows with every message of the service and is never used again: the order of arrival. */
  readonly sequence: number;
  readonly id: string;
  readonly body: string;
  readonly bodyMd5: string;
  readonly priority: number;
  readonly enqueuedAt: number;
  /** Deleted then, received or not. */
  readonly expiresAt: number;
  visibleAt: number;
  dequeueCount: number;
  /** Undefined until it was received once. */
  firstDequeuedAt?: number;
  /** Counts every change of its state; a receipt handle names the one that it was given for. */
  receipt: number;
}

/** A message as it was at the moment it was handed out. */
export interface ReceivedMessage extends Readonly<Message> {
  readonly receiptHandle: string;
}

/** Source: MNS API reference, SendMessage. The MD5 of the body's UTF-8 bytes, in upper-case hex. */
export const bodyMd5 = (body: string): string =>
  createHash('md5').update(body, 'utf8').digest('hex').toUpperCase();

/**
 * The handle with which the message's present state can be changed. It looks like the cloud's own, and has nothing in
 * it that needs escaping in a URL: the vendor's SDK does not escape it.
 */
export function receiptHandle(message: Message): string {
  const content = `${message.sequence}-${message.visibleAt}-${message.receipt}`;
  return `${message.priority}-${Buffer.from(content).toString('base64')}`;
}

export const snapshot = (message: Message): ReceivedMessage => ({
  ...message,
  receiptHandle: receiptHandle(message),
});

/** The sequence that a handle names; throws ReceiptHandleError where it is no handle of ours. */
export function sequenceOf(handle: string): number {
  const encoded = /^\d{1,2}-([A-Za-z0-9+/]+={0,2})$/.exec(handle)?.[1];
  const content = encoded && Buffer.from(encoded, 'base64').toString('latin1');
  const sequence = content && /^(\d+)-\d+-\d+$/.exec(content)?.[1];
  if (!sequence) throw new Refusal('ReceiptHandleError');
  return Number(sequence);
}
