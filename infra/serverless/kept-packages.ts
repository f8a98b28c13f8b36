import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { version } from 'esbuild';
import { type Build, type Package, type PackagedSource, packageFunctions } from './bundle.ts';
import type { Packages } from './package-folder.ts';

const FOLDER = '.holdfast/packages';
const RECORD = 'packages.json';

/** Beside the sources, what else decides what becomes of them. */
const RECIPE = fileURLToPath(new URL('./bundle.ts', import.meta.url));
const LOCKFILE = 'package-lock.json';

/** What lies in the folder beside the archives and their source maps. */
interface Kept {
  /** SHA-256 of each file that was read, by its path relative to the service's folder. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly packages: Readonly<
    Record<string, Pick<Package, 'checksum' | 'bundled'> & { readonly zip: string }>
  >;
}

/**
 * The packages of an earlier build where every file that it read is what it was, by its contents; else of a new one. To
 * bundle takes seconds, and most deployments to a local cloud change no source. Throws as `packageFunctions` does.
 */
export async function packageOnce(functions: readonly PackagedSource[], folder: string): Promise<Packages> {
  const place = join(folder, FOLDER, nameOf(functions));
  const kept = readKept(place, folder);
  if (kept) return kept;
  const began = Date.now();
  const build = await packageFunctions(functions, folder);
  keep(place, folder, build, began);
  return build.packages;
}

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

const nameOf = (functions: readonly PackagedSource[]): string =>
  sha256(JSON.stringify([version, functions.map(({ name, source }) => [name, source])])).slice(0, 16);

function readKept(place: string, folder: string): Packages | undefined {
  try {
    const { inputs, packages } = JSON.parse(readFileSync(join(place, RECORD), 'utf8')) as Kept;
    for (const [path, hash] of Object.entries(inputs))
      if (sha256(readFileSync(join(folder, path))) !== hash) return undefined;
    return new Map(
      Object.entries(packages).map(([name, { checksum, bundled, zip: hash }]) => {
        const zip = readFileSync(join(place, `${name}.zip`));
        if (sha256(zip) !== hash) throw new Error(`${name}.zip is not what was kept`);
        const sourceMap = readFileSync(join(place, `${name}.cjs.map`), 'utf8');
        return [name, { zip, checksum, bundled, sourceMap }];
      }),
    );
  } catch {
    // None kept, a source that is gone, or another process that is just keeping its own.
    return undefined;
  }
}

/** All of it at once, by a rename: two deployments can run side by side. What cannot be kept is built again next time. */
function keep(place: string, folder: string, { packages, inputs }: Build, began: number): void {
  const hashOf = (path: string): string => {
    const file = join(folder, path);
    // Nobody knows whether the build read it before or after that.
    if (statSync(file).mtimeMs >= began) throw new Error(`${path} was written during the build`);
    return sha256(readFileSync(file));
  };
  const files = [
    ...inputs,
    relative(folder, RECIPE),
    ...(existsSync(join(folder, LOCKFILE)) ? [LOCKFILE] : []),
  ];
  let draft: string | undefined;
  try {
    mkdirSync(dirname(place), { recursive: true });
    draft = mkdtempSync(`${place}-`);
    for (const [name, { zip, sourceMap }] of packages) {
      writeFileSync(join(draft, `${name}.zip`), zip);
      writeFileSync(join(draft, `${name}.cjs.map`), sourceMap);
    }
    const record: Kept = {
      inputs: Object.fromEntries(files.map((path) => [path, hashOf(path)])),
      packages: Object.fromEntries(
        [...packages].map(([name, { zip, checksum, bundled }]) => [
          name,
          { checksum, bundled, zip: sha256(zip) },
        ]),
      ),
    };
    writeFileSync(join(draft, RECORD), JSON.stringify(record));
    rmSync(place, { recursive: true, force: true });
    renameSync(draft, place);
  } catch {
    if (draft) rmSync(draft, { recursive: true, force: true });
  }
}
