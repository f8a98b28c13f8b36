import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Package } from './bundle.ts';
import { crc64 } from './crc64.ts';
import type { PlannedFunction } from './plan.ts';

/** By function name. */
export type Packages = ReadonlyMap<string, Package>;

/** Where osls, too, puts what it makes. */
const DEFAULT_FOLDER = '.serverless';

const folderOf = (serviceFolder: string, given: string | undefined): string =>
  resolve(serviceFolder, given ?? DEFAULT_FOLDER);

/** Writes `<function>.zip` and its source map beside it. Gives the archives' paths, by function name. */
export function savePackages(
  packages: Packages,
  serviceFolder: string,
  given?: string,
): ReadonlyMap<string, string> {
  const folder = folderOf(serviceFolder, given);
  mkdirSync(folder, { recursive: true });
  return new Map(
    [...packages].map(([name, { zip, sourceMap }]) => {
      const path = join(folder, `${name}.zip`);
      writeFileSync(path, zip);
      writeFileSync(join(folder, `${name}.cjs.map`), sourceMap);
      return [name, path];
    }),
  );
}

/** Reads what `savePackages` wrote. Throws an Error that names the archive that is missing. */
export function loadPackages(
  functions: readonly Pick<PlannedFunction, 'name'>[],
  serviceFolder: string,
  given?: string,
): Packages {
  const folder = folderOf(serviceFolder, given);
  return new Map(
    functions.map(({ name }) => {
      const path = join(folder, `${name}.zip`);
      let zip: Uint8Array;
      try {
        zip = readFileSync(path);
      } catch (cause) {
        throw new Error(`${path} is missing: make it with serverless package`, { cause });
      }
      return [name, { zip, checksum: crc64(zip), bundled: zip.length, sourceMap: '' }];
    }),
  );
}
