import type { FunctionCompute } from './functioncompute/server.ts';

export interface FunctionLogOptions {
  /** Whether every line is shown, and not only why a function cannot start. */
  readonly verbose: boolean;
  write(line: string): void;
}

/** A stack or a list of settings can be long; the beginning says what is wrong. */
const LONGEST_REASON = 1_000;

/**
 * Shows whoever runs the cloud what the functions log. Why one of them cannot start is shown in any case, and once: it
 * fails again at each call, and without that nothing would be heard of it.
 */
export function showFunctionLog(
  { onLog, onInvocation }: Pick<FunctionCompute, 'onLog' | 'onInvocation'>,
  { verbose, write }: FunctionLogOptions,
): void {
  const shown = new Set<string>();
  onInvocation(({ functionName, notStarted }) => {
    if (notStarted === undefined) return;
    const line = `${functionName} cannot start: ${notStarted.slice(0, LONGEST_REASON)}`;
    if (shown.has(line)) return;
    shown.add(line);
    write(line);
  });
  if (!verbose) return;
  onLog(({ functionName, line }) => {
    if (!isFrame(line)) write(`${functionName.padEnd(NAME_WIDTH)} ${line}`);
  });
}

const NAME_WIDTH = 10;

/** The platform's own lines around each call say nothing that the function's do not. */
const isFrame = (line: string): boolean => /^FC (?:Invoke|Initialize) (?:Start|End) RequestId: /.test(line);
