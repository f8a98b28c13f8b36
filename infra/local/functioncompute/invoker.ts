import type { CloudContext } from '../kernel/context.ts';
import type { Fault } from '../kernel/faults.ts';
import type { Random } from '../kernel/random.ts';
import { type Activity, waitAside } from './activity.ts';
import { type CloudFunction, functionKey } from './catalog.ts';
import type { Announcer, Invocation, LogLine, Source } from './events.ts';
import { type Ending, type Instance, readTime, startInstance } from './instance.ts';
import { instanceEnvironment, invocationContext } from './invocation-context.ts';
import type { LogTails } from './log-tail.ts';
import type { Deployment, Lease, Pool } from './pool.ts';
import type {
  ErrorBody,
  ErrorKind,
  HttpRequestParts,
  HttpResponseParts,
  InvocationContext,
  Order,
} from './protocol.ts';
import { Refusal } from './refusal.ts';

export interface Call {
  readonly requestId: string;
  readonly source: Source;
  readonly event: Uint8Array;
  readonly http?: HttpRequestParts;
  readonly tracing?: Partial<InvocationContext['tracing']>;
  /** How often it was tried before. */
  readonly retryCount?: number;
}

export interface Outcome {
  readonly instance: string;
  /** The result, or the error as JSON. */
  readonly body: Uint8Array;
  readonly error?: ErrorKind;
  readonly http?: HttpResponseParts;
  readonly durationMs: number;
  readonly memoryMb: number;
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
    throw new Refusal('ResourceExhausted', `function '${fn.name}' has as many instances as it may have`);
  };

  /** Loads the code, once for an instance, and runs the initializer until it has succeeded once. */
  const prepare = (
    instance: Instance,
    fn: CloudFunction,
    ofInvocation: InvocationContext,
  ): Promise<Ending> => {
    const { handler, initializer, initializationTimeout } = fn.record;
    const steps = async (): Promise<Ending> => {
      const load: Order = {
        kind: 'load',
        id: 'load',
        time: readTime(clock),
        codeFolder: fn.code.folder,
        handler,
        initializer: initializer === '' ? undefined : initializer,
      };
      const loaded = await instance.carryOut(load, LOADING_LIMIT_MS);
      if (loaded.kind !== 'done') instance.kill();
      if (loaded.kind !== 'done' || initializer === '') return loaded;
      const id = `${ofInvocation.requestId} initialize`;
      const time = readTime(clock);
      return instance.carryOut(
        { kind: 'initialize', id, time, context: ofInvocation },
        initializationTimeout * 1000,
      );
    };
    const running = steps();
    ready.set(instance, running);
    running.then((ending) => {
      if (ending.kind !== 'done') ready.delete(instance);
    });
    return running;
  };

  const run = async (fn: CloudFunction, call: Call, { instance, cold }: Lease): Promise<Outcome> => {
    const { requestId, event, http, source, retryCount = 0, tracing } = call;
    const logged = logs.heard() || tails.wanted(requestId);
    const invocation = invocationContext(account, fn, requestId, retryCount, tracing);
    if (logged) log(fn, instance.id, requestId, 'stdout', `FC Invoke Start RequestId: ${requestId}`);
    const startedAt = clock.now();
    let started = performance.now();
    let ending = await (ready.get(instance) ?? prepare(instance, fn, invocation));
    const prepared = ending.kind === 'done';
    let limit = fn.record.initializationTimeout;
    if (prepared) {
      started = performance.now();
      limit = fn.record.timeout;
      const order: Order = {
        kind: 'invoke',
        id: requestId,
        time: readTime(clock),
        context: invocation,
        event,
        ...(http ? { http } : {}),
      };
      ending = await instance.carryOut(order, limit * 1000);
    }
    const durationMs = performance.now() - started;
    const outcome = outcomeOf(ending, instance, durationMs, prepared ? 'Function' : 'Initialization', limit);
    if (logged) {
      if (outcome.error) {
        const line = `${new Date(clock.now()).toISOString()} ${requestId} [error] ${Buffer.from(outcome.body)}`;
        log(fn, instance.id, requestId, 'stderr', line);
      }
      log(fn, instance.id, requestId, 'stdout', `FC Invoke End RequestId: ${requestId}`);
    }
    if (invocations.heard()) {
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
      });
    }
    return outcome;
  };

  return {
    async invoke(fn, call, scarce) {
      const operation = `Invoke:${fn.name}`;
      const at = clock.now();
      const record = (status: number) => meter.record({ service: 'functioncompute', operation, at, status });
      const fault = faults.strike('functioncompute', operation);
      if (fault?.kind === 'error' || fault?.kind === 'drop') throw failure(fault, record);
      if (fault?.kind === 'delay') await waitAside(activity, clock.sleep(fault.ms));
      const taken = await lease(fn, scarce).catch((error) => {
        record(error instanceof Refusal ? error.status : 500);
        throw error;
      });
      const outcome = await run(fn, call, taken).finally(taken.release);
      if (fault?.kind === 'error-after' || fault?.kind === 'drop-after') throw failure(fault, record);
      record(200);
      return outcome;
    },
  };
}

function failure(fault: Exclude<Fault, { kind: 'delay' }>, record: (status: number) => void): Error {
  const status = 'status' in fault ? fault.status : 0;
  record(status);
  return 'status' in fault
    ? new InjectedFailure(fault.status, fault.code, fault.message ?? `injected: ${fault.code}`)
    : new InjectedFailure(500, 'InternalServerError', 'injected: the answer was lost');
}

/** An error that a fault rule put in the place of an invocation or of its answer. */
export class InjectedFailure extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'InjectedFailure';
    this.status = status;
    this.code = code;
  }
}

const instanceId = (random: Random): string => `c-${random.id(8)}-${random.id(12)}`;

/** Source: Function Compute, "Error handling" of the Node.js runtime and "Function execution timeout", for the words. */
function outcomeOf(
  ending: Ending,
  instance: Instance,
  durationMs: number,
  what: 'Function' | 'Initialization',
  limitSeconds: number,
): Outcome {
  const memoryMb = instance.memoryMb();
  const measured = { instance: instance.id, durationMs, memoryMb };
  const failed = (error: ErrorKind, body: ErrorBody): Outcome => ({
    ...measured,
    error,
    body: Buffer.from(JSON.stringify(body)),
  });
  const usage = `maxMemoryUsage: ${memoryMb.toFixed(2)}MB`;
  switch (ending.kind) {
    case 'done':
      return { ...measured, body: ending.body, ...(ending.http ? { http: ending.http } : {}) };
    case 'failed':
      return failed(ending.errorKind, ending.error);
    case 'overtime':
      return failed('UnhandledInvocationError', {
        errorMessage: `${what} timed out after ${limitSeconds} seconds (${usage})`,
      });
    case 'ended': {
      const duration = `duration: ${Math.round(durationMs)}ms`;
      return failed('UnhandledInvocationError', {
        errorMessage: `Process exited unexpectedly before completing request (${duration}, ${usage})`,
      });
    }
  }
}
