import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AbstractLevel } from 'abstract-level';
import { ClassicLevel } from 'classic-level';
import { MemoryLevel } from 'memory-level';
import type { CloudContext } from './context.ts';

/** A sorted key-value store; keys are strings, compared by their UTF-8 bytes, unless an operation says otherwise. */
export type Store<V> = AbstractLevel<string | Buffer | Uint8Array, string, V>;

/**
 * Opens a service's store: a folder `name` under the context's `dataDir`, or memory where there is none. Values are
 * anything JSON can hold, or Buffers, as the encoding says. Close it before another cloud opens the same folder:
 * LevelDB lets in one process at a time, and opening fails otherwise.
 */
export async function openStore<V>(
  { dataDir }: CloudContext,
  name: string,
  valueEncoding: 'json' | 'buffer',
): Promise<Store<V>> {
  const store =
    dataDir === undefined ? inMemory<V>(valueEncoding) : await onDisk<V>(join(dataDir, name), valueEncoding);
  await store.open();
  return store;
}

const inMemory = <V>(valueEncoding: 'json' | 'buffer'): Store<V> =>
  new MemoryLevel<string, V>({ valueEncoding });

async function onDisk<V>(folder: string, valueEncoding: 'json' | 'buffer'): Promise<Store<V>> {
  await mkdir(folder, { recursive: true });
  return new ClassicLevel<string, V>(folder, { valueEncoding });
}
