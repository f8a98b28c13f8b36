import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CloudFile } from '../../infra/resources/cloud-file.ts';
import { mergeKubeconfigs } from '../../infra/serverless/kubeconfig.ts';
import { targetOf } from '../../infra/serverless/target.ts';
import { cloudVariable } from '../../infra/serverless/variables.ts';

const kubeconfig = (server: string) => `
apiVersion: v1
kind: Config
current-context: admin@it
contexts:
  - name: other
    context: { cluster: other, user: other }
  - name: admin@it
    context: { cluster: it, user: admin, namespace: default }
clusters:
  - name: other
    cluster: { server: http://127.0.0.1:1 }
  - name: it
    cluster: { server: ${server} }
users:
  - name: other
    user: { token: other }
  - name: admin
    user: { token: secret }
`;

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
  tablestoreInstance: 'from-the-file',
  clusters: [
    { id: 'blue', kubeconfig: kubeconfig('http://127.0.0.1:6') },
    { id: 'green', kubeconfig: kubeconfig('http://127.0.0.1:7') },
  ],
  intakeToken: 'a-token-of-16-chars',
};

const ACCOUNT = {
  ALIBABA_CLOUD_ACCESS_KEY_ID: 'STS.id',
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret',
  ALIBABA_CLOUD_SECURITY_TOKEN: 'sts',
  ALIBABA_CLOUD_ACCOUNT_ID: '1234567890123456',
  ALIBABA_CLOUD_REGION_ID: 'eu-central-1',
  HOLDFAST_KUBECONFIG: Buffer.from(kubeconfig('https://10.0.0.1:6443')).toString('base64'),
  HOLDFAST_INTAKE_TOKEN: 'a-token-of-16-chars',
};

describe('stage local', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'target-'));
    writeFileSync(join(folder, 'cloud.json'), JSON.stringify(CLOUD));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const local = () =>
    targetOf({ stage: 'local', folder, env: { HOLDFAST_CLOUD: 'cloud.json' }, writesFunctions: true });

  it('is where the cloud file says', () => {
    expect(local()).toMatchObject({
      accountId: '1234567890123456',
      endpoints: CLOUD.endpoints,
      functionEndpoints: { mns: 'http://127.0.0.1:2' },
      tablestoreInstance: 'from-the-file',
    });
  });

  it('gives the functions one kubeconfig whose contexts are the cluster ids', () => {
    const merged = JSON.parse(gunzipSync(Buffer.from(local().kubeconfig, 'base64')).toString());
    expect(merged).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'blue',
      contexts: [
        { name: 'blue', context: { cluster: 'blue', user: 'blue', namespace: 'default' } },
        { name: 'green', context: { cluster: 'green', user: 'green', namespace: 'default' } },
      ],
      clusters: [
        { name: 'blue', cluster: { server: 'http://127.0.0.1:6' } },
        { name: 'green', cluster: { server: 'http://127.0.0.1:7' } },
      ],
      users: [
        { name: 'blue', user: { token: 'secret' } },
        { name: 'green', user: { token: 'secret' } },
      ],
    });
  });

  it('fills in the variables of serverless.yml', () => {
    expect(cloudVariable('queue.hints', local())).toBe('holdfast-local-hints');
    expect(cloudVariable('tablestoreInstance', local())).toBe('from-the-file');
    expect(cloudVariable('intakeToken', local())).toBe('a-token-of-16-chars');
  });
});

describe('a stage in an account', () => {
  const prod = (env: Record<string, string | undefined>, stage = 'prod', writesFunctions = true) =>
    targetOf({ stage, folder: '.', env, writesFunctions });

  it('lists everything that is missing at once', () => {
    for (const name of Object.keys(ACCOUNT).filter((other) => other !== 'ALIBABA_CLOUD_SECURITY_TOKEN')) {
      expect(() => prod({})).toThrow(`${name} is not set`);
    }
  });

  it('refuses a kubeconfig that is none and a token that can be guessed', () => {
    const poor = { ...ACCOUNT, HOLDFAST_KUBECONFIG: 'e30=', HOLDFAST_INTAKE_TOKEN: 'secret' };
    expect(() => prod(poor)).toThrow('HOLDFAST_KUBECONFIG: it is no kubeconfig in base64');
    expect(() => prod(poor)).toThrow('HOLDFAST_INTAKE_TOKEN is shorter than 16 characters');
  });

  it('takes the ids of its clusters from the contexts of the kubeconfig', () => {
    expect(cloudVariable('clusters', prod(ACCOUNT))).toBe('other,admin@it');
  });

  it('needs no kubeconfig and no token where no function is written', () => {
    const { HOLDFAST_KUBECONFIG: _, HOLDFAST_INTAKE_TOKEN: __, ...keys } = ACCOUNT;
    expect(() => prod(keys, 'prod', false)).not.toThrow();
  });

  it('has the endpoints of its region, for functions the internal ones', () => {
    const { endpoints, functionEndpoints, credentials } = prod(ACCOUNT);
    expect(endpoints.fc).toBe('https://1234567890123456.eu-central-1.fc.aliyuncs.com');
    expect(endpoints.tablestore).toBe('https://holdfast-prod.eu-central-1.ots.aliyuncs.com');
    expect(functionEndpoints.tablestore).toBe('https://holdfast-prod.eu-central-1.ots-internal.aliyuncs.com');
    expect(functionEndpoints.mns).toBe('http://1234567890123456.mns.eu-central-1-internal.aliyuncs.com');
    expect(credentials.securityToken).toBe('sts');
  });

  it('refuses a stage whose Tablestore instance would have too long a name', () => {
    expect(() => prod(ACCOUNT, 'production')).toThrow('"holdfast-production" is too long');
    expect(prod({ ...ACCOUNT, HOLDFAST_TABLESTORE_INSTANCE: 'hf' }, 'production').tablestoreInstance).toBe(
      'hf',
    );
  });
});

describe('a kubeconfig', () => {
  it('that cannot be used is named by its cluster', () => {
    expect(() => mergeKubeconfigs([{ id: 'blue', kubeconfig: 'kind: Config' }])).toThrow(
      'the kubeconfig of cluster "blue" cannot be used',
    );
    const lost = kubeconfig('http://127.0.0.1:6').replace(
      'current-context: admin@it',
      'current-context: gone',
    );
    expect(() => mergeKubeconfigs([{ id: 'blue', kubeconfig: lost }])).toThrow(
      'the kubeconfig of cluster "blue" has no context named "gone"',
    );
  });

  it('of no cluster is one without contexts', () => {
    expect(mergeKubeconfigs([])).toMatchObject({ contexts: [], clusters: [], users: [] });
  });
});

describe('a variable of serverless.yml', () => {
  it('that does not exist is refused with those that do', () => {
    expect(() => cloudVariable('mns', undefined)).toThrow(/known are .*mnsEndpoint.*queue\.hints-dead/);
    expect(() => cloudVariable('queue.lost', undefined)).toThrow(/there is no \$\{cloud:queue\.lost\}/);
  });

  it('says that it is not known yet where there is no cloud', () => {
    expect(cloudVariable('region', undefined)).toBe('(region, known when deployed)');
  });
});
