import type { Request } from '../kernel/http.ts';
import { expectName, ranged, readAttributes } from './attributes.ts';
import type { Broker, Draft } from './broker.ts';
import { checkDraft, peekedFields, queueFields, readDraft, receivedFields, sentFields } from './documents.ts';
import type { ReceivedMessage } from './message.ts';
import { inRange, Refusal } from './refusal.ts';
import { type Operation, parameters } from './route.ts';
import { readXml, type XmlContent, type XmlElement } from './xml.ts';

/** What an operation answers; `document` is the root element's name and content. */
export interface Answer {
  readonly status: number;
  readonly location?: string;
  readonly document?: readonly [string, XmlContent];
}

export interface Call {
  readonly broker: Broker;
  readonly request: Request;
  /** The queue that the URL names. */
  readonly queue: string;
  /** `http://host:port`, as the client called us. */
  readonly origin: string;
}

/** Source: MNS API reference, BatchSendMessage, BatchDeleteMessage. */
const LARGEST_BATCH = 16;
const LARGEST_BATCH_BYTES = 65_536;

const queueUrl = (origin: string, name: string) => `${origin}/queues/${name}`;

const several = (
  root: string,
  element: string,
  contents: readonly XmlContent[],
): readonly [string, XmlContent] => [root, contents.map((content) => [element, content] as const)];

/** The query's parameters; throws InvalidQueryString for one that the operation does not know. */
function query(request: Request, allowed: readonly string[]): ReadonlyMap<string, string> {
  const found = parameters(request);
  for (const name of found.keys()) {
    if (!allowed.includes(name)) {
      throw new Refusal(
        'InvalidQueryString',
        `Http request URL contains invalid querystring item "${name}".`,
      );
    }
  }
  return found;
}

const attributesIn = (request: Request) =>
  request.body.length === 0 ? {} : readAttributes(readXml(request.body));

/** The children of a batch's root element, 1 to 16 of them. */
function batchOf(body: Buffer, root: string): readonly XmlElement[] {
  const element = readXml(body);
  expectName(element, root);
  inRange(`the number of elements in ${root}`, element.children.length, 1, LARGEST_BATCH);
  return element.children;
}

function waitOf(found: ReadonlyMap<string, string>): number | undefined {
  const seconds = found.get('waitseconds');
  return seconds === undefined ? undefined : inRange('waitseconds', seconds, 0, 30) * 1000;
}

async function received({ broker, request, queue }: Call, max: number, waitMs: number | undefined) {
  const messages = await broker.receive(queue, { max, waitMs, signal: request.signal });
  if (messages.length === 0) throw new Refusal('MessageNotExist');
  return messages;
}

function peeked({ broker, queue }: Call, max: number): ReceivedMessage[] {
  const messages = broker.peek(queue, max);
  if (messages.length === 0) throw new Refusal('MessageNotExist');
  return messages;
}

const failure = ({ code, message }: Refusal): XmlContent => [
  ['ErrorCode', code],
  ['ErrorMessage', message],
];

/** Reads and checks each message of a batch by itself, so that one fault does not condemn the others. */
function tried(element: XmlElement, maximumMessageSize: number): Draft | Refusal {
  try {
    const draft = readDraft(element);
    checkDraft(draft, maximumMessageSize);
    return draft;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/** Every operation of the REST protocol. Source: MNS API reference, one page each. */
export const OPERATIONS: Readonly<Record<Operation, (call: Call) => Promise<Answer> | Answer>> = {
  async CreateQueue({ broker, request, queue, origin }) {
    query(request, ['metaoverride']);
    const outcome = await broker.create(queue, attributesIn(request));
    return { status: outcome === 'created' ? 201 : 204, location: queueUrl(origin, queue) };
  },
  async SetQueueAttributes({ broker, request, queue }) {
    query(request, ['metaoverride']);
    await broker.change(queue, attributesIn(request));
    return { status: 204 };
  },
  GetQueueAttributes({ broker, request, queue }) {
    query(request, []);
    return { status: 200, document: ['Queue', queueFields(broker.record(queue), broker.depth(queue))] };
  },
  async DeleteQueue({ broker, request, queue }) {
    query(request, []);
    await broker.remove(queue);
    return { status: 204 };
  },
  ListQueue({ broker, request, origin }) {
    query(request, []);
    const prefix = request.headers['x-mns-prefix'] ?? '';
    const limit = inRange('x-mns-ret-number', request.headers['x-mns-ret-number'] ?? 1000, 1, 1000);
    const marker = Buffer.from(request.headers['x-mns-marker'] ?? '', 'base64url').toString();
    const names = broker.names().filter((name) => name.startsWith(prefix) && name >= marker);
    const next = names[limit];
    const found = names
      .slice(0, limit)
      .map((name) => ['Queue', [['QueueURL', queueUrl(origin, name)]]] as const);
    const nextMarker = next === undefined ? undefined : Buffer.from(next).toString('base64url');
    return { status: 200, document: ['Queues', [...found, ['NextMarker', nextMarker]]] };
  },
  async SendMessage({ broker, request, queue }) {
    query(request, []);
    const { attributes } = broker.record(queue);
    const draft = readDraft(readXml(request.body));
    checkDraft(draft, attributes.maximumMessageSize);
    const [sent] = await broker.send(queue, [draft]);
    return { status: 201, document: ['Message', sent && sentFields(sent)] };
  },
  async BatchSendMessage({ broker, request, queue }) {
    query(request, []);
    const { attributes } = broker.record(queue);
    const drafts = batchOf(request.body, 'Messages').map((item) =>
      tried(item, attributes.maximumMessageSize),
    );
    const good = drafts.filter((draft): draft is Draft => !(draft instanceof Refusal));
    const bytes = good.reduce((sum, draft) => sum + Buffer.byteLength(draft.body), 0);
    if (good.length > 0) inRange('the bodies of a batch together', bytes, 1, LARGEST_BATCH_BYTES);
    const sent = (await broker.send(queue, good)).values();
    const outcomes = drafts.map((draft) => {
      if (draft instanceof Refusal) return failure(draft);
      const message = sent.next().value;
      return message && sentFields(message);
    });
    return {
      status: good.length === drafts.length ? 201 : 500,
      document: several('Messages', 'Message', outcomes),
    };
  },
  async ReceiveMessage(call) {
    const found = query(call.request, ['waitseconds', 'peekonly']);
    const [message] = await received(call, 1, waitOf(found));
    return { status: 200, document: ['Message', message && receivedFields(message)] };
  },
  async BatchReceiveMessage(call) {
    const found = query(call.request, ['waitseconds', 'numofmessages', 'peekonly']);
    const max = ranged('numOfMessages', found.get('numofmessages') ?? '');
    const messages = await received(call, max, waitOf(found));
    return { status: 200, document: several('Messages', 'Message', messages.map(receivedFields)) };
  },
  PeekMessage(call) {
    query(call.request, ['peekonly']);
    const [message] = peeked(call, 1);
    return { status: 200, document: ['Message', message && peekedFields(message)] };
  },
  BatchPeekMessage(call) {
    const found = query(call.request, ['peekonly', 'numofmessages']);
    const messages = peeked(call, ranged('numOfMessages', found.get('numofmessages') ?? ''));
    return { status: 200, document: several('Messages', 'Message', messages.map(peekedFields)) };
  },
  async DeleteMessage({ broker, request, queue }) {
    const handle = query(request, ['receipthandle']).get('receipthandle');
    if (!handle) throw new Refusal('MissingReceiptHandle');
    const [refused] = await broker.delete(queue, [handle]);
    if (refused) throw refused;
    return { status: 204 };
  },
  async BatchDeleteMessage({ broker, request, queue }) {
    query(request, []);
    const handles = batchOf(request.body, 'ReceiptHandles').map((element) => {
      expectName(element, 'ReceiptHandle');
      return element.text.trim();
    });
    const outcomes = await broker.delete(queue, handles);
    const errors = outcomes.flatMap((refused, index) =>
      refused
        ? [
            [
              ['ErrorCode', refused.code],
              ['ErrorMessage', refused.message],
              ['ReceiptHandle', handles[index]],
            ] as const,
          ]
        : [],
    );
    if (errors.length === 0) return { status: 204 };
    return { status: 404, document: several('Errors', 'Error', errors) };
  },
  async ChangeMessageVisibility({ broker, request, queue }) {
    const found = query(request, ['receipthandle', 'visibilitytimeout']);
    const handle = found.get('receipthandle');
    const seconds = found.get('visibilitytimeout');
    if (!handle) throw new Refusal('MissingReceiptHandle');
    if (!seconds) throw new Refusal('MissingVisibilityTimeout');
    const hidden = await broker.hide(queue, handle, ranged('VisibilityTimeout', seconds) * 1000);
    return {
      status: 200,
      document: [
        'ChangeVisibility',
        [
          ['ReceiptHandle', hidden.receiptHandle],
          ['NextVisibleTime', hidden.visibleAt],
        ],
      ],
    };
  },
};
