import { MemoryLevel } from 'memory-level';
import { describe, expect, it, vi } from 'vitest';
import { createJournal } from '../../infra/local/mns/journal.ts';

async function open() {
  const store = new MemoryLevel<string, number>({ valueEncoding: 'json' });
  await store.open();
  return { store, batch: vi.spyOn(store, 'batch'), journal: createJournal(store) };
}

const put = (key: string, value: number | undefined) => [{ key, value }];

describe('a journal', () => {
  it('resolves a write when it is in the store', async () => {
    const { store, journal } = await open();

    await journal.write(put('a', 1));
    expect(await store.get('a')).toBe(1);
    await journal.write(put('a', undefined));
    expect(await store.get('a')).toBeUndefined();
  });

  it('gathers what comes in while a write is under way, and keeps its order', async () => {
    const { store, batch, journal } = await open();

    const writes = Array.from({ length: 100 }, (_, index) => journal.write(put('a', index)));
    const later = writes[0]?.then(() =>
      Promise.all([journal.write(put('a', 200)), journal.write(put('b', 1))]),
    );
    await Promise.all([...writes, later]);

    expect(batch.mock.calls.length).toBe(2);
    expect(await store.get('a')).toBe(200);
  });

  it('fails those whose write failed, and nobody after them', async () => {
    const { store, batch, journal } = await open();
    batch.mockRejectedValueOnce(new Error('disk full'));

    await expect(journal.write(put('a', 1))).rejects.toThrow('disk full');
    await journal.write(put('b', 2));

    expect(await store.getMany(['a', 'b'])).toEqual([undefined, 2]);
  });

  it('stores everything before it closes', async () => {
    const { store, journal } = await open();
    const written = journal.write(put('a', 1));

    await journal.close();

    await written;
    expect(store.status).toBe('closed');
  });
});
