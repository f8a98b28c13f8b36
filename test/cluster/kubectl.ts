import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A kubectl with a home of its own; answers what it prints. */
export function openKubectl(program: string, kubeconfig: string) {
  const home = mkdtempSync(join(tmpdir(), 'kubectl-'));
  const file = join(home, 'config');
  writeFileSync(file, kubeconfig);
  return {
    async run(...args: string[]): Promise<string> {
      return (await promisify(execFile)(program, args, { env: { HOME: home, KUBECONFIG: file } })).stdout;
    },
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}
