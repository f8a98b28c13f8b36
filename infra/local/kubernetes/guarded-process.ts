import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';

/** A program that runs beside this process and never outlives it. */
export interface GuardedProcess {
  readonly name: string;
  /** How it ended, when it has: `exit code 1`, `signal SIGKILL`. */
  ended(): string | undefined;
  /** The last lines that it logged. */
  logTail(lines?: number): string;
  /** Kills it and resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * The guard reads a pipe that only this process holds open: when this process ends, however it ends, the pipe closes
 * and the guard kills the program. An exit hook alone would miss SIGKILL, which is how test runners end their workers.
 */
const GUARD = `
exec 3<&0
"$@" 3<&- &
program=$!
( read -r _ <&3; kill -9 "$program" 2>/dev/null ) &
guard=$!
wait "$program"
code=$?
kill "$guard" 2>/dev/null
exit "$code"
`;

/** Starts `command`; what it writes goes to `logFile`. */
export function startGuarded(command: string, args: readonly string[], logFile: string): GuardedProcess {
  const name = command.slice(command.lastIndexOf('/') + 1);
  const log = createWriteStream(logFile);
  const child: ChildProcess = spawn('/bin/sh', ['-c', GUARD, name, command, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Its own group: a Ctrl-C at the terminal reaches us only, and we stop it in order.
    detached: true,
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  // Writing to a guard that is already gone is no error of ours.
  child.stdin?.on('error', () => {});
  let end: string | undefined;
  const gone = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      end = error.message;
      resolve();
    });
    child.once('close', (code, signal) => {
      end = signal ? `signal ${signal}` : `exit code ${code}`;
      resolve();
    });
  });
  return {
    name,
    ended: () => end,
    logTail(lines = 15) {
      return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
    },
    async stop() {
      child.stdin?.end();
      await gone;
      log.end();
      await finished(log);
    },
  };
}
