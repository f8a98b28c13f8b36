import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startControlPlane } from '../../infra/local/kubernetes/control-plane.ts';

let assets: string;
beforeEach(() => {
  assets = mkdtempSync(join(tmpdir(), 'assets-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(assets, { recursive: true });
});

const program = (name: string, script: string) =>
  writeFileSync(join(assets, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

describe('a control plane that cannot start', () => {
  test('says which program is missing, and where it looked', async () => {
    await expect(startControlPlane({ assets })).rejects.toThrow(`no program etcd in ${assets}`);
  });

  test('says which program has ended, with the end of its log, and leaves neither processes nor files', async () => {
    program('etcd', 'echo $$ > "$0.pid"; exec sleep 600');
    program('kube-apiserver', 'echo "cannot do this" >&2; exit 3');
    program('kubectl', '');
    vi.stubEnv('TMPDIR', assets);
    const failure = await startControlPlane({ assets, controllers: false }).catch(
      (error: Error) => error.message,
    );
    expect(failure).toMatch(/kube-apiserver ended \(exit code 3\); its log ends:\ncannot do this/);
    expect(readdirSync(assets).filter((name) => name.startsWith('control-plane-'))).toEqual([]);
    const pid = Number(readFileSync(join(assets, 'etcd.pid'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
