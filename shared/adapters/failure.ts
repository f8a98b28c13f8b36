import type { Failure, Verdict } from '../reconcile/ports.ts';

/** An answer that means something: the verdict for us, the code for people. */
export function failure(verdict: Verdict, code: string, message: string, cause?: unknown): Failure {
  const error = new Error(message, cause === undefined ? undefined : { cause });
  error.name = 'Failure';
  return Object.assign(error, { verdict, code });
}

// Source: Node.js, common system errors; the ones that a client meets between a request and its answer.
const NETWORK_CODES =
  /^(?:ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_\w+|ERR_STREAM_PREMATURE_CLOSE)$/;

/** Whether an SDK's error says that no whole answer came: it may have acted. */
export function isLostAnswer(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && NETWORK_CODES.test(code)) return true;
  if (/timeout|timed out|socket hang up|network|ECONN|aborted/i.test(`${error.name} ${error.message}`))
    return true;
  return error.cause !== undefined && isLostAnswer(error.cause);
}

export const isVerdict = (error: unknown): error is Failure => error instanceof Error && 'verdict' in error;
