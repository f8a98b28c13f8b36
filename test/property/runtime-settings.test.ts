import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterIdsOf, problemOfKubeconfig } from '../../shared/adapters/kubernetes/cluster.ts';
import { problemOfQuotas } from '../../shared/adapters/tablestore/quota.ts';
import { isClusterId } from '../../shared/claim/identity.ts';
import { readConfig, SETTINGS, type Setting } from '../../shared/runtime/config.ts';
import { runs } from './effort.ts';

const KUBECONFIG = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'one', cluster: { server: 'https://192.0.2.1:6443' } }],
  users: [{ name: 'u', user: { token: 't' } }],
  contexts: [{ name: 'c-test', context: { cluster: 'one', user: 'u' } }],
  'current-context': 'c-test',
});

const GOOD: Readonly<Record<Setting, string>> = {
  HOLDFAST_TABLESTORE_ENDPOINT: 'https://hold.cn-hangzhou.ots.aliyuncs.com',
  HOLDFAST_TABLESTORE_INSTANCE: 'hold',
  HOLDFAST_MNS_ENDPOINT: 'http://1234.mns.cn-hangzhou.aliyuncs.com/',
  HOLDFAST_QUEUE: 'holdfast-hints',
  HOLDFAST_VPC_ENDPOINT: 'vpc.aliyuncs.com',
  HOLDFAST_ECS_ENDPOINT: 'ecs.aliyuncs.com',
  HOLDFAST_VPC_ID: 'vpc-1',
  HOLDFAST_KUBECONFIG: Buffer.from(KUBECONFIG).toString('base64'),
  HOLDFAST_CLUSTERS: 'c-test,c-prod',
  HOLDFAST_INTAKE_TOKEN: '0123456789abcdef',
  HOLDFAST_QUOTAS: '{"AssociateEipAddress":{"bind":240,"release":0}}',
  HOLDFAST_RELEASES_PER_MINUTE: '200',
  HOLDFAST_CLOCK: 'own',
  HOLDFAST_LOG_LEVEL: 'info',
};
const NAMES = Object.keys(SETTINGS) as Setting[];

const value = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      ' ',
      ',',
      'a,,b',
      'null',
      '{}',
      '[]',
      '1',
      '{"__proto__":{"bind":1,"release":1}}',
      '{"a":{"bind":-1}}',
    ],
    ...[
      'http://',
      'https://a b',
      'file:///etc/passwd',
      'H4sI',
      'H4sIAAAAAAAA',
      '====',
      'INFO',
      '\u0000',
      '\ud800',
    ],
    ...[
      '{"constructor":{"bind":1,"release":1}}',
      '{"a":{"bind":1e999,"release":0}}',
      '[[[',
      ' '.repeat(2_000),
    ],
  ),
  fc.constantFrom(...Object.values(GOOD)),
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc.base64String(),
  fc.uint8Array().map((bytes) => Buffer.concat([Buffer.from([0x1f, 0x8b, 8]), bytes]).toString('base64')),
  fc.string().map((text) => gzipSync(text).toString('base64')),
);
const environment = fc
  .dictionary(
    fc.constantFrom(...NAMES, 'HOLDFAST_TYPO', 'HOLDFAST___proto__', 'PATH'),
    fc.option(value, { nil: undefined }),
    {
      maxKeys: 5,
    },
  )
  .map((changes) => ({ ...GOOD, ...changes }));

describe('any environment', () => {
  it('is read into settings, or refused with a message that names what is wrong', () => {
    fc.assert(
      fc.property(environment, fc.subarray(NAMES), (given, wanted) => {
        let config: Partial<Record<Setting, unknown>>;
        try {
          config = readConfig(given, wanted, {
            HOLDFAST_KUBECONFIG: problemOfKubeconfig,
            HOLDFAST_QUOTAS: problemOfQuotas,
          });
        } catch (error) {
          const { name, message } = error as Error;
          expect([name, message.startsWith('configuration:\n  HOLDFAST_')]).toEqual(['Error', true]);
          return;
        }
        expect(Object.keys(config).sort()).toEqual([...wanted].sort());
        for (const endpoint of ['HOLDFAST_TABLESTORE_ENDPOINT', 'HOLDFAST_MNS_ENDPOINT'] as const)
          if (endpoint in config) expect(config[endpoint]).toMatch(/^https?:\/\/[^\s/]/);
        expect(given).not.toHaveProperty('HOLDFAST_TYPO', expect.anything());
      }),
      runs(1_000),
    );
  });

  it('is taken as a whole where every setting is right', () => {
    expect(Object.keys(readConfig(GOOD, NAMES))).toEqual(NAMES);
    expect(problemOfKubeconfig(KUBECONFIG)).toBeUndefined();
  });

  it('has no quota for an API that is only a property of every object', () => {
    for (const api of ['constructor', 'toString', '__proto__'])
      expect(problemOfQuotas(JSON.parse(`{"${api}":{"bind":1,"release":1}}`))).toContain(`names ${api}`);
  });
});

describe('any text that is said to be a kubeconfig', () => {
  /** One place in it is replaced by anything, or taken out. */
  const damaged = fc
    .tuple(
      fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 4 }),
      fc.option(fc.jsonValue({ maxDepth: 2 }), { nil: undefined }),
    )
    .map(([path, by]) => JSON.stringify(replaced(JSON.parse(KUBECONFIG), path, by)));
  const yaml = fc.constantFrom(
    '&a [*a]',
    'a: &a {b: *a}',
    '- - -',
    '%YAML 9',
    '!!js/function x',
    '{',
    'contexts:\n- name: x',
  );
  const text = fc.oneof({ weight: 4, arbitrary: damaged }, yaml, fc.string(), fc.json());

  it('is of no use where an event could not name its cluster', () => {
    for (const name of ['', 'admin@prod', 'a b', '__proto__', 7, 'c'.repeat(129)])
      expect(problemOfKubeconfig(KUBECONFIG.replaceAll('"c-test"', JSON.stringify(name)))).toBeDefined();
  });

  it('can be used, or has a problem that can be read', () => {
    fc.assert(
      fc.property(text, (kubeconfig) => {
        const problem = problemOfKubeconfig(kubeconfig);
        if (problem !== undefined)
          expect(problem).toMatch(
            /^(?:is a kubeconfig without a context|is no usable kubeconfig: .|has contexts that)/,
          );
        else expect(clusterIdsOf(kubeconfig).filter((id) => !isClusterId(id))).toEqual([]);
      }),
      runs(1_000),
    );
  });
});

function replaced(one: unknown, path: readonly number[], by: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined || typeof one !== 'object' || one === null) return by;
  const entries = Object.entries(one);
  const at = entries.length === 0 ? 0 : first % entries.length;
  const changed = entries.map(([name, inner], index) => [
    name,
    index === at ? replaced(inner, rest, by) : inner,
  ]);
  return Array.isArray(one) ? changed.map(([, inner]) => inner) : Object.fromEntries(changed);
}
