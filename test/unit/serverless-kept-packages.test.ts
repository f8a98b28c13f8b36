import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageOnce } from '../../infra/serverless/kept-packages.ts';

const FUNCTIONS = [{ name: 'work', source: { path: 'functions/work', export: 'handler' } }];
const LONG_AGO = new Date('2020-01-01');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-'));
  mkdirSync(join(folder, 'functions'));
  write('work', "import { word } from './word.ts';\nexport const handler = async () => word;\n");
  write('word', "export const word = 'first';\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string, at = LONG_AGO): void {
  const path = join(folder, 'functions', `${name}.ts`);
  writeFileSync(path, text);
  utimesSync(path, at, at);
}

/** The code that would be deployed. */
async function code(): Promise<string> {
  const zip = (await packageOnce(FUNCTIONS, folder)).get('work')?.zip ?? new Uint8Array();
  return Buffer.from(unzipSync(zip)['work.cjs'] ?? new Uint8Array()).toString();
}

const keptFolder = () =>
  join(folder, '.holdfast/packages', readdirSync(join(folder, '.holdfast/packages'))[0] ?? '');
const readRecord = () => JSON.parse(readFileSync(join(keptFolder(), 'packages.json'), 'utf8'));

describe('packages that were built before', () => {
  it('are what a new build would give, to the byte', async () => {
    const [built] = (await packageOnce(FUNCTIONS, folder)).values();
    const [kept] = (await packageOnce(FUNCTIONS, folder)).values();
    expect(kept).toMatchObject({
      checksum: built?.checksum,
      bundled: built?.bundled,
      sourceMap: built?.sourceMap,
    });
    expect(Buffer.compare(kept?.zip ?? Buffer.of(), built?.zip ?? Buffer.of())).toBe(0);
  });

  it('are used while no source changes', async () => {
    await code();
    const record = readRecord();
    record.packages.work.checksum = 'of what was kept';
    writeFileSync(join(keptFolder(), 'packages.json'), JSON.stringify(record));
    expect((await packageOnce(FUNCTIONS, folder)).get('work')?.checksum).toBe('of what was kept');
  });

  it('are built anew when something that they import has changed, even within a second and to the same length', async () => {
    expect(await code()).toContain('first');
    write('word', "export const word = 'other';\n");
    expect(await code()).toContain('other');
  });

  it('are built anew where an archive was damaged', async () => {
    const whole = await code();
    writeFileSync(join(keptFolder(), 'work.zip'), 'no archive');
    expect(await code()).toBe(whole);
  });

  it('are not kept where a source was written while they were built', async () => {
    write('word', "export const word = 'young';\n", new Date(Date.now() + 60_000));
    expect(await code()).toContain('young');
    expect(readdirSync(join(folder, '.holdfast/packages'))).toEqual([]);
  });

  it('are built where there is no place to keep them', async () => {
    writeFileSync(join(folder, '.holdfast'), 'a file, not a folder');
    expect(await code()).toContain('first');
  });
});
