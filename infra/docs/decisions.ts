import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Decision {
  /** `001-hints-name-the-pod.md` */
  readonly file: string;
  readonly title: string;
}

const FOLDER = 'docs/decisions';

/** The decision records, in the order of their numbers. Throws an Error where one has no title. */
export async function readDecisions(root: string): Promise<readonly Decision[]> {
  const files = (await readdir(join(root, FOLDER))).filter((name) => /^\d{3}-.*\.md$/.test(name)).sort();
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(root, FOLDER, file), 'utf8');
      const [, title] = /^# \d{3}\. (.+)$/m.exec(text) ?? [];
      if (!title) throw new Error(`${FOLDER}/${file} does not begin with "# NNN. Title"`);
      return { file, title };
    }),
  );
}
