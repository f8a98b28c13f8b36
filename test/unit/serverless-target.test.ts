import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CloudFile } from '../../infra/resources/cloud-file.ts';
import { mergeKubeconfigs, problemOfKubeconfig } from '../../infra/serverless/kubeconfig.ts';
import { targetOf } from '../../infra/serverless/target.ts';
import { cloudVariable } from '../../infra/serverless/variables.ts';
import { problemOfKubeconfig as functionsProblem } from '../../shared/adapters/kubernetes/cluster.ts';

const kubeconfig = (server: string) => `
apiVersion: v1
kind: Config
current-context: it
contexts:
  - name: other
    context: { cluster: other, user: other }
  - name: it
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

const encoded = (text: string) => Buffer.from(text).toString('base64');

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
  HOLDFAST_KUBECONFIG: encoded(kubeconfig('https://10.0.0.1:6443')),
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
    expect(() => prod(poor)).toThrow('HOLDFAST_KUBECONFIG is no kubeconfig in base64: contexts: is missing');
    expect(() => prod(poor)).toThrow('HOLDFAST_INTAKE_TOKEN is shorter than 16 characters');
  });

  it('takes the ids of its clusters from the contexts of the kubeconfig', () => {
    expect(cloudVariable('clusters', prod(ACCOUNT))).toBe('other,it');
  });

  it.each(['a,b', 'a/b', '', 'admin@it', '-a', 'x'.repeat(129)])(
    'refuses the cluster id "%s", by which no event could name its cluster',
    (id) => {
      const named = encoded(kubeconfig('https://10.0.0.1:6443').replace('name: other', `name: "${id}"`));
      expect(() => prod({ ...ACCOUNT, HOLDFAST_KUBECONFIG: named })).toThrow(
        `HOLDFAST_KUBECONFIG has contexts whose names are no cluster ids: "${id}"; allowed are`,
      );
    },
  );

  it('refuses an account that is no number', () => {
    expect(() => prod({ ...ACCOUNT, ALIBABA_CLOUD_ACCOUNT_ID: 'abc' })).toThrow(
      'ALIBABA_CLOUD_ACCOUNT_ID is not the number of an account',
    );
  });

  it.each([
    ['that is not encoded', 'apiVersion: v1', 'it has characters that base64 has not'],
    [
      'that was cut off',
      gzipSync(kubeconfig('https://10.0.0.1:6443')).subarray(0, 60).toString('base64'),
      'it is gzipped, and broken or cut off',
    ],
    ['that is no YAML', encoded('a: b\n  c: hunter2: d'), 'it is not YAML, from line 1, column 4 on'],
    ['of plain text', encoded('hunter2'), 'it is not YAML with the keys of a kubeconfig'],
    ['without a server', encoded(kubeconfig('""')), 'clusters.1.cluster.server: '],
  ])('refuses a kubeconfig %s, says why, and quotes nothing of it', (_, given, why) => {
    const refused = () => prod({ ...ACCOUNT, HOLDFAST_KUBECONFIG: given });
    expect(refused).toThrow(`HOLDFAST_KUBECONFIG is no kubeconfig in base64: ${why}`);
    expect(refused).not.toThrow('hunter2');
  });

  it('refuses a kubeconfig with a context of a cluster that it does not have', () => {
    const lost = encoded(kubeconfig('https://10.0.0.1:6443').replace('cluster: other,', 'cluster: gone,'));
    expect(() => prod({ ...ACCOUNT, HOLDFAST_KUBECONFIG: lost })).toThrow(
      'HOLDFAST_KUBECONFIG has a context "other" of a cluster that it does not have',
    );
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
    const lost = kubeconfig('http://127.0.0.1:6').replace('current-context: it', 'current-context: gone');
    expect(() => mergeKubeconfigs([{ id: 'blue', kubeconfig: lost }])).toThrow(
      'the kubeconfig of cluster "blue" has no context named "gone"',
    );
  });

  it('that is no YAML is named by its cluster too, and not quoted', () => {
    const merged = () => mergeKubeconfigs([{ id: 'blue', kubeconfig: 'a: b: hunter2' }]);
    expect(merged).toThrow('the kubeconfig of cluster "blue" cannot be used: it is not YAML, from line 1');
    expect(merged).not.toThrow('hunter2');
  });

  it.each([
    kubeconfig('https://10.0.0.1:6443'),
    kubeconfig('""'),
    kubeconfig('https://10.0.0.1:6443').replace('cluster: other,', 'cluster: gone,'),
    kubeconfig('https://10.0.0.1:6443').replace('name: it', 'name: a/b'),
    'kind: Config',
    'a: b: c',
    'text',
  ])('is refused where the functions refuse it, without their client (%#)', (text) => {
    expect(problemOfKubeconfig(text) === undefined).toBe(functionsProblem(text) === undefined);
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
