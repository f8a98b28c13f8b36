import { describe, expect, it } from 'vitest';
import { readConfig, SETTINGS, type Setting } from '../../shared/runtime/config.ts';

const ALL = Object.keys(SETTINGS) as Setting[];
const GOOD: Record<string, string> = {
  HOLDFAST_TABLESTORE_ENDPOINT: 'https://holdfast.cn-hangzhou.ots.aliyuncs.com',
  HOLDFAST_TABLESTORE_INSTANCE: 'holdfast',
  HOLDFAST_MNS_ENDPOINT: 'http://127.0.0.1:9999',
  HOLDFAST_QUEUE: 'holdfast-hints',
  HOLDFAST_VPC_ENDPOINT: 'vpc.aliyuncs.com',
  HOLDFAST_ECS_ENDPOINT: 'https://ecs.cn-hangzhou.aliyuncs.com',
  HOLDFAST_KUBECONFIG: Buffer.from('apiVersion: v1').toString('base64'),
  HOLDFAST_CLUSTERS: 'c-1,c-2',
  HOLDFAST_INTAKE_TOKEN: 'sixteen letters!',
};
const problemsOf = (environment: Record<string, string | undefined>, settings: readonly Setting[] = ALL) => {
  try {
    readConfig(environment, settings);
  } catch (error) {
    return (error as Error).message.split('\n  ').slice(1);
  }
  return [];
};

describe('the configuration', () => {
  it('is read into the types that the functions use', () => {
    const quotas = { AssociateEipAddress: { bind: 240, release: 0 } };
    expect(
      readConfig(
        {
          ...GOOD,
          HOLDFAST_VPC_ID: 'vpc-bp1',
          HOLDFAST_QUOTAS: JSON.stringify(quotas),
          HOLDFAST_RELEASES_PER_MINUTE: '5',
          PATH: '/bin',
        },
        ALL,
      ),
    ).toEqual({
      ...GOOD,
      HOLDFAST_VPC_ID: 'vpc-bp1',
      HOLDFAST_KUBECONFIG: 'apiVersion: v1',
      HOLDFAST_CLUSTERS: ['c-1', 'c-2'],
      HOLDFAST_QUOTAS: quotas,
      HOLDFAST_RELEASES_PER_MINUTE: 5,
      HOLDFAST_LOG_LEVEL: 'info',
    });
  });

  it('holds what was asked for and nothing else', () => {
    expect(readConfig(GOOD, ['HOLDFAST_QUEUE'])).toEqual({ HOLDFAST_QUEUE: 'holdfast-hints' });
  });

  it('asks only for what the function needs', () => {
    expect(problemsOf({ HOLDFAST_QUEUE: 'hints' }, ['HOLDFAST_QUEUE'])).toEqual([]);
  });

  it('lists everything that is wrong at once', () => {
    const problems = problemsOf({
      ...GOOD,
      HOLDFAST_QUEUE: '',
      HOLDFAST_MNS_ENDPOINT: 'mns.example',
      HOLDFAST_LOG_LEVEL: 'verbose',
      HOLDFAST_INTAKE_TOKEN: 'short',
      HOLDFAST_QUEU: 'typo',
      HOLDFAST_QUOTAS: '{',
    });
    expect(problems).toHaveLength(6);
    for (const [name, what] of [
      ['HOLDFAST_QUEUE ', 'is missing: Name of the queue'],
      ['HOLDFAST_MNS_ENDPOINT', 'is not a URL such as https://name.region.example'],
      ['HOLDFAST_LOG_LEVEL', 'is none of debug, info and warn'],
      ['HOLDFAST_INTAKE_TOKEN', 'is shorter than 16 characters'],
      ['HOLDFAST_QUEU ', 'is not a setting; known are HOLDFAST_TABLESTORE_ENDPOINT'],
      ['HOLDFAST_QUOTAS', 'is not JSON'],
    ] as const) {
      expect(problems.filter((problem) => problem.startsWith(name) && problem.includes(what))).toHaveLength(
        1,
      );
    }
  });

  it.each([
    ['HOLDFAST_TABLESTORE_ENDPOINT', 'ftp://x'],
    ['HOLDFAST_TABLESTORE_INSTANCE', 'two words'],
    ['HOLDFAST_QUEUE', 'a/b'],
    ['HOLDFAST_VPC_ENDPOINT', 'https://vpc.aliyuncs.com/path'],
    ['HOLDFAST_VPC_ID', 'vsw-1'],
    ['HOLDFAST_KUBECONFIG', 'apiVersion: v1'],
    ['HOLDFAST_CLUSTERS', 'c-1,,c-2'],
    ['HOLDFAST_CLUSTERS', 'c-1, c-2'],
    ['HOLDFAST_QUOTAS', '{"AssociateEipAddress":{"bind":-1,"release":0}}'],
    ['HOLDFAST_QUOTAS', '{"AssociateEipAddress":240}'],
    ['HOLDFAST_RELEASES_PER_MINUTE', '0'],
    ['HOLDFAST_RELEASES_PER_MINUTE', '1e3'],
  ] as const)('refuses %s = %j, and names it', (setting, value) => {
    const [problem, ...others] = problemsOf({ ...GOOD, [setting]: value });
    expect(problem).toContain(setting);
    expect(others).toEqual([]);
  });

  it('says where in a nested setting the fault lies', () => {
    const [problem] = problemsOf({ ...GOOD, HOLDFAST_QUOTAS: '{"Assign":{"bind":1,"release":"x"}}' });
    expect(problem).toMatch(/^HOLDFAST_QUOTAS\.Assign\.release /);
  });

  it('never quotes a secret', () => {
    const problems = problemsOf({
      ...GOOD,
      HOLDFAST_INTAKE_TOKEN: 'hunter2',
      HOLDFAST_KUBECONFIG: '!hunter2',
    });
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toContain('hunter2');
  });
});
