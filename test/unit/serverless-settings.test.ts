import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
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
