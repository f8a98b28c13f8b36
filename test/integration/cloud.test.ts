import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKubernetesClient, type ListAnswer } from '../../infra/local/kubernetes/client/client.ts';
import type { Pod } from '../../infra/local/kubernetes/client/objects.ts';
import { paths } from '../../infra/local/kubernetes/client/paths.ts';

const CLOUD = fileURLToPath(new URL('../../infra/local/main.ts', import.meta.url));

let folder: string;
let cloud: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloud-'));
});
afterEach(() => {
  cloud?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

it('the cloud that a person starts has a pod before anybody makes one, as every cluster has', async () => {
  const tsx = import.meta.resolve('tsx');
  const child = spawn(process.execPath, ['--import', tsx, CLOUD], { cwd: folder });
  cloud = child;
  let out = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  while (!out.includes('The local cloud is up')) await once(child.stdout, 'data');
  const client = await createKubernetesClient(readFileSync(join(folder, '.holdfast', 'kubeconfig'), 'utf8'));
  const { items } = await client.get<ListAnswer<Pod>>(paths.pods('kube-system'));
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['coredns']);
  client.close();
});
