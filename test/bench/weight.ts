import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { runServerless } from '../../infra/serverless/deploy.ts';

export interface Weight {
  readonly name: string;
  readonly bundleKB: number;
  readonly loadMs: number;
  readonly rssMB: number;
}

const RUNS = 15;

const PROBE = `
const begin = performance.now();
require(process.argv[1]);
console.log(JSON.stringify({ ms: performance.now() - begin, rss: process.memoryUsage().rss }));
process.exit(0);
`;

/** Settings that let every function start; nothing is called. */
const ENVIRONMENT = {
  HOLDFAST_TABLESTORE_ENDPOINT: 'http://127.0.0.1:1',
  HOLDFAST_TABLESTORE_INSTANCE: 'holdfast',
  HOLDFAST_MNS_ENDPOINT: 'http://127.0.0.1:1',
  HOLDFAST_QUEUE: 'hints',
  HOLDFAST_VPC_ENDPOINT: '127.0.0.1:1',
  HOLDFAST_ECS_ENDPOINT: '127.0.0.1:1',
  HOLDFAST_CLUSTERS: 'c-local',
  HOLDFAST_INTAKE_TOKEN: 'a-token-of-16-or-more',
  HOLDFAST_KUBECONFIG: Buffer.from(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'c', user: { token: 't' } }],
      contexts: [{ name: 'c-local', context: { cluster: 'c', user: 'c' } }],
      'current-context': 'c-local',
    }),
  ).toString('base64'),
};

/** What each function weighs as it is deployed: its bundle, the time to load it in a fresh Node, and the memory then. */
export async function measureWeight(): Promise<readonly Weight[]> {
  await runServerless(['package'], { stage: 'local' });
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-weight-'));
  try {
    return readdirSync('.serverless')
      .filter((name) => name.endsWith('.zip'))
      .map((name) => weigh(name.slice(0, -4), folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function weigh(name: string, folder: string): Weight {
  const [file, code] = Object.entries(unzipSync(readFileSync(join('.serverless', `${name}.zip`))))[0] ?? [];
  if (!file || !code) throw new Error(`.serverless/${name}.zip is empty`);
  const path = join(folder, file);
  writeFileSync(path, code);
  const runs = Array.from({ length: RUNS }, () => {
    const output = execFileSync(process.execPath, ['-e', PROBE, path], {
      env: { PATH: process.env.PATH, ...ENVIRONMENT },
      encoding: 'utf8',
    });
    return JSON.parse(output.trim()) as { ms: number; rss: number };
  });
  const median = (values: readonly number[]) =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  return {
    name,
    bundleKB: Math.round(statSync(path).size / 1_024),
    loadMs: Math.round(median(runs.map(({ ms }) => ms))),
    rssMB: Math.round(median(runs.map(({ rss }) => rss)) / 1_048_576),
  };
}
