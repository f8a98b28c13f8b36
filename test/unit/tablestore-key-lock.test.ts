import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createKeyLock } from '../../infra/local/tablestore/key-lock.ts';

describe('a lock by key', () => {
  it('runs the tasks of one key one after the other, in the order they came', async () => {
    const lock = createKeyLock();
    const seen: string[] = [];
    const task = (name: string) => async () => {
      seen.push(`${name} starts`);
      await turn();
      seen.push(`${name} ends`);
    };
    await Promise.all([lock('k', task('first')), lock('k', task('second')), lock('k', task('third'))]);
    expect(seen).toEqual(['first', 'second', 'third'].flatMap((name) => [`${name} starts`, `${name} ends`]));
  });

  it('lets the tasks of different keys overlap', async () => {
    const lock = createKeyLock();
    let release = () => {};
    const held = lock('a', () => new Promise<void>((resolve) => (release = resolve)));
    await lock('b', async () => {});
    release();
    await held;
  });

  it('goes on after a task that fails', async () => {
    const lock = createKeyLock();
    const failing = lock('k', async () => {
      throw new Error('broken');
    });
    const next = lock('k', async () => 'done');
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('done');
  });
});
