import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fillPage, readPages } from './pages.ts';
import { drawTables } from './tables.ts';

/** `npm run docs`: draws the tables in every page from the code that they describe. */
const root = fileURLToPath(new URL('../..', import.meta.url));

const tables = await drawTables(root);
let written = 0;
for (const page of await readPages(root)) {
  const text = fillPage(page, tables);
  if (text === page.text) continue;
  await writeFile(join(root, page.path), text);
  console.log(`${page.path} written`);
  written++;
}
if (written === 0) console.log('every page is up to date');
