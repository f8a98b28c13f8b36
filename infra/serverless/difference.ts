import type { Package } from './bundle.ts';
import type { FunctionCompute } from './function-compute.ts';
import type { AsyncSettings, Plan, PlannedFunction } from './plan.ts';
import { sizeOf } from './size.ts';
import type { Trigger } from './triggers.ts';

type Json = Readonly<Record<string, unknown>>;

/** What is there now of a stage. */
export interface Deployed {
  readonly service: Json | undefined;
  readonly functions: readonly DeployedFunction[];
}

export interface DeployedFunction {
  readonly name: string;
  /** As `listFunctions` gives it: settings and `codeChecksum`. */
  readonly settings: Json;
  readonly triggers: readonly Json[];
  readonly asynchronous: Json | undefined;
  readonly maximumInstanceCount: number | undefined;
}

export type Outcome = 'created' | 'updated' | 'unchanged' | 'deleted';

/** One thing that is deployed, what becomes of it, and how. */
export interface Change {
  readonly kind: 'service' | 'function' | 'trigger';
  readonly name: string;
  readonly outcome: Outcome;
  /** What is new about it, for the person who reads along. */
  readonly detail: string;
  /** In this order; empty where nothing is to be done. */
  readonly calls: readonly ((api: FunctionCompute) => Promise<void>)[];
}

/**
 * What has to be done so that the plan is what is there; an unchanged stage has no calls. What takes events away comes
 * before a function changes, what brings them after it, so that no function gets an event that it does not know yet.
 */
export function differenceOf(
  plan: Plan,
  packages: ReadonlyMap<string, Package>,
  deployed: Deployed,
): readonly Change[] {
  const before = new Map(deployed.functions.map((found) => [found.name, found]));
  const planned = new Set(plan.functions.map(({ name }) => name));
  return [
    serviceChange(plan, deployed.service),
    ...plan.functions.flatMap((wanted) => {
      const code = packages.get(wanted.name);
      if (!code) throw new Error(`function "${wanted.name}" has not been packaged`);
      return functionChanges(plan.service, wanted, code, before.get(wanted.name));
    }),
    ...deployed.functions
      .filter(({ name }) => !planned.has(name))
      .flatMap((found) => removalOf(plan.service, found)),
  ];
}

/** What has to be done so that nothing of a service is left. */
export function removalOfService(service: string, deployed: Deployed): readonly Change[] {
  if (!deployed.service) return [];
  return [
    ...deployed.functions.flatMap((found) => removalOf(service, found)),
    {
      kind: 'service',
      name: service,
      outcome: 'deleted',
      detail: '',
      calls: [(api) => api.deleteService(service)],
    },
  ];
}

function serviceChange({ service, serviceSettings }: Plan, found: Json | undefined): Change {
  const named = { kind: 'service', name: service } as const;
  if (!found) {
    return {
      ...named,
      outcome: 'created',
      detail: '',
      calls: [(api) => api.createService(service, serviceSettings)],
    };
  }
  const changed = changedKeys(serviceSettings, found);
  if (changed.length === 0) return { ...named, outcome: 'unchanged', detail: '', calls: [] };
  return {
    ...named,
    outcome: 'updated',
    detail: changed.join(', '),
    calls: [(api) => api.updateService(service, serviceSettings)],
  };
}

function functionChanges(
  service: string,
  wanted: PlannedFunction,
  code: Package,
  found: DeployedFunction | undefined,
): readonly Change[] {
  const triggers = triggerChanges(service, wanted, found?.triggers ?? []);
  return [
    ...triggers.filter(({ outcome }) => outcome === 'deleted'),
    found ? functionUpdate(service, wanted, code, found) : functionCreation(service, wanted, code),
    ...triggers.filter(({ outcome }) => outcome !== 'deleted'),
  ];
}

function functionCreation(service: string, wanted: PlannedFunction, code: Package): Change {
  const { name, settings, asynchronous, maximumInstanceCount } = wanted;
  return {
    kind: 'function',
    name,
    outcome: 'created',
    detail: sizeOf(code.zip.length),
    calls: [
      (api) => api.createFunction(service, name, settings, code.zip),
      ...asyncCalls(service, name, asynchronous, undefined),
      ...limitCalls(service, name, maximumInstanceCount, undefined),
    ],
  };
}

function functionUpdate(
  service: string,
  { name, settings, asynchronous, maximumInstanceCount }: PlannedFunction,
  code: Package,
  found: DeployedFunction,
): Change {
  const newCode = found.settings.codeChecksum !== code.checksum;
  const changed = changedKeys(settings, found.settings);
  const asynchronously = asyncCalls(service, name, asynchronous, found.asynchronous);
  const limiting = limitCalls(service, name, maximumInstanceCount, found.maximumInstanceCount);
  const details = [
    ...(newCode ? [`code ${sizeOf(code.zip.length)}`] : []),
    ...changed,
    ...(asynchronously.length > 0 ? ['asynchronous'] : []),
    ...(limiting.length > 0 ? ['maximumInstanceCount'] : []),
  ];
  const calls: Change['calls'] =
    newCode || changed.length > 0
      ? [(api) => api.updateFunction(service, name, settings, newCode ? code.zip : undefined)]
      : [];
  return {
    kind: 'function',
    name,
    outcome: details.length > 0 ? 'updated' : 'unchanged',
    detail: details.join(', '),
    calls: [...calls, ...asynchronously, ...limiting],
  };
}

function asyncCalls(
  service: string,
  name: string,
  wanted: AsyncSettings | undefined,
  found: Json | undefined,
): Change['calls'] {
  if (!wanted) return found ? [(api) => api.deleteAsyncConfig(service, name)] : [];
  if (found && changedKeys(wanted, found).length === 0) return [];
  return [(api) => api.putAsyncConfig(service, name, wanted)];
}

function limitCalls(
  service: string,
  name: string,
  wanted: number | undefined,
  found: number | undefined,
): Change['calls'] {
  if (wanted === found) return [];
  return wanted === undefined
    ? [(api) => api.deleteMaximumInstances(service, name)]
    : [(api) => api.putMaximumInstances(service, name, wanted)];
}

function triggerChanges(
  service: string,
  { name, triggers }: PlannedFunction,
  found: readonly Json[],
): readonly Change[] {
  const wanted = new Set(triggers.map(({ triggerName }) => triggerName));
  return [
    ...found
      .filter(({ triggerName }) => !wanted.has(triggerName as string))
      .map(({ triggerName }) => triggerDeletion(service, name, triggerName as string)),
    ...triggers.map((trigger) =>
      triggerChange(
        service,
        name,
        trigger,
        found.find(({ triggerName }) => triggerName === trigger.triggerName),
      ),
    ),
  ];
}

function triggerChange(service: string, name: string, trigger: Trigger, found: Json | undefined): Change {
  const named = { kind: 'trigger', name: `${name}/${trigger.triggerName}` } as const;
  const create: Change['calls'][number] = (api) => api.createTrigger(service, name, trigger);
  if (!found) return { ...named, outcome: 'created', detail: trigger.triggerType, calls: [create] };
  if (!isSameSource(trigger, found)) {
    return {
      ...named,
      outcome: 'updated',
      detail: 'made again, its source is another',
      calls: [(api) => api.deleteTrigger(service, name, trigger.triggerName), create],
    };
  }
  const changed = changedKeys(trigger.triggerConfig, found.triggerConfig as Json);
  if (changed.length === 0) return { ...named, outcome: 'unchanged', detail: '', calls: [] };
  return {
    ...named,
    outcome: 'updated',
    detail: changed.join(', '),
    calls: [(api) => api.updateTrigger(service, name, trigger)],
  };
}

/**
 * A trigger's type and the source of its events cannot be changed; an update that tries is ignored.
 * Source: Serverless Devs fc3, triggers, eventSourceConfig.
 */
const isSameSource = (trigger: Trigger, found: Json): boolean =>
  trigger.triggerType === found.triggerType &&
  isContained(
    trigger.triggerConfig.eventSourceConfig ?? {},
    (found.triggerConfig as Json | undefined)?.eventSourceConfig ?? {},
  );

function removalOf(
  service: string,
  { name, triggers, asynchronous, maximumInstanceCount }: DeployedFunction,
) {
  const gone: Change = {
    kind: 'function',
    name,
    outcome: 'deleted',
    detail: '',
    calls: [
      ...asyncCalls(service, name, undefined, asynchronous),
      ...limitCalls(service, name, undefined, maximumInstanceCount),
      (api) => api.deleteFunction(service, name),
    ],
  };
  // A function that still has triggers is not deleted.
  return [...triggers.map(({ triggerName }) => triggerDeletion(service, name, triggerName as string)), gone];
}

const triggerDeletion = (service: string, name: string, trigger: string): Change => ({
  kind: 'trigger',
  name: `${name}/${trigger}`,
  outcome: 'deleted',
  detail: '',
  calls: [(api) => api.deleteTrigger(service, name, trigger)],
});

/** The environment has to be equal; of everything else the cloud may know more than was asked for. */
function changedKeys(wanted: object, found: Json): readonly string[] {
  return Object.entries(wanted)
    .filter(([key, value]) =>
      key === 'environmentVariables'
        ? !isContained(value, found[key] ?? {}) || !isContained(found[key] ?? {}, value)
        : !isContained(value, found[key]),
    )
    .map(([key]) => key);
}

/** Whether everything in `wanted` is in `found`; lists have to be equal. */
function isContained(wanted: unknown, found: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return wanted === found;
  if (typeof found !== 'object' || found === null) return false;
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(found) &&
      wanted.length === found.length &&
      wanted.every((item, index) => isContained(item, found[index]))
    );
  }
  return Object.entries(wanted).every(([key, value]) => isContained(value, (found as Json)[key]));
}
