export interface LogField {
  readonly holds: string;
  /** `word` and `number` are indexed, and can be searched and counted by; `text` can be searched. */
  readonly as: 'word' | 'number' | 'text';
}

const word = (holds: string): LogField => ({ holds, as: 'word' });
const number = (holds: string): LogField => ({ holds, as: 'number' });
const text = (holds: string): LogField => ({ holds, as: 'text' });

/**
 * One JSON object a line on stdout, where Function Compute's log store picks it up. The field names are an interface:
 * the index (`infra/resources/logs.ts`), the saved searches and the alerts of the log store are built on them.
 */
export const LOG_FIELDS = {
  level: word('debug, info, warn or error'),
  time: word('ISO 8601, UTC'),
  msg: word('what happened, in words that do not change with the values'),
  function: word('name of the function'),
  requestId: word('id of the invocation'),
  key: word('cluster/namespace/pod, with the kind of address where one is meant'),
  cluster: word('id of a cluster'),
  namespace: word('namespace of a pod'),
  pod: word('name of a pod'),
  phase: word('phase of the claim'),
  from: word('phase of the claim before'),
  rev: number('revision of the claim'),
  action: word('what was done or tried'),
  outcome: word('settled, again or refused'),
  why: word('what is waited for, or why a message was ignored'),
  afterMs: number('when it is looked at again, ms'),
  attempt: number('how often the hint had been put back'),
  hash: word('the first 16 digits of the SHA-256 of an ignored message'),
  allocationId: word('id of an EIP, of a parking ENI that is given up, or the lock of a private IP'),
  owner: word('the claim that has the lock on an address'),
  reason: word('what could not be listed, or the reason of an Event that could not be written'),
  code: word("the service's error code"),
  verdict: word('what that code means for us'),
  ms: number('how long it took'),
  skewMs: number("by how much a cluster's clock is ahead of the function's"),
  status: number('HTTP status of an answer'),
  body: text('the answer to an HTTP request'),
  ignored: text('messages that were ignored, counted by why'),
  hints: number('hints of a batch'),
  settled: number('pods with which nothing is left to do'),
  again: number('hints that were put back'),
  refused: number('pods with which what is left to do was refused for good'),
  poison: number('pods that have a record which cannot be read'),
  failed: number('pods that could not be worked on'),
  due: number('deadlines that were taken up'),
  spent: number('deadlines with which nothing is left to do'),
  waiting: number('deadlines that were moved'),
  released: number('addresses that were given back'),
  claims: number('claims in the store'),
  pods: number('pods of a batch, or of all clusters'),
  unseen: number('claims whose address could not be looked at in this pass'),
  hinted: number('pods that a sweep found something to do for'),
  orphans: number('EIPs without a claim that were released'),
  suspects: number('EIPs that no claim names'),
  strays: number('private IPs on parking ENIs without a claim that were given back'),
  parkingDropped: number('parking ENIs that were deleted'),
  err: text('name, message and stack of an error, and its causes'),
} as const satisfies Readonly<Record<string, LogField>>;

export type Level = 'debug' | 'info' | 'warn' | 'error';
const ORDER: readonly Level[] = ['debug', 'info', 'warn', 'error'];

type Fields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** The same with fields that every line carries. */
  with(fields: Fields): Logger;
}

export interface LogOptions {
  readonly level: Level;
  write?(line: string): void;
  /** Epoch ms. */
  now?(): number;
}

export function createLogger(options: LogOptions, fields: Fields = {}): Logger {
  const { level: least, write = (line) => process.stdout.write(`${line}\n`), now = Date.now } = options;
  const line = (level: Level) => (msg: string, more?: Fields) => {
    if (ORDER.indexOf(level) < ORDER.indexOf(least)) return;
    const entry: Record<string, unknown> = {
      level,
      time: new Date(now()).toISOString(),
      msg,
      ...fields,
      ...more,
    };
    if (entry.err !== undefined) entry.err = describeError(entry.err);
    write(JSON.stringify(entry));
  };
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: (more) => createLogger(options, { ...fields, ...more }),
  };
}

const DEEPEST_CAUSE = 4;

function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(depth === 0 ? { stack: error.stack } : {}),
    ...(error.cause !== undefined && depth < DEEPEST_CAUSE
      ? { cause: describeError(error.cause, depth + 1) }
      : {}),
  };
}
