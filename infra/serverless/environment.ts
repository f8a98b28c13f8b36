import { problemOfQuotas } from '../../shared/adapters/tablestore/quota.ts';
import { readSettings, SETTINGS, type Setting } from '../../shared/runtime/config.ts';
import type { Configuration } from './configuration.ts';
import { problemOfKubeconfig } from './kubeconfig.ts';
import { environmentOf, given } from './plan.ts';

/** Bytes of all names and values of a function's variables. Source: Function Compute, "Environment variables". */
const LARGEST_ENVIRONMENT = 4096;

/**
 * Throws an Error that lists, by function and setting, everything that would keep a function from starting: what the
 * function itself would refuse, and more variables than Function Compute takes.
 */
export function checkEnvironments({ provider, functions }: Configuration): void {
  /** Names of functions by what is wrong with them; most settings are given to several. */
  const refused = new Map<string, string[]>();
  for (const declared of functions) {
    for (const problem of problemsOf(environmentOf(declared, provider))) {
      refused.set(problem, [...(refused.get(problem) ?? []), declared.name]);
    }
  }
  if (refused.size === 0) return;
  const lines = [...refused].map(([problem, names]) => `${names.join(', ')}: ${problem}`);
  throw new Error(`functions could not start with their settings:\n  ${lines.join('\n  ')}`);
}

function problemsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  // serverless.yml gives each function the settings that it reads, and no others; a test holds it to that.
  const settings = Object.keys(environment).filter((name): name is Setting => Object.hasOwn(SETTINGS, name));
  const { problems } = readSettings(environment, settings, {
    HOLDFAST_KUBECONFIG: problemOfKubeconfig,
    HOLDFAST_QUOTAS: problemOfQuotas,
  });
  const tooLarge = problemOfSize(given(environment));
  return tooLarge === undefined ? problems : [...problems, tooLarge];
}

function problemOfSize(environment: Readonly<Record<string, string>>): string | undefined {
  const sizes = Object.entries(environment)
    .map(([name, value]) => ({ name, bytes: Buffer.byteLength(name + value) }))
    .sort((a, b) => b.bytes - a.bytes);
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const [largest] = sizes;
  if (!largest || total <= LARGEST_ENVIRONMENT) return undefined;
  return (
    `all settings together take ${total} bytes, and Function Compute has room for ${LARGEST_ENVIRONMENT}; ` +
    `the largest is ${largest.name} with ${largest.bytes}: ${ADVICE[largest.name] ?? 'make it shorter'}`
  );
}

const ADVICE: Readonly<Record<string, string>> = {
  HOLDFAST_KUBECONFIG:
    'gzip it before base64, give it a token in place of a client certificate, or have fewer clusters in it (docs/deployment.md, "The cluster")',
};
