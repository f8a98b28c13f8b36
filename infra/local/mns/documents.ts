import { expectName, ranged, texts, writeAttributes } from './attributes.ts';
import type { Depth } from './backlog.ts';
import type { Draft } from './broker.ts';
import type { ReceivedMessage } from './message.ts';
import { inRange, Refusal } from './refusal.ts';
import type { QueueRecord } from './registry.ts';
import { fitsXml, type XmlContent, type XmlElement } from './xml.ts';

type Fields = readonly (readonly [string, XmlContent])[];

/** Source: MNS API reference, GetQueueAttributes; times in seconds. */
export const queueFields = (record: QueueRecord, depth: Depth): Fields => [
  ['QueueName', record.name],
  ['CreateTime', Math.floor(record.createdAt / 1000)],
  ['LastModifyTime', Math.floor(record.modifiedAt / 1000)],
  ...writeAttributes(record.attributes),
  ['ActiveMessages', depth.active],
  ['InactiveMessages', depth.inactive],
  ['DelayMessages', depth.delayed],
];

/** Source: MNS API reference, SendMessage: only a delayed message has a handle from the start. */
export const sentFields = (message: ReceivedMessage): Fields => [
  ['MessageId', message.id],
  ['MessageBodyMD5', message.bodyMd5],
  ['ReceiptHandle', message.visibleAt > message.enqueuedAt ? message.receiptHandle : undefined],
];

/** Source: MNS API reference, PeekMessage: of one never received, FirstDequeueTime is its EnqueueTime. */
export const peekedFields = (message: ReceivedMessage): Fields => [
  ['MessageId', message.id],
  ['MessageBodyMD5', message.bodyMd5],
  ['MessageBody', message.body],
  ['EnqueueTime', message.enqueuedAt],
  ['FirstDequeueTime', message.firstDequeuedAt ?? message.enqueuedAt],
  ['DequeueCount', message.dequeueCount],
  ['Priority', message.priority],
];

/** Source: MNS API reference, ReceiveMessage; times in milliseconds. */
export const receivedFields = (message: ReceivedMessage): Fields => [
  ...peekedFields(message),
  ['ReceiptHandle', message.receiptHandle],
  ['NextVisibleTime', message.visibleAt],
];

/** What a `Message` element says; throws InvalidArgument. */
export function readDraft(element: XmlElement): Draft {
  expectName(element, 'Message');
  const { MessageBody, DelaySeconds, Priority } = texts(element, ['MessageBody', 'DelaySeconds', 'Priority']);
  if (MessageBody === undefined) throw new Refusal('InvalidArgument', 'MessageBody is required.');
  return {
    body: MessageBody,
    ...(DelaySeconds === undefined ? {} : { delaySeconds: ranged('DelaySeconds', DelaySeconds) }),
    ...(Priority === undefined ? {} : { priority: ranged('Priority', Priority) }),
  };
}

/** Throws InvalidArgument unless the queue may take the draft: its size is counted in bytes, as sent. */
export function checkDraft(draft: Draft, maximumMessageSize: number): void {
  inRange('MessageBody', Buffer.byteLength(draft.body), 1, maximumMessageSize);
  if (draft.delaySeconds !== undefined) ranged('DelaySeconds', draft.delaySeconds);
  if (draft.priority !== undefined) ranged('Priority', draft.priority);
  if (!fitsXml(draft.body)) {
    throw new Refusal(
      'InvalidArgument',
      'MessageBody holds characters that XML cannot: encode it, as with base64.',
    );
  }
}
