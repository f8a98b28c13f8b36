import { inRange, Refusal } from './refusal.ts';
import type { XmlContent, XmlElement } from './xml.ts';

/**
 * Where messages go that were received too often. The cloud sets it through its control plane only (RPC CreateQueue
 * and SetQueueAttributes of 2022-01-19, parameter DlqPolicy); the REST protocol defines no element for it. Here it is
 * an element of the same name and members in the `Queue` document, in requests and in answers.
 */
export interface DlqPolicy {
  readonly enabled: boolean;
  readonly target: string;
  readonly maxReceiveCount: number;
}

/** What a queue's owner can set; seconds and bytes, as in the protocol. */
export interface QueueAttributes {
  readonly delaySeconds: number;
  readonly maximumMessageSize: number;
  readonly messageRetentionPeriod: number;
  readonly visibilityTimeout: number;
  readonly pollingWaitSeconds: number;
  readonly loggingEnabled: boolean;
  readonly dlqPolicy?: DlqPolicy;
}

/** Source: MNS API reference, CreateQueue. */
export const DEFAULT_ATTRIBUTES: QueueAttributes = {
  delaySeconds: 0,
  maximumMessageSize: 65_536,
  messageRetentionPeriod: 345_600,
  visibilityTimeout: 30,
  pollingWaitSeconds: 0,
  loggingEnabled: false,
};

/** Ranges that more than one operation checks. Source: MNS API reference, CreateQueue and SendMessage. */
export const RANGES = {
  DelaySeconds: [0, 604_800],
  MaximumMessageSize: [1_024, 65_536],
  MessageRetentionPeriod: [60, 604_800],
  VisibilityTimeout: [1, 43_200],
  PollingWaitSeconds: [0, 30],
  Priority: [1, 16],
  numOfMessages: [1, 16],
  // Source: the control plane's CreateQueue gives no upper end; 1000 is ours.
  MaxReceiveCount: [1, 1_000],
} as const satisfies Record<string, readonly [number, number]>;

/** The element's number, within its documented range; throws InvalidArgument. */
export const ranged = (element: keyof typeof RANGES, value: string | number): number =>
  inRange(element, value, RANGES[element][0], RANGES[element][1]);

const SCHEMA_FAULT = 'The XML you provided did not validate against our published schema, cause by';

const NUMBERS = {
  DelaySeconds: 'delaySeconds',
  MaximumMessageSize: 'maximumMessageSize',
  MessageRetentionPeriod: 'messageRetentionPeriod',
  VisibilityTimeout: 'visibilityTimeout',
  PollingWaitSeconds: 'pollingWaitSeconds',
} as const;

const isNumber = (name: string): name is keyof typeof NUMBERS => Object.hasOwn(NUMBERS, name);

/** The texts of an element's children by name; throws InvalidArgument for a child that is not in `allowed`, or is twice. */
export function texts(element: XmlElement, allowed: readonly string[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const child of element.children) {
    if (!allowed.includes(child.name) || Object.hasOwn(found, child.name)) {
      throw new Refusal('InvalidArgument', `${SCHEMA_FAULT} ${child.name}.`);
    }
    found[child.name] = child.text;
  }
  return found;
}

/** Throws InvalidArgument unless the element has this name. */
export function expectName(element: XmlElement, name: string): void {
  if (element.name !== name) throw new Refusal('InvalidArgument', `${SCHEMA_FAULT} ${element.name}.`);
}

function readFlag(name: string, value: string): boolean {
  const flag = value.trim().toLowerCase();
  if (flag !== 'true' && flag !== 'false') {
    throw new Refusal('InvalidArgument', `The value of ${name} should be true or false, got "${value}".`);
  }
  return flag === 'true';
}

function readPolicy(element: XmlElement): DlqPolicy {
  const { Enabled, DeadLetterTargetQueue, MaxReceiveCount } = texts(element, [
    'Enabled',
    'DeadLetterTargetQueue',
    'MaxReceiveCount',
  ]);
  const enabled = Enabled === undefined ? true : readFlag('Enabled', Enabled);
  if (enabled && (!DeadLetterTargetQueue || MaxReceiveCount === undefined)) {
    throw new Refusal('InvalidArgument', 'DlqPolicy needs DeadLetterTargetQueue and MaxReceiveCount.');
  }
  return {
    enabled,
    target: DeadLetterTargetQueue ?? '',
    maxReceiveCount: MaxReceiveCount === undefined ? 1 : ranged('MaxReceiveCount', MaxReceiveCount),
  };
}

/** What a `Queue` document sets; what it leaves out is left out. Throws InvalidArgument. */
export function readAttributes(queue: XmlElement): Partial<QueueAttributes> {
  expectName(queue, 'Queue');
  const wanted: { -readonly [K in keyof QueueAttributes]?: QueueAttributes[K] } = {};
  const seen = new Set<string>();
  for (const child of queue.children) {
    if (seen.has(child.name)) throw new Refusal('InvalidArgument', `${SCHEMA_FAULT} ${child.name}.`);
    seen.add(child.name);
    if (isNumber(child.name)) wanted[NUMBERS[child.name]] = ranged(child.name, child.text);
    else if (child.name === 'LoggingEnabled') wanted.loggingEnabled = readFlag(child.name, child.text);
    else if (child.name === 'DlqPolicy') wanted.dlqPolicy = readPolicy(child);
    // The vendor's own clients repeat the name in the document; the one in the URL counts.
    else if (child.name !== 'QueueName')
      throw new Refusal('InvalidArgument', `${SCHEMA_FAULT} ${child.name}.`);
  }
  return wanted;
}

/** The elements that `readAttributes` reads, for GetQueueAttributes. */
export function writeAttributes(attributes: QueueAttributes): readonly (readonly [string, XmlContent])[] {
  const policy = attributes.dlqPolicy;
  return [
    ['DelaySeconds', attributes.delaySeconds],
    ['MaximumMessageSize', attributes.maximumMessageSize],
    ['MessageRetentionPeriod', attributes.messageRetentionPeriod],
    ['VisibilityTimeout', attributes.visibilityTimeout],
    ['PollingWaitSeconds', attributes.pollingWaitSeconds],
    ['LoggingEnabled', attributes.loggingEnabled ? 'True' : 'False'],
    [
      'DlqPolicy',
      policy && [
        ['Enabled', policy.enabled],
        ['DeadLetterTargetQueue', policy.target],
        ['MaxReceiveCount', policy.maxReceiveCount],
      ],
    ],
  ];
}

/** Source: MNS API reference, CreateQueue: at most 120 letters, digits and hyphens, a letter or a digit first. */
export function checkQueueName(name: string): void {
  if (name.length < 1 || name.length > 120) throw new Refusal('QueueNameLengthError');
  if (!/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(name)) throw new Refusal('InvalidQueueName');
}
