import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refuseSecondCloud } from '../../infra/local/cloud-file.ts';

describe('the word that a cloud has left of itself', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloud-file-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is no hindrance where there is none', async () => {
    await refuseSecondCloud(join(folder, 'nowhere'));
  });

  it.each(['{"accountId":', '{}', 'null'])(
    'names the file and what to do about it, where it is broken: %s',
    async (content) => {
      const path = join(folder, 'cloud.json');
      writeFileSync(path, content);
      await expect(refuseSecondCloud(folder)).rejects.toThrow(
        `${path} does not say where a local cloud is: end the one that runs, if any, delete the file, and start again`,
      );
    },
  );
});
