import { serviceName } from '../resources/names.ts';
import type { Package } from './bundle.ts';
import { readDeployed, triggerUrls } from './deployed.ts';
import { type Change, differenceOf, type Outcome, removalOfService } from './difference.ts';
import { createFunctionCompute, type FunctionCompute } from './function-compute.ts';
import type { Plan } from './plan.ts';
import { createQueues, dropQueues, ensureQueues } from './queues.ts';
import { createTables, dropTables, ensureTables } from './tables.ts';
import type { Target } from './target.ts';

/** What a person who reads along is told of one thing. */
export interface Told {
  readonly kind: Change['kind'] | 'table' | 'queue';
  readonly name: string;
  readonly outcome: Outcome;
  readonly detail: string;
}

export interface Listener {
  /** Something has been done, or found to need nothing. */
  tell(told: Told): void;
}

/**
 * Makes a stage what the plan and the declared resources say: tables and queues first, then the service, the functions
 * and what triggers them. A stage that is so already gets no writing call. Throws an Error that says what was being
 * done; what was done before it stays, and the next deployment goes on from there.
 */
export async function deployStage(
  target: Target,
  plan: Plan,
  packages: ReadonlyMap<string, Package>,
  { tell }: Listener,
): Promise<void> {
  await ensureTables(createTables(target), (name, outcome, detail) =>
    tell({ kind: 'table', name, outcome, detail }),
  );
  await ensureQueues(createQueues(target), target.stage, (name, outcome, detail) =>
    tell({ kind: 'queue', name, outcome, detail }),
  );
  const api = createFunctionCompute(target);
  const deployed = await readDeployed(api, plan.service);
  await apply(api, differenceOf(plan, packages, deployed), tell);
}

/**
 * Takes functions, triggers and service of a stage away. Tables and queues stay, as the addresses that are held are
 * written in them and nowhere else; `withState` drops those too.
 */
export async function removeStage(
  target: Target,
  { withState }: { readonly withState: boolean },
  { tell }: Listener,
): Promise<void> {
  const api = createFunctionCompute(target);
  const service = serviceName(target.stage);
  await apply(api, removalOfService(service, await readDeployed(api, service)), tell);
  if (!withState) return;
  await dropQueues(createQueues(target), target.stage, (name) =>
    tell({ kind: 'queue', name, outcome: 'deleted', detail: '' }),
  );
  await dropTables(createTables(target), (name) =>
    tell({ kind: 'table', name, outcome: 'deleted', detail: '' }),
  );
}

async function apply(
  api: FunctionCompute,
  changes: readonly Change[],
  tell: Listener['tell'],
): Promise<void> {
  for (const { calls, ...told } of changes) {
    for (const call of calls) await call(api);
    tell(told);
  }
}

export interface StageDescription {
  readonly service: string;
  readonly functions: readonly { readonly name: string; readonly summary: string }[];
  readonly triggers: readonly { readonly name: string; readonly summary: string }[];
  readonly urls: readonly { readonly name: string; readonly url: string }[];
}

/** What is there of a stage; undefined when nothing is. Throws CloudError. */
export async function describeStage(target: Target): Promise<StageDescription | undefined> {
  const service = serviceName(target.stage);
  const deployed = await readDeployed(createFunctionCompute(target), service);
  if (!deployed.service) return undefined;
  return {
    service,
    functions: deployed.functions.map(({ name, settings, maximumInstanceCount }) => ({
      name,
      summary:
        `${settings.runtime}, ${settings.memorySize} MB, ${settings.timeout} s` +
        (maximumInstanceCount === undefined ? '' : `, at most ${maximumInstanceCount} at a time`),
    })),
    triggers: deployed.functions.flatMap(({ name, triggers }) =>
      triggers.map((trigger) => ({
        name: `${name}/${trigger.triggerName}`,
        summary: summaryOf(trigger),
      })),
    ),
    urls: triggerUrls(deployed, target.endpoints.fc, service),
  };
}

function summaryOf({ triggerType, triggerConfig }: Readonly<Record<string, unknown>>): string {
  const config = (triggerConfig ?? {}) as Record<string, unknown>;
  switch (triggerType) {
    case 'http':
      return `http ${(config.methods as string[]).join(', ')}, ${config.authType}`;
    case 'timer':
      return `timer ${config.cronExpression}${config.enable === false ? ', disabled' : ''}`;
    case 'eventbridge':
      return `queue ${sourceQueueOf(config)}${config.triggerEnable === false ? ', disabled' : ''}`;
    default:
      return String(triggerType);
  }
}

const sourceQueueOf = (config: Record<string, unknown>): string => {
  const source = config.eventSourceConfig as
    | { eventSourceParameters?: { sourceMNSParameters?: { QueueName?: string } } }
    | undefined;
  return source?.eventSourceParameters?.sourceMNSParameters?.QueueName ?? '';
};
