import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const shared = fileURLToPath(new URL('../../shared', import.meta.url));

/** Every line that tells the mutation tests to leave something out, with where it stands. */
const exceptions = readdirSync(shared, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .flatMap((path) =>
    readFileSync(join(shared, path), 'utf8')
      .split('\n')
      .map((line, index) => ({ at: `${path}:${index + 1}`, line: line.trim() })),
  )
  .filter(({ line }) => line.includes('Stryker'));

it('leaves out of the mutation tests single lines and named mutations only, each with its argument', () => {
  const argued = /^\/\/ Stryker disable next-line [A-Z]\w+(?:,[A-Z]\w+)*: \S.{20,}\.$/;
  expect(exceptions.filter(({ line }) => !argued.test(line))).toEqual([]);
});
