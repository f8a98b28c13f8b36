import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { Page } from './pages.ts';

/** A link to a file of tests whose text names one of them: what it is about, ` > `, what it says. */
const NAMED = /\[([^\]]+? > [^\]]+)\]\(([^)\s]+\.test\.ts)\)/g;

/** Tests that the pages name and that are not in the file that is linked: one line for each. */
export function missingTests(pages: readonly Page[], root: string): readonly string[] {
  return pages.flatMap(({ path, text }) =>
    [...text.matchAll(NAMED)].flatMap(([, name = '', link = '']) => {
      const file = normalize(join(dirname(path), link));
      const source = existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';
      return name
        .split(' > ')
        .filter((title) => !isTitle(title, source))
        .map((title) => `${path}: no test of ${file} says "${title}"`);
    }),
  );
}

const isTitle = (title: string, source: string): boolean =>
  ["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote}`));
