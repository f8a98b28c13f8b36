import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * `npm run fuzz -- [--runs 100000] [--seed 7] [file ...]`: the properties of everything that reads what others wrote, and of
 * `decide`, tried more often than the tests have time for. A failure prints its seed and the smallest input that it found.
 */
const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '20000' }, seed: { type: 'string' } },
  allowPositionals: true,
});

const wholeNumber = (name: string, text: string): string => {
  if (/^\d{1,9}$/.test(text)) return text;
  console.error(`--${name} is "${text}"; it has to be a whole number below a thousand million`);
  process.exit(2);
};
const runs = wholeNumber('runs', values.runs);
const seed = wholeNumber('seed', values.seed ?? String(randomInt(1_000_000_000)));

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
      ...(positionals.length > 0 ? positionals : files.map((file) => join('test/property', file))),
    ],
  ],
  { stdio: 'inherit', env: { ...process.env, FUZZ_RUNS: runs, FUZZ_SEED: seed } },
);
console.log(`fuzzing: seed ${seed}, ${status === 0 ? 'nothing found' : 'failed'}`);
process.exit(status ?? 1);
