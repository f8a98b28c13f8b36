import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

export interface Page {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

const NOT_OURS = new Set(['node_modules', '.git', '.serverless', '.holdfast', 'dist', 'coverage']);

/** Every Markdown file of the repository, sorted by path. */
export async function readPages(root: string): Promise<readonly Page[]> {
  const paths: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !NOT_OURS.has(entry.name)) await walk(path);
      else if (entry.isFile() && entry.name.endsWith('.md')) paths.push(path);
    }
  };
  await walk(root);
  paths.sort();
  return Promise.all(
    paths.map(async (path) => ({ path: relative(root, path), text: await readFile(path, 'utf8') })),
  );
}

const MARKED = /<!-- generated: ([a-z-]+) -->\n[\s\S]*?<!-- \/generated -->/g;

/** The page with the tables between its markers drawn anew. Throws an Error that names an unknown table. */
export function fillPage({ path, text }: Page, tables: ReadonlyMap<string, string>): string {
  return text.replaceAll(MARKED, (_, name: string) => {
    const table = tables.get(name);
    if (table === undefined) {
      throw new Error(`${path}: there is no table "${name}"; known are ${[...tables.keys()].join(', ')}`);
    }
    return `<!-- generated: ${name} -->\n\n${table}\n\n<!-- /generated -->`;
  });
}
