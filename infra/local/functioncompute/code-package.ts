import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { unzipSync } from 'fflate';
import { crc64 } from './crc64.ts';
import { Refusal } from './refusal.ts';

/** A function's code, as it was uploaded and as it lies ready to be run. */
export interface CodePackage {
  readonly zip: Buffer;
  readonly checksum: string;
  readonly folder: string;
}

/** Source: Function Compute, "Limits": code uploaded with the request. */
export const LARGEST_ZIP = 100 * 1024 * 1024;

export interface CodeStore {
  /** Unpacks a zip, in base64; the same code is unpacked once. Throws `Refusal` when it is none. */
  unpack(zipFile: string): Promise<CodePackage>;
  find(checksum: string): CodePackage | undefined;
}

/** Keeps packages below `root`. */
export function createCodeStore(root: string): CodeStore {
  const packages = new Map<string, Promise<CodePackage>>();
  const ready = new Map<string, CodePackage>();
  return {
    unpack(zipFile) {
      const zip = Buffer.from(zipFile, 'base64');
      if (zip.length > LARGEST_ZIP) {
        throw new Refusal(
          'InvalidArgument',
          `code size exceeds the maximum allowed size (${LARGEST_ZIP} bytes)`,
        );
      }
      const checksum = crc64(zip);
      const known = packages.get(checksum);
      if (known) return known;
      const unpacked = write(zip, join(root, checksum)).then((folder) => {
        const code = { zip, checksum, folder };
        ready.set(checksum, code);
        return code;
      });
      packages.set(checksum, unpacked);
      unpacked.catch(() => packages.delete(checksum));
      return unpacked;
    },
    find: (checksum) => ready.get(checksum),
  };
}

async function write(zip: Buffer, folder: string): Promise<string> {
  const files = unzip(zip);
  const draft = `${folder}.partial`;
  await mkdir(draft, { recursive: true });
  try {
    for (const [name, content] of files) {
      const path = join(draft, name);
      if (name.endsWith('/')) {
        await mkdir(path, { recursive: true });
      } else {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, content);
      }
    }
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

function unzip(zip: Buffer): [name: string, content: Uint8Array][] {
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(zip);
  } catch (error) {
    throw new Refusal('InvalidArgument', `code.zipFile is not a zip archive: ${(error as Error).message}`);
  }
  const entries = Object.entries(files);
  const outside = entries.find(
    ([name]) => normalize(name).startsWith('..') || normalize(name).startsWith(sep),
  );
  if (outside) {
    throw new Refusal('InvalidArgument', `code.zipFile holds '${outside[0]}', which lies outside of it`);
  }
  return entries;
}
