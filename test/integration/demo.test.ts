import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const DEMO = fileURLToPath(new URL('../../infra/demo/main.ts', import.meta.url));

let folder: string;
let demo: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'demo-'));
});
afterEach(() => {
  demo?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

it('the demo prints its verdict as the last line, also where it stays up and says how to use it', async () => {
  const tsx = import.meta.resolve('tsx');
  const child = spawn(process.execPath, ['--import', tsx, DEMO, '--json', '--keep-running'], { cwd: folder });
  demo = child;
  let out = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  while (!/^\{.*\}$/m.test(out) || !out.includes('export KUBECONFIG')) await once(child.stdout, 'data');
  child.kill('SIGINT');
  await once(child, 'close');
  expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toMatchObject({ lost: 0, leaked: 0 });
});
