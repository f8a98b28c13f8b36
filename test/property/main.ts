import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCommandLine } from '../../infra/local/command-line.ts';

const USAGE = `npm run fuzz -- [options] [file ...]     the properties of all that reads what others wrote, and of decide, for longer

  --runs N   how often each property is tried (default 20000)
  --seed N   which inputs: the same number gives the same (default: drawn, and printed)
  file       only the properties in these files; all of test/property when left out

A failure prints its seed and the smallest input that it found.`;

const wholeNumber = (name: string, text: string, least: number): string => {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return text;
  throw new Error(`--${name} is "${text}"; it is a whole number from ${least} to 999999999`);
};

const { runs, seed, named } = readCommandLine({
  usage: USAGE,
  options: { runs: { type: 'string', default: '20000' }, seed: { type: 'string' } },
  words: true,
  check: (given, named) => ({
    runs: wholeNumber('runs', given.runs, 1),
    seed: wholeNumber('seed', given.seed ?? String(randomInt(1_000_000_000)), 0),
    named,
  }),
});

/** Whose properties can be tried more often. */
const folder = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(folder).filter(
  (file) =>
    file.endsWith('.test.ts') && readFileSync(join(folder, file), 'utf8').includes("from './effort.ts'"),
);

console.log(`fuzzing: ${runs} runs of each property, seed ${seed}`);
const { status } = spawnSync(
  process.execPath,
  [
    fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url)),
    ...[
      'run',
      '--project',
      'unit',
      ...(named.length > 0 ? named : files.map((file) => join('test/property', file))),
    ],
  ],
  { stdio: 'inherit', env: { ...process.env, FUZZ_RUNS: runs, FUZZ_SEED: seed } },
);
console.log(`fuzzing: seed ${seed}, ${status === 0 ? 'nothing found' : 'failed'}`);
process.exit(status ?? 1);
