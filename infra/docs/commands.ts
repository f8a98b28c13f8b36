import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from './pages.ts';

interface PackageFile {
  readonly scripts: Readonly<Record<string, string>>;
}

/** `npm run demo -- --json`, up to the end of the line or of the code. */
const RUN = /\bnpm (?:run ([\w:-]+)|(test|start)\b)([^`\n#|&;]*)/g;
const EXECUTE = /\bnpx (?:tsx ([\w./-]+)|([\w@/-]+))/g;
const OPTION = /(?<=\s)--([a-z][a-z-]*)/g;

/** Commands in the pages that would not run: one line for each. */
export function brokenCommands(pages: readonly Page[], root: string): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageFile;
  const problems = pages.flatMap(({ path, text }) => [
    ...[...text.matchAll(RUN)].flatMap(([, named, short, rest = '']) =>
      brokenRun(named ?? short ?? '', rest, scripts, root).map((why) => `${path}: ${why}`),
    ),
    ...[...text.matchAll(EXECUTE)].flatMap(([, file, program]) => {
      if (file) return existsSync(join(root, file)) ? [] : [`${path}: there is no ${file}`];
      return existsSync(join(root, 'node_modules/.bin', program ?? ''))
        ? []
        : [`${path}: no dependency brings the program ${program}`];
    }),
  ]);
  return [...new Set(problems)];
}

function brokenRun(
  name: string,
  rest: string,
  scripts: PackageFile['scripts'],
  root: string,
): readonly string[] {
  const script = scripts[name];
  if (script === undefined) return [`npm run ${name} is no script of package.json`];
  const [, entry] = /^tsx (\S+)/.exec(script) ?? [];
  if (entry === undefined) return [];
  if (!existsSync(join(root, entry))) return [`npm run ${name} starts ${entry}, which does not exist`];
  const source = readFileSync(join(root, entry), 'utf8');
  const [, options = ''] = / -- (.*)$/.exec(rest) ?? [];
  return [...` ${options}`.matchAll(OPTION)]
    .filter(([, option = '']) => !new RegExp(`['"]?\\b${option}\\b['"]?:`).test(source))
    .map(([option]) => `npm run ${name} does not know ${option}`);
}
