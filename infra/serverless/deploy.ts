import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

export interface DeployOptions {
  readonly stage: string;
  /** Path of what the local cloud wrote of itself; for stage `local`. */
  readonly cloudFile?: string;
  /** The folder of serverless.yml. Default: the project's. */
  readonly cwd?: string;
  /** Variables that serverless.yml reads, beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Gets each line that `serverless deploy` writes. */
  readonly log?: (line: string) => void;
}

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const OSLS = createRequire(import.meta.url).resolve('osls/bin/serverless.js');

/** Runs `serverless deploy` as a person would. Rejects with an Error that holds what it wrote when it fails. */
export const deploy = (options: DeployOptions): Promise<void> => runServerless(['deploy'], options);

/** Runs `serverless remove`. Rejects as `deploy` does. */
export const remove = (options: DeployOptions & { readonly withState?: boolean }): Promise<void> =>
  runServerless(['remove', ...(options.withState ? ['--with-state'] : [])], options);

/** Runs a command of osls in a process of its own; it starts in 0.4 s, so that nothing is gained by doing without. */
export async function runServerless(
  command: readonly string[],
  { stage, cloudFile, cwd = PROJECT, env = {}, log = () => {} }: DeployOptions,
): Promise<void> {
  const lines: string[] = [];
  const child = spawn(process.execPath, [OSLS, ...command, '--stage', stage], {
    cwd,
    env: {
      ...process.env,
      ...env,
      ...(cloudFile === undefined ? {} : { HOLDFAST_CLOUD: resolve(cloudFile) }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (colored) => {
      const line = stripVTControlCharacters(colored);
      lines.push(line);
      log(line);
    });
  }
  const exit = await new Promise<number | string | null>((settle, fail) => {
    child.once('error', fail);
    child.once('close', (code, signal) => settle(code ?? signal));
  });
  if (exit === 0) return;
  throw new Error(
    `serverless ${command.join(' ')} --stage ${stage} failed (${exit}):\n${lines.join('\n').trim()}`,
  );
}
