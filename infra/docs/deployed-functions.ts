import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type FunctionEvent, readConfiguration } from '../serverless/configuration.ts';

type Environment = Readonly<Record<string, string>>;

interface Declared {
  readonly environment?: Environment | string;
}

interface ServerlessFile {
  readonly provider: Readonly<Record<string, unknown>> & { readonly environment: Environment };
  readonly custom: Readonly<Record<string, Environment>>;
  readonly functions: Readonly<Record<string, Declared & Readonly<Record<string, unknown>>>>;
}

/** A function as serverless.yml declares it, with all that it finds in its environment, unresolved. */
export interface DeployedFunction {
  readonly name: string;
  readonly description: string;
  readonly triggers: readonly string[];
  /** MB */
  readonly memory: number;
  /** Seconds. */
  readonly timeout: number;
  readonly environment: Environment;
}

export async function readDeployedFunctions(root: string): Promise<readonly DeployedFunction[]> {
  const file = parse(await readFile(join(root, 'serverless.yml'), 'utf8')) as ServerlessFile;
  const environments = new Map(
    Object.entries(file.functions).map(([name, { environment = {} }]) => [
      name,
      { ...file.provider.environment, ...resolve(environment, file.custom) },
    ]),
  );
  const functions = Object.fromEntries(
    Object.entries(file.functions).map(([name, declared]) => [
      name,
      { ...declared, environment: environments.get(name) ?? {} },
    ]),
  );
  const provider = Object.fromEntries(
    Object.entries(file.provider).filter(([key]) => !['stage', 'region'].includes(key)),
  );
  const { functions: read, provider: settings } = readConfiguration({ provider, functions });
  return read.map(({ name, description = '', events, memorySize, timeout, environment }) => ({
    name,
    description,
    triggers: events.map(triggerText),
    memory: memorySize ?? settings.memorySize,
    timeout: timeout ?? settings.timeout,
    environment,
  }));
}

function triggerText(event: FunctionEvent): string {
  switch (event.type) {
    case 'http':
      return `HTTP ${event.methods.join(', ')}`;
    case 'timer':
      return `timer, ${event.rate}`;
    case 'queue':
      return `queue ${event.queue}, ${event.batchSize} messages at most`;
  }
}

/** `${self:custom.name}`, which is all that is used of osls' variables here. */
function resolve(environment: Environment | string, custom: ServerlessFile['custom']): Environment {
  if (typeof environment !== 'string') return environment;
  const [, name = ''] = /^\$\{self:custom\.(\w+)\}$/.exec(environment) ?? [];
  const found = custom[name];
  if (!found) throw new Error(`serverless.yml: the environment ${environment} cannot be resolved here`);
  return found;
}
