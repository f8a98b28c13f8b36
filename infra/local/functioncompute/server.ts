import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { CloudContext } from '../kernel/context.ts';
import { type Endpoint, listen, type Reply, type Request } from '../kernel/http.ts';
import { createActivity } from './activity.ts';
import { createAsyncInvoker } from './async-invoker.ts';
import { createCatalog } from './catalog.ts';
import { createCodeStore } from './code-package.ts';
import { createAnnouncer, type Invocation, type LogLine } from './events.ts';
import { startGuardian } from './guardian.ts';
import { httpTriggerOf, serveHttpTrigger } from './http-trigger.ts';
import { InjectedFailure } from './injected-failure.ts';
import { createInvoker } from './invoker.ts';
import { createLogTails } from './log-tail.ts';
import { type Desk, OPERATIONS } from './operations.ts';
import { createPool } from './pool.ts';
import type { QueueSource } from './queue-source.ts';
import { Refusal } from './refusal.ts';
import { routeOf } from './route.ts';
import { authenticate } from './signature.ts';
import { createTriggers } from './triggers.ts';

export interface FunctionComputeOptions {
  /** 0 or none takes any free port. */
  readonly port?: number;
  readonly queues: QueueSource;
  /** How long an idle instance is kept, in cloud time. Default 10 minutes. */
  readonly keepWarmMs?: number;
  /** How many instances there may be of all functions together. Default 32. */
  readonly maxInstances?: number;
}

/** The functions service of the local cloud. */
export interface FunctionCompute {
  /** The endpoint for the vendor's SDK, `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly port: number;
  /** Where a function's HTTP trigger is reached, ending with a slash. */
  httpUrl(service: string, name: string): string;
  /**
   * Resolves when nothing runs, asynchronous work is done and queue triggers have nothing in hand, but for what waits
   * for the clock: delays of retries, and batches whose window is open.
   */
  idle(): Promise<void>;
  /** Kills the processes of a function's instances, or of all, whatever they do. Returns how many. */
  kill(functionName?: string): number;
  instances(): { functionName: string; pid: number; busy: boolean }[];
  /** Called with every line of every instance's log. Returns the way to stop listening. */
  onLog(listener: (line: LogLine) => void): () => void;
  /** Called after every execution. Returns the way to stop listening. */
  onInvocation(listener: (invocation: Invocation) => void): () => void;
  /** Ends every process and removes what was unpacked. */
  close(): Promise<void>;
}

const KEEP_WARM_MS = 10 * 60_000;
const MAX_INSTANCES = 32;

/** Code of 100 MB, in base64. */
const LARGEST_BODY = 140 * 1024 * 1024;

/**
 * Starts the functions service: the REST API of 2016-08-15, and an event stream for each queue trigger. Functions are
 * kept in memory. Each instance is a process of this machine's Node.
 */
export async function startFunctionCompute(
  context: CloudContext,
  options: FunctionComputeOptions,
): Promise<FunctionCompute> {
  const { queues, keepWarmMs = KEEP_WARM_MS, maxInstances = MAX_INSTANCES } = options;
  const random = context.random.fork('functioncompute');
  const folder = await mkdtemp(join(tmpdir(), 'functioncompute-'));
  // Ends Node's search for a package.json here: what lies above this folder on some machine must not decide how code is read.
  await writeFile(join(folder, 'package.json'), '{}');
  const guardian = startGuardian(folder);
  const runner = await bundleRunner(folder).catch(async (error) => {
    await guardian.close();
    throw error;
  });

  const closing = new AbortController();
  const activity = createActivity();
  const logs = createAnnouncer<LogLine>();
  const invocations = createAnnouncer<Invocation>();
  const tails = createLogTails();
  const pool = createPool({ clock: context.clock, keepWarmMs, maxInstances, guardian });
  const invoker = createInvoker({ context, pool, activity, logs, tails, invocations, runner });
  const signal = closing.signal;
  const asyncInvoker = createAsyncInvoker({ context, invoker, activity, queues, closing: signal });
  const triggers = createTriggers({ context, invoker, asyncInvoker, activity, queues, random });
  const catalog = createCatalog(context.clock, random);
  const code = createCodeStore(join(folder, 'code'));

  const httpUrl = (service: string, name: string) => `${listening.url}/2016-08-15/proxy/${service}/${name}/`;
  const codeUrl = (checksum: string) => `${listening.url}/code/${checksum}.zip`;
  const desk: Desk = {
    catalog,
    code,
    pool,
    triggers,
    invoker,
    asyncInvoker,
    activity,
    tails,
    httpUrl,
    codeUrl,
  };

  const perform = async (request: Request, requestId: string): Promise<Reply> => {
    const route = routeOf(request);
    const { operation } = route;
    if (operation === 'Unknown') {
      throw new Refusal('PathNotSupported', `'${request.method}' against '${request.path}' is not supported`);
    }
    if (operation === 'DownloadCode') return download(desk, route.rest);
    if (operation === 'InvokeHttpTrigger') {
      const fn = catalog.function(route.service, route.function);
      if (httpTriggerOf(fn).triggerConfig.authType === 'function') authenticate(context, request);
      return serveHttpTrigger(desk, fn, request, route.rest, requestId);
    }
    authenticate(context, request);
    return OPERATIONS[operation]({ desk, request, route, requestId });
  };

  const endpoint: Endpoint = {
    service: 'functioncompute',
    maxBody: LARGEST_BODY,
    operation: (request) => routeOf(request).operation,
    async handle(request) {
      const requestId = random.requestId();
      try {
        const reply = await perform(request, requestId);
        return { ...reply, headers: { 'x-fc-request-id': requestId, ...reply.headers } };
      } catch (error) {
        if (error instanceof Refusal || error instanceof InjectedFailure) return refuse(error, requestId);
        context.log(`functioncompute: ${request.method} ${request.path} failed: ${(error as Error).stack}`);
        return refuse(
          new Refusal('InternalServerError', 'an internal error has occurred. Please retry.'),
          requestId,
        );
      }
    },
    fail: (fault) => refuse(fault, random.requestId()),
  };

  const listening = await listen(context, endpoint, options.port).catch(async (error) => {
    await guardian.close();
    throw error;
  });

  const live = () => pool.seats().filter(({ instance }) => instance.alive());

  return {
    url: listening.url,
    port: listening.port,
    httpUrl,
    idle: activity.idle,
    kill(functionName) {
      const doomed = pool
        .seats()
        .filter(({ key }) => functionName === undefined || key.endsWith(`/${functionName}`));
      return doomed.filter(({ instance }) => instance.kill()).length;
    },
    instances: () =>
      live().map(({ key, instance, busy }) => ({
        functionName: key.slice(key.indexOf('/') + 1),
        pid: instance.pid,
        busy: busy > 0,
      })),
    onLog: logs.on,
    onInvocation: invocations.on,
    async close() {
      closing.abort(new Error('the local cloud is closing'));
      triggers.close();
      await listening.close();
      await pool.close();
      await guardian.close();
    },
  };
}

const refuse = (
  { status, code, message }: { status: number; code: string; message: string },
  requestId: string,
): Reply => ({
  status,
  headers: { 'content-type': 'application/json', 'x-fc-request-id': requestId },
  body: JSON.stringify({ ErrorCode: code, ErrorMessage: message }),
});

function download({ code }: Desk, checksum: string): Reply {
  const found = code.find(checksum);
  if (!found) throw new Refusal('PathNotSupported', `there is no code ${checksum}`);
  return { status: 200, headers: { 'content-type': 'application/zip' }, body: found.zip };
}

/** The runner is TypeScript in several files; the processes need one that plain Node can start quickly. */
async function bundleRunner(folder: string): Promise<string> {
  const outfile = join(folder, 'runner.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('runner/main.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile,
    logLevel: 'error',
  });
  return outfile;
}
