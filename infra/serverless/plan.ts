import { posix } from 'node:path';
import { logStore } from '../resources/logs.ts';
import {
  type Place,
  PRODUCT,
  queueArn,
  queueName,
  roleArn,
  roleName,
  serviceName,
} from '../resources/names.ts';
import type { Configuration, FunctionConfiguration } from './configuration.ts';
import { declaredQueue, type Trigger, triggersOf } from './triggers.ts';

/** A function's settings, as `createFunction` of the API 2016-08-15 takes them. */
export interface FunctionSettings {
  readonly description: string;
  readonly runtime: string;
  readonly handler: string;
  readonly memorySize: number;
  readonly timeout: number;
  readonly instanceConcurrency: number;
  readonly environmentVariables: Readonly<Record<string, string>>;
}

export interface AsyncSettings {
  readonly maxAsyncRetryAttempts: number;
  readonly maxAsyncEventAgeInSeconds?: number;
  readonly destinationConfig: { readonly onFailure: { readonly destination: string } };
}

export interface PlannedFunction {
  readonly name: string;
  /** The source file and the function it exports, `functions/intake` and `handler`. */
  readonly source: { readonly path: string; readonly export: string };
  readonly settings: FunctionSettings;
  readonly triggers: readonly Trigger[];
  readonly asynchronous?: AsyncSettings;
  readonly maximumInstanceCount?: number;
}

export interface Plan {
  readonly service: string;
  readonly serviceSettings: {
    readonly description: string;
    readonly role: string;
    readonly logConfig: Readonly<Record<string, string | boolean>>;
  };
  readonly functions: readonly PlannedFunction[];
}

/** What shall be there for a stage. Pure; throws an Error that names the place in serverless.yml. */
export function planOf(configuration: Configuration, stage: string, place: Place): Plan {
  const { project, logstore } = logStore(stage, place);
  return {
    service: serviceName(stage),
    serviceSettings: {
      description: `${PRODUCT}, stage ${stage}`,
      role: roleArn(place, roleName(stage)),
      logConfig: {
        project,
        logstore,
        enableRequestMetrics: true,
        enableInstanceMetrics: true,
        // Groups the lines of one invocation by the runtime's own prefix.
        logBeginRule: 'DefaultRegex',
      },
    },
    functions: configuration.functions.map((declared) =>
      plannedFunction(withDefaults(declared, configuration), configuration, stage, place),
    ),
  };
}

const withDefaults = (declared: FunctionConfiguration, { provider }: Configuration) => ({
  ...declared,
  memorySize: declared.memorySize ?? provider.memorySize,
  timeout: declared.timeout ?? provider.timeout,
});

function plannedFunction(
  declared: ReturnType<typeof withDefaults>,
  { provider }: Configuration,
  stage: string,
  place: Place,
): PlannedFunction {
  const { name, asynchronous, maximumInstanceCount } = declared;
  const source = sourceOf(declared.handler);
  return {
    name,
    source,
    settings: {
      description: declared.description ?? '',
      runtime: provider.runtime,
      handler: `${entryName(source.path)}.${source.export}`,
      memorySize: declared.memorySize,
      timeout: declared.timeout,
      instanceConcurrency: declared.instanceConcurrency,
      environmentVariables: given(environmentOf(declared, provider)),
    },
    triggers: triggersOf(declared, { ...place, stage }),
    ...(asynchronous && { asynchronous: asyncSettings(name, asynchronous, stage, place) }),
    ...(maximumInstanceCount !== undefined && { maximumInstanceCount }),
  };
}

/** All that a function is given, also what was left empty. */
export const environmentOf = (
  { environment }: Pick<FunctionConfiguration, 'environment'>,
  provider: Configuration['provider'],
): Readonly<Record<string, string>> => ({ ...provider.environment, ...environment });

/** An optional setting that was left empty is not set at all. */
export const given = (environment: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));

function asyncSettings(
  name: string,
  { retries, maximumAge, onFailure }: NonNullable<FunctionConfiguration['asynchronous']>,
  stage: string,
  place: Place,
): AsyncSettings {
  declaredQueue(onFailure, `functions.${name}.asynchronous.onFailure`);
  return {
    maxAsyncRetryAttempts: retries,
    ...(maximumAge !== undefined && { maxAsyncEventAgeInSeconds: maximumAge }),
    destinationConfig: { onFailure: { destination: queueArn(place, queueName(stage, onFailure)) } },
  };
}

function sourceOf(handler: string): PlannedFunction['source'] {
  const dot = handler.lastIndexOf('.');
  return { path: handler.slice(0, dot), export: handler.slice(dot + 1) };
}

/** The bundle lies at the top of the archive under its source's name: `functions/intake` is `intake.cjs`. */
export const entryName = (sourcePath: string): string => posix.basename(sourcePath);
