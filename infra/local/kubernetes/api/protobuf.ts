import type { Fields } from './objects.ts';
import { badRequest } from './status.ts';

/** How one field of a message is read. */
type Kind =
  | 'text'
  | 'integer'
  /** An integer that is unset when it is 0. */
  | 'counter'
  | 'boolean'
  | 'bytes'
  | 'time'
  | { readonly message: Message }
  | { readonly map: 'text' | 'bytes' };

/** Fields by their number: name, kind, and whether they repeat. */
type Message = Readonly<Record<number, readonly [name: string, kind: Kind, repeated?: 'repeated']>>;

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** Every protobuf body begins so. Source: apimachinery, pkg/runtime/serializer/protobuf. */
const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

const TEXT_MAP: Kind = { map: 'text' };

// Numbers from the API's generated.proto files; only what kubectl's typed commands send.
const METADATA: Message = {
  1: ['name', 'text'],
  2: ['generateName', 'text'],
  3: ['namespace', 'text'],
  4: ['selfLink', 'text'],
  5: ['uid', 'text'],
  6: ['resourceVersion', 'text'],
  7: ['generation', 'counter'],
  8: ['creationTimestamp', 'time'],
  11: ['labels', TEXT_MAP],
  12: ['annotations', TEXT_MAP],
  14: ['finalizers', 'text', 'repeated'],
};
const metadata = ['metadata', { message: METADATA }] as const;

const PORT: Message = {
  1: ['name', 'text'],
  2: ['hostPort', 'counter'],
  3: ['containerPort', 'integer'],
  4: ['protocol', 'text'],
  5: ['hostIP', 'text'],
};
const CONTAINER: Message = {
  1: ['name', 'text'],
  2: ['image', 'text'],
  3: ['command', 'text', 'repeated'],
  4: ['args', 'text', 'repeated'],
  5: ['workingDir', 'text'],
  6: ['ports', { message: PORT }, 'repeated'],
  8: ['resources', { message: {} }],
  13: ['terminationMessagePath', 'text'],
  14: ['imagePullPolicy', 'text'],
  16: ['stdin', 'boolean'],
  17: ['stdinOnce', 'boolean'],
  18: ['tty', 'boolean'],
  20: ['terminationMessagePolicy', 'text'],
};
const POD_SPEC: Message = {
  2: ['containers', { message: CONTAINER }, 'repeated'],
  3: ['restartPolicy', 'text'],
  4: ['terminationGracePeriodSeconds', 'integer'],
  6: ['dnsPolicy', 'text'],
  8: ['serviceAccountName', 'text'],
  9: ['serviceAccount', 'text'],
  10: ['nodeName', 'text'],
  11: ['hostNetwork', 'boolean'],
  12: ['hostPID', 'boolean'],
  13: ['hostIPC', 'boolean'],
  16: ['hostname', 'text'],
  17: ['subdomain', 'text'],
  19: ['schedulerName', 'text'],
  24: ['priorityClassName', 'text'],
};
const DEPLOYMENT_SPEC: Message = {
  1: ['replicas', 'integer'],
  2: ['selector', { message: { 1: ['matchLabels', TEXT_MAP] } }],
  3: ['template', { message: { 1: metadata, 2: ['spec', { message: POD_SPEC }] } }],
  4: ['strategy', { message: { 1: ['type', 'text'] } }],
  5: ['minReadySeconds', 'counter'],
  7: ['paused', 'boolean'],
};
const DEPLOYMENT_STATUS: Message = {
  1: ['observedGeneration', 'integer'],
  2: ['replicas', 'integer'],
  3: ['updatedReplicas', 'integer'],
  4: ['availableReplicas', 'integer'],
  5: ['unavailableReplicas', 'integer'],
  7: ['readyReplicas', 'integer'],
};
const DELETE_OPTIONS: Message = {
  1: ['gracePeriodSeconds', 'integer'],
  2: ['preconditions', { message: { 1: ['uid', 'text'], 2: ['resourceVersion', 'text'] } }],
  3: ['orphanDependents', 'boolean'],
  4: ['propagationPolicy', 'text'],
  5: ['dryRun', 'text', 'repeated'],
};

const KINDS: Readonly<Record<string, Message>> = {
  ConfigMap: {
    1: metadata,
    2: ['data', TEXT_MAP],
    3: ['binaryData', { map: 'bytes' }],
    4: ['immutable', 'boolean'],
  },
  Namespace: {
    1: metadata,
    2: ['spec', { message: { 1: ['finalizers', 'text', 'repeated'] } }],
    3: ['status', { message: { 1: ['phase', 'text'] } }],
  },
  Secret: {
    1: metadata,
    2: ['data', { map: 'bytes' }],
    3: ['type', 'text'],
    4: ['stringData', TEXT_MAP],
    5: ['immutable', 'boolean'],
  },
  ServiceAccount: { 1: metadata },
  Deployment: {
    1: metadata,
    2: ['spec', { message: DEPLOYMENT_SPEC }],
    3: ['status', { message: DEPLOYMENT_STATUS }],
  },
  Scale: {
    1: metadata,
    2: ['spec', { message: { 1: ['replicas', 'integer'] } }],
    3: ['status', { message: { 1: ['replicas', 'integer'], 2: ['selector', 'text'] } }],
  },
  Eviction: { 1: metadata, 2: ['deleteOptions', { message: DELETE_OPTIONS }] },
  DeleteOptions: DELETE_OPTIONS,
};

const ENVELOPE: Message = {
  1: ['type', { message: { 1: ['apiVersion', 'text'], 2: ['kind', 'text'] } }],
  2: ['raw', 'bytes'],
  3: ['contentEncoding', 'text'],
  4: ['contentType', 'text'],
};

/**
 * Decodes an object as newer kubectl versions send it (`create configmap`, `create namespace`, `drain`).
 * 400 for a kind or a field that is not known here: the client has to send JSON then.
 */
export function decodeProtobuf(body: Buffer): Fields {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC))
    throw badRequest('provided data does not appear to be a protobuf message');
  const { type, raw } = readMessage(body.subarray(MAGIC.length), ENVELOPE, 'the envelope') as {
    type?: { apiVersion?: string; kind?: string };
    raw?: string;
  };
  const { apiVersion = '', kind = '' } = type ?? {};
  const message = KINDS[kind];
  if (!message) throw badRequest(`${kind} is not known in protobuf here; send it as application/json`);
  return { apiVersion, kind, ...readMessage(Buffer.from(raw ?? '', 'base64'), message, kind) };
}

function readMessage(bytes: Buffer, message: Message, path: string): Fields {
  const result: Fields = {};
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw badRequest(`unexpected end of ${path}`);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = tag >>> 3;
    const wire = tag & 7;
    if (wire !== 0 && wire !== 2) throw badRequest(`wire type ${wire} in ${path} is not known here`);
    let content: number | Buffer = varint();
    if (wire === 2) {
      const start = at;
      at += content;
      content = bytes.subarray(start, at);
    }
    const field = message[number];
    if (!field)
      throw badRequest(
        `field ${number} of ${path} is not known in protobuf here; send it as application/json`,
      );
    addField(result, field, content, `${path}.${field[0]}`);
  }
  return result;
}

function addField(
  result: Fields,
  [name, kind, repeated]: Message[number],
  content: number | Buffer,
  path: string,
): void {
  if (typeof kind === 'object' && 'map' in kind) {
    const entry = readMessage(content as Buffer, { 1: ['key', 'text'], 2: ['value', kind.map] }, path);
    result[name] = { ...(result[name] as Fields | undefined), [String(entry.key ?? '')]: entry.value ?? '' };
    return;
  }
  const value = readValue(kind, content, path);
  if (repeated) result[name] = [...((result[name] as unknown[] | undefined) ?? []), value];
  // Protobuf writes what is unset as its zero; JSON leaves it out.
  else if (value !== '' && value !== undefined) result[name] = value;
}

function readValue(kind: Exclude<Kind, { map: unknown }>, content: number | Buffer, path: string): unknown {
  if (typeof content === 'number') {
    if (kind === 'boolean') return content !== 0 || undefined;
    return kind === 'counter' && content === 0 ? undefined : content;
  }
  if (typeof kind === 'object') return readMessage(content, kind.message, path);
  if (kind === 'bytes') return content.toString('base64');
  if (kind !== 'time') return content.toString();
  const { seconds } = readMessage(content, { 1: ['seconds', 'integer'], 2: ['nanos', 'integer'] }, path);
  return typeof seconds === 'number' && seconds > 0
    ? `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`
    : undefined;
}
