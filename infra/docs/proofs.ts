import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from './pages.ts';

/** A file of tests, and parts of what stands between quotes in it: `` `test/a.test.ts`: *is kept*, *is bound* ``. */
const PROOF = /`(test\/[\w./-]+\.ts)`(?:: (\*[^*]+\*(?:, \*[^*]+\*)*))?/g;
const QUOTED = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;
const ROW = /^\| (?!Case \||---)([^|]+) \|.*$/gm;
const NOT_COVERED = '**Not covered yet:** ';

/** What a page of cases names as a proof and that shows nothing, and cases that say neither: one line for each. */
export function brokenProofs({ path, text }: Page, root: string): readonly string[] {
  return [...text.matchAll(ROW)].flatMap(([row, name]) => {
    const proofs = [...row.matchAll(PROOF)];
    if (proofs.length === 0 && !row.includes(NOT_COVERED)) return [`${path}: "${name}" is shown by nothing`];
    return proofs.flatMap(([, file = '', parts]) => {
      if (!existsSync(join(root, file))) return [`${path}: there is no ${file}`];
      if (parts === undefined) return [`${path}: "${name}" names no test of ${file}`];
      const quoted = readFileSync(join(root, file), 'utf8').match(QUOTED) ?? [];
      return [...parts.matchAll(/\*([^*]+)\*/g)]
        .map(([, part = '']) => part)
        .filter((part) => !quoted.some((one) => one.includes(part)))
        .map((part) => `${path}: no test of ${file} is called "${part}"`);
    });
  });
}
