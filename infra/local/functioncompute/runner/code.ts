import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** An exported function of the customer's code, of whichever form. */
export type Exported = (...args: unknown[]) => unknown;

const EXTENSIONS = ['.mjs', '.js', '.cjs'];

/**
 * Loads the function that `reference`, `file.export`, names. Throws what the module throws while it is loaded, or an
 * Error in the cloud's words when there is no such file or export.
 */
export async function loadExport(codeFolder: string, reference: string): Promise<Exported> {
  const dot = reference.lastIndexOf('.');
  const [file, name] = [reference.slice(0, dot), reference.slice(dot + 1)];
  const path = EXTENSIONS.map((extension) => join(codeFolder, file + extension)).find(existsSync);
  if (!path) throw new Error(`Cannot find module '${join(codeFolder, file)}'`);
  const module: { readonly [name: string]: unknown; readonly default?: Record<string, unknown> } =
    await import(pathToFileURL(path).href);
  // A CommonJS module whose exports could not be told beforehand has them all in `default`.
  const exported = module[name] ?? module.default?.[name];
  if (typeof exported !== 'function') throw new Error(`Handler '${name}' missing on module '${file}'`);
  return exported as Exported;
}
