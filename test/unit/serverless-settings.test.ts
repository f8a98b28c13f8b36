import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfiguration } from '../../infra/serverless/configuration.ts';
import { checkEnvironments } from '../../infra/serverless/environment.ts';
import { encodeKubeconfig, mergeKubeconfigs } from '../../infra/serverless/kubeconfig.ts';
import { SETTINGS } from '../../shared/runtime/config.ts';

interface ServerlessFile {
  readonly provider: { readonly environment: Record<string, string> };
  readonly custom: { readonly reconciling: Record<string, string> };
  readonly functions: Record<string, { handler: string; environment: Record<string, string> | string }>;
}

const file = parse(readFileSync('serverless.yml', 'utf8')) as ServerlessFile;

/** Settings of a function with the text that serverless.yml gives them. */
function settingsOf(name: string): Record<string, string> {
  const own = file.functions[name]?.environment ?? {};
  // The one reference in the file: ${self:custom.reconciling}.
  return { ...file.provider.environment, ...(typeof own === 'string' ? file.custom.reconciling : own) };
}

/** Settings that the function's sources ask for by name, its own file and what its instance shares with others. */
function settingsReadBy(name: string): readonly string[] {
  const own = readFileSync(`functions/${name}.ts`, 'utf8');
  const shared = own.includes('./instance.ts') ? readFileSync('functions/instance.ts', 'utf8') : '';
  const source = own + shared;
  return [...new Set([...source.matchAll(/'(HOLDFAST_[A-Z_]+)'/g)].map(([, setting]) => setting ?? ''))];
}

describe('the settings in serverless.yml', () => {
  it.each(Object.keys(file.functions))('give %s what it reads, and nothing else', (name) => {
    expect(Object.keys(settingsOf(name)).sort()).toEqual([...settingsReadBy(name)].sort());
  });

  it('are all known to the functions, which refuse to start with one that is not', () => {
    for (const name of Object.keys(file.functions)) {
      for (const setting of Object.keys(settingsOf(name))) expect(SETTINGS).toHaveProperty(setting);
    }
  });

  it('give the token to the intake alone, and the intake nothing that leads to the store or the network', () => {
    const holders = Object.keys(file.functions).filter((name) => 'HOLDFAST_INTAKE_TOKEN' in settingsOf(name));
    expect(holders).toEqual(['intake']);
    expect(
      Object.keys(settingsOf('intake')).filter((name) => /TABLESTORE|VPC|ECS|KUBECONFIG/.test(name)),
    ).toEqual([]);
  });
});

const KUBECONFIG = encodeKubeconfig(
  mergeKubeconfigs([
    {
      id: 'blue',
      kubeconfig:
        'contexts: [{name: it, context: {cluster: it}}]\nclusters: [{name: it, cluster: {server: "http://127.0.0.1:9"}}]',
    },
  ]),
);

/** Checks an intake and a sweep with what serverless.yml gives them in an account, changed. */
const check = (changes: Readonly<Record<string, string>>, changed: 'intake' | 'retain' = 'retain') => {
  const environments = {
    intake: { HOLDFAST_CLUSTERS: 'blue', HOLDFAST_INTAKE_TOKEN: 'a-token-of-16-chars' },
    retain: { HOLDFAST_KUBECONFIG: KUBECONFIG, HOLDFAST_VPC_ID: '', HOLDFAST_QUOTAS: '', HOLDFAST_CLOCK: '' },
  };
  const declared = Object.entries(environments).map(([name, environment]) => [
    name,
    {
      handler: `functions/${name}.handler`,
      events: [],
      environment: name === changed ? { ...environment, ...changes } : environment,
    },
  ]);
  checkEnvironments(
    readConfiguration({
      provider: {
        environment: { HOLDFAST_QUEUE: 'hints', HOLDFAST_LOG_LEVEL: changes.HOLDFAST_LOG_LEVEL ?? 'info' },
      },
      functions: Object.fromEntries(declared) as Record<string, Record<string, unknown>>,
    }),
  );
};

describe('a deployment', () => {
  it('takes settings with which the functions can start', () => {
    expect(() =>
      check({
        HOLDFAST_VPC_ID: 'vpc-1',
        HOLDFAST_QUOTAS: '{"AssociateEipAddress":{"bind":240,"release":0}}',
        HOLDFAST_CLOCK: 'own',
        SOMETHING: 'of somebody else',
      }),
    ).not.toThrow();
  });

  it.each([
    ['HOLDFAST_RELEASES_PER_MINUTE', '-3', 'is not a whole number from 1 to 99999'],
    ['HOLDFAST_CLOCK', 'wall', 'is not own'],
    ['HOLDFAST_VPC_ID', ' ', 'is not the id of a VPC'],
    ['HOLDFAST_QUOTAS', '{"AssociateEip":{"bind":1,"release":1}}', 'names AssociateEip; known are Allocate'],
    ['HOLDFAST_KUBECONFIG', 'e30=', 'is no kubeconfig in base64'],
    ['HOLDFAST_KUBECONFIG', '', 'is missing'],
    ['HOLDFAST_VPC', 'vpc-1', 'is not a setting'],
  ])('refuses %s=%s, as the function would when it starts', (setting, value, problem) => {
    expect(() => check({ [setting]: value })).toThrow(`\n  retain: ${setting} ${problem}`);
  });

  it('lists every problem, and the functions that have it', () => {
    const refused = () => check({ HOLDFAST_LOG_LEVEL: 'loud', HOLDFAST_CLUSTERS: 'a/b' }, 'intake');
    expect(refused).toThrow('\n  intake, retain: HOLDFAST_LOG_LEVEL is none of debug, info and warn');
    expect(refused).toThrow('\n  intake: HOLDFAST_CLUSTERS is not a list of cluster ids');
  });

  it('refuses more settings than Function Compute has room for, and names the largest and what to do', () => {
    const room = (bytes: number) => check({ SOMETHING: 'x'.repeat(bytes) });
    const used = (sizeOf: () => void): number => {
      try {
        sizeOf();
      } catch (error) {
        return Number(/take (\d+) bytes/.exec((error as Error).message)?.[1]);
      }
      return 0;
    };
    const others = used(() => room(5_000)) - 5_000;
    expect(() => room(4_096 - others)).not.toThrow();
    expect(() => room(4_097 - others)).toThrow(
      /retain: all settings together take 4097 bytes, and Function Compute has room for 4096; the largest is SOMETHING/,
    );

    const config = JSON.parse(gunzipSync(Buffer.from(KUBECONFIG, 'base64')).toString());
    const large = Buffer.from(JSON.stringify({ ...config, more: 'x'.repeat(3_000) })).toString('base64');
    expect(() => check({ HOLDFAST_KUBECONFIG: large })).toThrow(
      /^functions could not .*\n {2}retain: all settings .* the largest is HOLDFAST_KUBECONFIG with \d+: gzip it .*docs\/deployment\.md/,
    );
  });
});
