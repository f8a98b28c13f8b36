import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CloudFile, readCloudFile } from '../../infra/resources/cloud-file.ts';

const CLOUD: CloudFile = {
  accountId: '1234567890123456',
  region: 'cn-hangzhou',
  accessKeyId: 'ID',
  accessKeySecret: 'secret',
  endpoints: {
    fc: 'http://127.0.0.1:1',
    mns: 'http://127.0.0.1:2',
    tablestore: 'http://127.0.0.1:3',
    vpc: 'http://127.0.0.1:4',
    ecs: 'http://127.0.0.1:5',
  },
  tablestoreInstance: 'holdfast-local',
  clusters: [{ id: 'c1', kubeconfig: '{}' }],
  intakeToken: 'a-token-of-16-chars',
};

describe('the cloud file', () => {
  let folder: string;
  const write = (content: string): string => {
    const path = join(folder, 'cloud.json');
    writeFileSync(path, content);
    return path;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloud-file-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is read as it was written', () => {
    expect(readCloudFile(write(JSON.stringify(CLOUD)))).toEqual(CLOUD);
  });

  it('may hold more than deployment needs', () => {
    expect(readCloudFile(write(JSON.stringify({ ...CLOUD, console: 'http://127.0.0.1:9' })))).toEqual(CLOUD);
  });

  it('says how to start the local cloud when there is none', () => {
    expect(() => readCloudFile(join(folder, 'none.json'))).toThrow(
      'start the local cloud with npm run cloud',
    );
  });

  it('says how to get a good one when it is cut short', () => {
    expect(() => readCloudFile(write('{"accountId":'))).toThrow(/is not JSON; start the local cloud again/);
  });

  it('names every field that is missing or no URL', () => {
    const { intakeToken: _, ...rest } = CLOUD;
    const path = write(JSON.stringify({ ...rest, endpoints: { ...CLOUD.endpoints, mns: '127.0.0.1:2' } }));
    expect(() => readCloudFile(path)).toThrow(/endpoints\.mns/);
    expect(() => readCloudFile(path)).toThrow(/intakeToken/);
  });
});
