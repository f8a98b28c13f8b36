/**
 * One JSON object a line on stdout, where Function Compute's log store picks it up. The field names are an interface:
 * the index, the saved searches and the alerts of the log store are built on them.
 */
export const LOG_FIELDS = {
  level: 'debug, info, warn or error',
  time: 'ISO 8601, UTC',
  msg: 'what happened, in words that do not change with the values',
  function: 'name of the function',
  requestId: 'id of the invocation',
  key: 'cluster/namespace/pod, with the kind of address where one is meant',
  phase: 'phase of the claim',
  action: 'what was done or tried',
  outcome: 'settled or again',
  why: 'what is waited for',
  code: "the service's error code",
  verdict: 'what that code means for us',
  ms: 'how long it took',
  err: 'name, message and stack of an error, and its causes',
} as const;

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
