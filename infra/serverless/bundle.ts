import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { type Zippable, zipSync } from 'fflate';
import { crc64 } from './crc64.ts';
import { entryName, type PlannedFunction } from './plan.ts';

export interface Package {
  readonly zip: Uint8Array;
  /** As Function Compute gives it of the same archive. */
  readonly checksum: string;
  /** Bytes of the bundle before it is packed. */
  readonly bundled: number;
  /** Maps places in the bundle to the sources; it stays with the build, for whoever reads a stack trace. */
  readonly sourceMap: string;
}

/** The earliest time that a zip entry can carry; a real one would make every build another archive. */
const FIXED_TIME = new Date(1980, 0, 1, 0, 0, 0);
const UNIX = 3;
const READABLE = 0o100644 << 16;

/**
 * Bundles each function with everything it imports into an archive of its own; by function name. The same sources give
 * the same bytes, wherever and whenever they are built. Throws an Error when a source is missing, does not compile or
 * lacks the export.
 */
export async function packageFunctions(functions: readonly PackagedSource[], folder: string): Promise<Build> {
  for (const { name, source } of functions) {
    if (!existsSync(join(folder, sourceFile(source)))) {
      throw new Error(`functions.${name}.handler: there is no ${sourceFile(source)}`);
    }
  }
  const built = await bundle(functions, folder);
  return {
    packages: new Map(functions.map((declared) => [declared.name, packageOf(declared, built)])),
    inputs: Object.keys(built.metafile.inputs),
  };
}

export interface Build {
  /** By function name. */
  readonly packages: ReadonlyMap<string, Package>;
  /** Every file that was read for them, relative to the folder. */
  readonly inputs: readonly string[];
}

export type PackagedSource = Pick<PlannedFunction, 'name' | 'source'>;

type Built = Awaited<ReturnType<typeof bundle>>;

const sourceFile = ({ path }: PlannedFunction['source']): string => `${path}.ts`;

/** One build for all of them, so that what they share is read once. */
function bundle(functions: readonly PackagedSource[], folder: string) {
  return build({
    absWorkingDir: folder,
    entryPoints: functions.map(({ name, source }) => ({ in: sourceFile(source), out: name })),
    outdir: '.',
    outExtension: { '.js': '.cjs' },
    write: false,
    metafile: true,
    bundle: true,
    // The Tablestore SDK assigns to names that it never declared: strict code, such as an ES module's, forbids that.
    format: 'cjs',
    // It also calls Buffer(): Node forgives that in node_modules, and warns in a bundle.
    banner: { js: 'process.noDeprecation = true;' },
    tsconfigRaw: { compilerOptions: { alwaysStrict: false } },
    platform: 'node',
    target: 'node20',
    // Not minified: stack traces in the log are read by their names and lines, and a bundle of 8 MB with every SDK
    // loads in 203 ms as it is and in 195 ms minified, its archive 850 KB and 580 KB.
    keepNames: true,
    sourcemap: 'external',
    sourcesContent: false,
    // @alicloud/mns requires it in a branch that Node never takes, and does not declare it.
    external: ['babel-runtime/*'],
    legalComments: 'none',
    logLevel: 'silent',
  }).catch((error: Error) => {
    throw new Error(`the functions cannot be bundled: ${error.message}`, { cause: error });
  });
}

function packageOf({ name, source }: PackagedSource, { outputFiles }: Built): Package {
  const code = outputFiles.find((file) => basename(file.path) === `${name}.cjs`);
  const map = outputFiles.find((file) => basename(file.path) === `${name}.cjs.map`);
  if (!code || !map) throw new Error(`functions.${name}: esbuild gave no code for ${sourceFile(source)}`);
  const exported = exportsOf(code.text);
  if (!exported.includes(source.export)) {
    const found = exported.join(', ') || 'nothing';
    throw new Error(
      `functions.${name}.handler: ${sourceFile(source)} exports ${found}, not "${source.export}"`,
    );
  }
  const zip = archive({ [`${entryName(source.path)}.cjs`]: code.contents });
  return { zip, checksum: crc64(zip), bundled: code.contents.length, sourceMap: map.text };
}

/** What a CommonJS bundle exports: esbuild lists it at the end, where Node looks for it when an ES module imports it. */
function exportsOf(code: string): readonly string[] {
  const [, names = ''] = /^0 && \(module\.exports = \{([^}]*)\}\);?$/m.exec(code) ?? [];
  return names.split(',').flatMap((name) => name.trim() || []);
}

/** A zip of which every byte follows from the files. */
export function archive(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const entries: Zippable = {};
  for (const name of Object.keys(files).sort()) {
    const content = files[name];
    if (content) entries[name] = [content, { mtime: FIXED_TIME, os: UNIX, attrs: READABLE, level: 6 }];
  }
  return zipSync(entries);
}
