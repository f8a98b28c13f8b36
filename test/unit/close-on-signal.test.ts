import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';

const MODULE = new URL('../../infra/local/close-on-signal.ts', import.meta.url).href;

/** A program that does this and then closes, which takes until its standard input says that it is done, or cannot be. */
const programOf = (work: string) => `
  import { once } from 'node:events';
  import { closeOnSignal } from '${MODULE}';
  const close = closeOnSignal(async () => {
    console.log('closing');
    const [said] = await once(process.stdin, 'data');
    if (String(said) === 'stuck') throw new Error('the door is stuck');
    console.log('closed');
  }, 130);
  console.log('up');
  try {
    ${work}
  } finally {
    await close();
    process.exit(7);
  }
`;
const FOREVER = 'await new Promise(() => setInterval(() => {}, 60_000));';
const UNTIL_INTERRUPTED = `
    await new Promise((_, reject) => {
      setInterval(() => {}, 60_000);
      process.on('SIGINT', () => reject(new Error('interrupted in the middle of its work')));
    });`;

let program: ChildProcess;
afterEach(() => program.kill('SIGKILL'));

function start(work: string) {
  const child = spawn(process.execPath, [
    '--import',
    'tsx',
    '--input-type=module',
    '--eval',
    programOf(work),
  ]);
  program = child;
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    err += text;
  });
  return {
    says: async (word: string) => {
      while (!out.includes(`${word}\n`)) await once(child.stdout, 'data');
    },
    signal: (signal: NodeJS.Signals) => child.kill(signal),
    hears: (word: string) => child.stdin.write(word),
    ended: async () => {
      const [status] = await once(child, 'close');
      return { status, said: out.trim().split('\n'), err };
    },
  };
}

const WHOLE = ['up', 'closing', 'closed'];

describe('a program that closes on a signal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('closes, and exits with the status given (%s)', async (signal) => {
    const { says, signal: send, hears, ended } = start(FOREVER);
    await says('up');
    send(signal);
    await says('closing');
    hears('done');
    expect(await ended()).toMatchObject({ status: 130, said: WHOLE });
  });

  it('closes once and to the end, however many signals come', async () => {
    const { says, signal, hears, ended } = start(FOREVER);
    await says('up');
    signal('SIGINT');
    await says('closing');
    signal('SIGINT');
    signal('SIGTERM');
    hears('done');
    expect(await ended()).toMatchObject({ status: 130, said: WHOLE });
  });

  it('waits for the end that a signal has begun, where its work breaks off meanwhile', async () => {
    const { says, signal, hears, ended } = start(UNTIL_INTERRUPTED);
    await says('up');
    signal('SIGINT');
    await says('closing');
    hears('done');
    expect(await ended()).toMatchObject({ status: 130, said: WHOLE });
  });

  it('says why it could not close, and exits with 1', async () => {
    const { says, signal, hears, ended } = start(FOREVER);
    await says('up');
    signal('SIGTERM');
    await says('closing');
    hears('stuck');
    expect(await ended()).toMatchObject({ status: 1, err: expect.stringContaining('the door is stuck') });
  });

  it('closes by itself when its work is done, with a status of its own', async () => {
    const { says, hears, ended } = start('');
    await says('closing');
    hears('done');
    expect(await ended()).toMatchObject({ status: 7, said: WHOLE });
  });
});
