import { execFile, execFileSync } from 'node:child_process';
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

/** A program, and the version that it says it is, such as `v1.32.4`. */
export interface Kubectl {
  readonly program: string;
  readonly version: string;
}

/** Throws where it is no kubectl. */
function askVersion(program: string): Kubectl {
  const printed = execFileSync(program, ['version', '--client', '-o', 'json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { clientVersion } = JSON.parse(printed) as { clientVersion: { gitVersion: string } };
  return { program, version: clientVersion.gitVersion };
}

/** `1.32` of `v1.32.4`. */
const minorOf = ({ version }: Kubectl): string => /\d+\.\d+/.exec(version)?.[0] ?? version;

/**
 * The kubectl of the control plane in `assets`; and as the second, where there is one of another version, that which
 * HOLDFAST_KUBECTL names, else the first on the PATH.
 */
export function findKubectls(assets: string): { own: Kubectl; second: Kubectl | undefined } {
  const own = askVersion(join(assets, 'kubectl'));
  const named = process.env.HOLDFAST_KUBECTL;
  if (named) return { own, second: askVersion(named) };
  try {
    const found = askVersion('kubectl');
    return { own, second: minorOf(found) === minorOf(own) ? undefined : found };
  } catch {
    return { own, second: undefined };
  }
}
