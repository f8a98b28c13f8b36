import { mkdir } from 'node:fs/promises';

/** Makes the folder that a person named, where there is none. Throws an Error that says why there can be none. */
export async function makeDataFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    const isFile = cause.code === 'EEXIST' || cause.code === 'ENOTDIR';
    const why = isFile ? 'that is a file, or below one' : `it cannot be made: ${cause.message}`;
    throw new Error(`--data-dir is "${folder}"; it is a folder, and ${why}`, { cause });
  });
}
