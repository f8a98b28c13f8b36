import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCommandLine } from '../local/command-line.ts';
import { fillPage, readPages } from './pages.ts';
import { drawTables } from './tables.ts';

readCommandLine({
  usage: 'npm run docs     draws the tables in every page from the code that they describe; takes no options',
  options: {},
  check: () => {},
});
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
