/** Source: Function Compute API, "InvokeFunction": `x-fc-log-result` holds the last 4 KB of the log, in base64. */
const TAIL_BYTES = 4096;

/** The lines of those requests that asked for the tail of their log. */
export interface LogTails {
  open(requestId: string): void;
  add(requestId: string, line: string): void;
  wanted(requestId: string): boolean;
  /** Gives the tail, and forgets it. */
  take(requestId: string): string;
}

export function createLogTails(): LogTails {
  const tails = new Map<string, string>();
  return {
    open(requestId) {
      tails.set(requestId, '');
    },
    add(requestId, line) {
      const tail = tails.get(requestId);
      if (tail !== undefined) tails.set(requestId, `${tail}${line}\n`);
    },
    wanted: (requestId) => tails.has(requestId),
    take(requestId) {
      const bytes = Buffer.from(tails.get(requestId) ?? '');
      tails.delete(requestId);
      return bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES)).toString('base64');
    },
  };
}
