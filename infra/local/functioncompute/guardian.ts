import { spawn } from 'node:child_process';

/** Kills processes and removes a folder when this process ends, however it ends. */
export interface Guardian {
  watch(pid: number): void;
  unwatch(pid: number): void;
  /** Does the work now; resolves when it is done. */
  close(): Promise<void>;
}

/**
 * The shell reads a pipe that only we hold open. An instance that sees its channel close ends by itself, but one that
 * is stuck in a loop never looks, and the folder has nobody else to remove it when we are killed.
 */
const SCRIPT = `
live=' '
while read -r sign pid; do
  case $sign in
    +) live="$live$pid " ;;
    -) live="\${live%% $pid *} \${live#* $pid }" ;;
  esac
done
kill -9 $live 2>/dev/null
rm -rf -- "$1"
`;

export function startGuardian(folder: string): Guardian {
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'guardian', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Its own group: a Ctrl-C at the terminal must not take it away before its work is done.
    detached: true,
  });
  const gone = new Promise<void>((resolve) => {
    shell.once('error', () => resolve());
    shell.once('close', () => resolve());
  });
  // Writing to a guardian that somebody killed is no error of ours.
  shell.stdin.on('error', () => {});
  return {
    watch: (pid) => pid > 0 && shell.stdin.write(`+ ${pid}\n`),
    unwatch: (pid) => shell.stdin.write(`- ${pid}\n`),
    close() {
      shell.stdin.end();
      return gone;
    },
  };
}
