import type { CloudContext } from '../kernel/context.ts';
import type { Random } from '../kernel/random.ts';
import { type Activity, waitAside } from './activity.ts';
import { type CloudFunction, functionKey } from './catalog.ts';
import type { Announcer, Invocation, LogLine, Source } from './events.ts';
import { type InjectedFault, injectedFailure } from './injected-failure.ts';
import { type Ending, type Instance, readTime, startInstance } from './instance.ts';
import { instanceEnvironment, invocationContext } from './invocation-context.ts';
import type { LogTails } from './log-tail.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { Deployment, Lease, Pool } from './pool.ts';
import type { ErrorBody, HttpRequestParts, InvocationContext, Order } from './protocol.ts';
import { functionNotFound, Refusal } from './refusal.ts';

export interface Call {
  readonly requestId: string;
  readonly source: Source;
  readonly event: Uint8Array;
  readonly http?: HttpRequestParts;
  readonly tracing?: Partial<InvocationContext['tracing']>;
  /** How often it was tried before. */
  readonly retryCount?: number;
}

/** Runs functions. */
export interface Invoker {
  /**
   * One execution. `scarce` says what happens when no instance is free and none may be started: `refuse` throws
   * ResourceExhausted, `wait` takes its turn. An injected fault is thrown as an `InjectedFailure`. The caller counts
   * it as an activity.
   */
  invoke(fn: CloudFunction, call: Call, scarce: 'refuse' | 'wait'): Promise<Outcome>;
}

export interface InvokerParts {
  readonly context: CloudContext;
  readonly pool: Pool;
  readonly activity: Activity;
  readonly logs: Announcer<LogLine>;
  readonly tails: LogTails;
  readonly invocations: Announcer<Invocation>;
  /** Path of the bundled runner. */
  readonly runner: string;
}

const DEFAULT_INSTANCE_LIMIT = 100;

/** Loading code has no limit of its own in the cloud; here a module that never loads must not hang its callers. */
const LOADING_LIMIT_MS = 60_000;

export function createInvoker(parts: InvokerParts): Invoker {
  const { context, pool, activity, logs, tails, invocations, runner } = parts;
  const { clock, account, meter, faults } = context;
  const random = context.random.fork('functioncompute-instances');
  /** Those whose code is loaded and whose initializer went through. */
  const ready = new WeakMap<Instance, Promise<Ending>>();

  const log = (
    fn: CloudFunction,
    instance: string,
    requestId: string,
    stream: LogLine['stream'],
    line: string,
  ) => {
    tails.add(requestId, line);
    logs.announce({ functionName: fn.name, requestId, instance, stream, line });
  };

  const start = (fn: CloudFunction): Instance => {
    const id = instanceId(random);
    return startInstance({
      id,
      runner,
      clock,
      codeFolder: fn.code.folder,
      environment: instanceEnvironment(account, fn, id),
      memory: fn.record.memorySize,
      onLine: (requestId, stream, line) => log(fn, id, requestId, stream, line),
    });
  };

  const deploymentOf = (fn: CloudFunction): Deployment => ({
    key: functionKey(fn),
    revision: `${fn.record.revision} ${fn.service.record.revision}`,
    limit: fn.onDemandConfiguration?.maximumInstanceCount ?? DEFAULT_INSTANCE_LIMIT,
    concurrency: fn.record.instanceConcurrency,
    start: () => start(fn),
  });

  const lease = async (fn: CloudFunction, scarce: 'refuse' | 'wait'): Promise<Lease> => {
    const stillThere = () => fn.service.functions.get(fn.name) === fn;
    const taken =
      pool.take(deploymentOf(fn)) ??
      (scarce === 'wait' ? await pool.wait(() => (stillThere() ? deploymentOf(fn) : undefined)) : undefined);
    if (taken) return taken;
    if (!stillThere()) throw functionNotFound(fn.service.name, fn.name);
    throw new Refusal('ResourceExhausted', `function '${fn.name}' has as many instances as it may have`);
  };

  /** Loads the code, once for an instance, and runs the initializer until it has succeeded once. */
  const prepare = async (
    instance: Instance,
    fn: CloudFunction,
    ofCall: InvocationContext,
  ): Promise<Ending> => {
    const { handler, initializer, initializationTimeout } = fn.record;
    const id = ofCall.requestId;
    const codeFolder = fn.code.folder;
    const load: Order = { kind: 'load', id, time: readTime(clock), codeFolder, handler, initializer };
    const loaded = await instance.carryOut(load, LOADING_LIMIT_MS);
    if (loaded.kind !== 'done') instance.kill();
    if (loaded.kind !== 'done' || initializer === '') return loaded;
    log(fn, instance.id, id, 'stdout', `FC Initialize Start RequestId: ${id}`);
    const order: Order = { kind: 'initialize', id, time: readTime(clock), context: ofCall };
    const initialized = await instance.carryOut(order, initializationTimeout * 1000);
    log(fn, instance.id, id, 'stdout', `FC Initialize End RequestId: ${id}`);
    return initialized;
  };

  const prepared = (instance: Instance, fn: CloudFunction, ofCall: InvocationContext): Promise<Ending> => {
    const under = ready.get(instance);
    if (under) return under;
    const preparing = prepare(instance, fn, ofCall);
    ready.set(instance, preparing);
    preparing.then((ending) => {
      if (ending.kind !== 'done') ready.delete(instance);
    });
    return preparing;
  };

  const run = async (fn: CloudFunction, call: Call, { instance, cold }: Lease): Promise<Outcome> => {
    const { requestId, event, http, source, retryCount = 0, tracing } = call;
    const logged = logs.heard() || tails.wanted(requestId);
    const invocation = invocationContext(account, fn, requestId, retryCount, tracing);
    if (logged) log(fn, instance.id, requestId, 'stdout', `FC Invoke Start RequestId: ${requestId}`);
    const startedAt = clock.now();
    const preparation = await prepared(instance, fn, invocation);
    const started = performance.now();
    const order: Order = {
      kind: 'invoke',
      id: requestId,
      time: readTime(clock),
      context: invocation,
      event,
      ...(http ? { http } : {}),
    };
    const fit = preparation.kind === 'done';
    const ending = fit ? await instance.carryOut(order, fn.record.timeout * 1000) : preparation;
    const durationMs = performance.now() - started;
    const outcome = outcomeOf(ending, instance, durationMs, fit ? 'Function' : 'Initialization', fn.record);
    if (logged) {
      if (outcome.error) {
        const line = `${new Date(clock.now()).toISOString()} ${requestId} [error] ${Buffer.from(outcome.body)}`;
        log(fn, instance.id, requestId, 'stderr', line);
      }
      log(fn, instance.id, requestId, 'stdout', `FC Invoke End RequestId: ${requestId}`);
    }
    invocations.announce({
      serviceName: fn.service.name,
      functionName: fn.name,
      requestId,
      instance: instance.id,
      source,
      cold,
      startedAt,
      durationMs,
      ...(outcome.error ? { error: outcome.error } : {}),
      ...(outcome.error && !fit ? { notStarted: messageIn(outcome) } : {}),
    });
    return outcome;
  };

  return {
    async invoke(fn, call, scarce) {
      const operation = `Invoke:${fn.name}`;
      const at = clock.now();
      const record = (status: number) => meter.record({ service: 'functioncompute', operation, at, status });
      const fault = faults.strike('functioncompute', operation);
      const injected = (struck: InjectedFault) => {
        const failure = injectedFailure(struck);
        record(failure.recorded);
        return failure;
      };
      if (fault?.kind === 'error' || fault?.kind === 'drop') throw injected(fault);
      if (fault?.kind === 'delay') await waitAside(activity, clock.sleep(fault.ms));
      const taken = await lease(fn, scarce).catch((error) => {
        record(error instanceof Refusal ? error.status : 500);
        throw error;
      });
      const outcome = await run(fn, call, taken).finally(taken.release);
      if (fault?.kind === 'error-after' || fault?.kind === 'drop-after') throw injected(fault);
      record(200);
      return outcome;
    },
  };
}

const messageIn = ({ body }: Outcome): string =>
  (JSON.parse(Buffer.from(body).toString()) as ErrorBody).errorMessage;

const instanceId = (random: Random): string => `c-${random.id(8)}-${random.id(12)}`;
