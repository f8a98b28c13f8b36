import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { codeSpans, slugOf, withoutCode } from './markdown.ts';
import type { Page } from './pages.ts';

const LINK = /!?\[[^\]]*\]\(([^)\s]+)(?:\s+"[^"]*")?\)|(?:src|href)="([^"]+)"/g;
const OUTSIDE = /^(?:https?|mailto):/;

/** Links inside the repository that lead nowhere, and paths in backticks that name nothing: one line for each. */
export function deadLinks(pages: readonly Page[], root: string): readonly string[] {
  const headings = new Map(pages.map((page) => [page.path, headingsOf(page.text)]));
  return pages.flatMap((page) => [
    ...linksOf(page).flatMap((link) => {
      const why = whyDead(page, link, headings, root);
      return why ? [`${page.path}: ${link} ${why}`] : [];
    }),
    ...pathsOf(page)
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${page.path}: \`${path}\` is no file of the repository`),
  ]);
}

const linksOf = ({ text }: Page): readonly string[] =>
  [...withoutCode(text).matchAll(LINK)]
    .map(([, markdown, html]) => markdown ?? html ?? '')
    .filter((link) => !OUTSIDE.test(link));

function whyDead(
  { path }: Page,
  link: string,
  headings: ReadonlyMap<string, ReadonlySet<string>>,
  root: string,
): string | undefined {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? path : normalize(join(dirname(path), file));
  if (!headings.has(target) && !existsSync(join(root, target))) return 'leads to no file';
  if (anchor !== undefined && !headings.get(target)?.has(anchor)) return `leads to no heading of ${target}`;
  return undefined;
}

const headingsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
      slugOf(heading),
    ),
  );

const OWN_PATH = /^(?:functions|infra|shared|test|docs|\.ci)\/[\w./-]+$/;

/** What is written as a path of this repository. */
const pathsOf = ({ text }: Page): readonly string[] =>
  [...new Set(codeSpans(text))].filter((span) => OWN_PATH.test(span));
