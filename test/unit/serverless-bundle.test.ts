import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archive, packageFunctions } from '../../infra/serverless/bundle.ts';
import { crc64 } from '../../infra/serverless/crc64.ts';
import { loadPackages, savePackages } from '../../infra/serverless/package-folder.ts';

const QUEUE_FUNCTION = `
import TableStore from 'tablestore';
import MNS from '@alicloud/mns';

function failOnPurpose(): never {
  throw new Error('on purpose');
}

export async function handler(event: Buffer): Promise<object> {
  if (event.toString() === 'fail') failOnPurpose();
  return { store: typeof TableStore.Client, queue: typeof MNS };
}
`;

describe('packaging', () => {
  let folder: string;
  const source = (name: string, exported = 'handler') => ({
    name,
    source: { path: `functions/${name}`, export: exported },
  });
  const copyOf = (): string => {
    const made = mkdtempSync(join(folder, 'copy-'));
    mkdirSync(join(made, 'functions'));
    symlinkSync(resolve('node_modules'), join(made, 'node_modules'));
    writeFileSync(join(made, 'functions', 'work.ts'), QUEUE_FUNCTION);
    writeFileSync(join(made, 'functions', 'idle.ts'), 'export const handler = async () => ({});\n');
    writeFileSync(join(made, 'functions', 'broken.ts'), "import './nowhere.ts';\n");
    return made;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('gives the same bytes wherever it is built, alone or with others', async () => {
    const [here, there] = [copyOf(), copyOf()];
    const { packages: first } = await packageFunctions([source('work')], here);
    const { packages: second } = await packageFunctions([source('idle'), source('work')], there);
    expect(second.get('work')?.checksum).toBe(first.get('work')?.checksum);
    expect(second.get('work')?.zip).toEqual(first.get('work')?.zip);
    expect(second.get('idle')?.checksum).not.toBe(first.get('work')?.checksum);
  });

  it('makes one module that runs by itself, CommonJS SDKs and all', async () => {
    const handler = await load('work');
    expect(await handler(Buffer.from(''))).toEqual({ store: 'function', queue: 'function' });
  });

  it('keeps the names that a stack trace is read by', async () => {
    const handler = await load('work');
    await expect(handler(Buffer.from('fail'))).rejects.toMatchObject({
      stack: expect.stringMatching(/failOnPurpose/),
    });
  });

  it('says which source is missing, which export, and what cannot be resolved', async () => {
    const here = copyOf();
    await expect(packageFunctions([source('none')], here)).rejects.toThrow(
      'functions.none.handler: there is no functions/none.ts',
    );
    await expect(packageFunctions([source('idle', 'run')], here)).rejects.toThrow(
      'functions.idle.handler: functions/idle.ts exports handler, not "run"',
    );
    await expect(packageFunctions([source('broken')], here)).rejects.toThrow(/nowhere\.ts/);
  });

  it('can be kept in a folder and deployed from there', async () => {
    const here = copyOf();
    const { packages } = await packageFunctions([source('idle')], here);
    savePackages(packages, here, 'out');
    expect(loadPackages([{ name: 'idle' }], here, 'out').get('idle')?.checksum).toBe(
      packages.get('idle')?.checksum,
    );
    expect(() => loadPackages([{ name: 'gone' }], here, 'out')).toThrow('make it with serverless package');
  });

  async function load(name: string): Promise<(event: Buffer) => Promise<unknown>> {
    const { packages } = await packageFunctions([source(name)], copyOf());
    const unzipped = unzipSync(packages.get(name)?.zip ?? new Uint8Array());
    expect(Object.keys(unzipped)).toEqual([`${name}.cjs`]);
    // Out of reach of any node_modules.
    const path = join(mkdtempSync(join(folder, 'run-')), `${name}.cjs`);
    writeFileSync(path, unzipped[`${name}.cjs`] ?? '');
    const loaded = (await import(pathToFileURL(path).href)) as {
      handler(event: Buffer): Promise<unknown>;
    };
    return loaded.handler;
  }
});

describe('an archive', () => {
  it('does not depend on the order or the time in which files come', () => {
    const [a, b] = [Buffer.from('a'), Buffer.from('b')];
    expect(archive({ a, b })).toEqual(archive({ b, a }));
  });

  it('has the checksum that Function Compute computes, CRC-64/XZ in decimal', () => {
    // The check value of the CRC catalogue for "123456789".
    expect(crc64(Buffer.from('123456789'))).toBe(0x995dc9bbdf1939fan.toString());
    expect(crc64(new Uint8Array())).toBe('0');
  });
});
