import { strToU8, zipSync } from 'fflate';
import { onTestFinished } from 'vitest';
import {
  type FunctionCompute,
  type FunctionComputeOptions,
  startFunctionCompute,
} from '../../infra/local/functioncompute/server.ts';
import { createClock } from '../../infra/local/kernel/clock.ts';
import { type CloudContext, type ContextOptions, createContext } from '../../infra/local/kernel/context.ts';
import { type Mns, startMns } from '../../infra/local/mns/server.ts';
import { type Sdk, sdkFor } from './functioncompute-sdk.ts';
import { sdkFor as queueSdkFor } from './mns-sdk.ts';

/** When the clock of the tests stands still. */
export const START = Date.UTC(2030, 5, 1, 12, 0, 0);

export const SERVICE = 'svc';

export interface Rig {
  readonly context: CloudContext;
  readonly fc: FunctionCompute;
  readonly mns: Mns;
  readonly sdk: Sdk;
  /** What the cloud told the people who run it. */
  readonly notes: string[];
  /** Creates a function of the service `svc` from the source of an ES module, unless files are given. */
  deploy(name: string, code: string | Readonly<Record<string, string>>, settings?: object): Promise<void>;
  /** Creates a queue by the name. */
  queue(name: string, attributes?: Readonly<Record<string, string | number>>): Promise<void>;
  /** The bodies of what is in a queue now; they stay there, hidden for a while. */
  drain(name: string): Promise<string[]>;
  /** Invokes and gives the result as text, or throws an Error with the function's error. */
  call(name: string, event?: string): Promise<string>;
}

export interface RigOptions extends Omit<FunctionComputeOptions, 'queues'> {
  readonly context?: ContextOptions;
}

/** A cloud with queues and functions, a service to put functions into, and a clock that stands still. */
export async function startRig({ context: contextOptions, ...options }: RigOptions = {}): Promise<Rig> {
  const notes: string[] = [];
  const context = createContext({
    clock: createClock({ start: START, rate: 0 }),
    log: (line) => notes.push(line),
    ...contextOptions,
  });
  const mns = await startMns(context);
  const fc = await startFunctionCompute(context, { queues: mns.queues, ...options });
  onTestFinished(async () => {
    await fc.close();
    await mns.close();
    context.clock.close();
  });
  const { account } = context;
  const sdk = sdkFor(fc.url, account.id, account.owner);
  const queues = queueSdkFor(mns.url, account.owner);
  await sdk.createService(SERVICE);
  return {
    context,
    fc,
    mns,
    sdk,
    notes,
    async deploy(name, code, settings = {}) {
      const files = typeof code === 'string' ? { 'index.mjs': code } : code;
      await sdk.createFunction(SERVICE, {
        functionName: name,
        runtime: 'nodejs20',
        handler: 'index.handler',
        timeout: 10,
        ...settings,
        code: { zipFile: zipped(files) },
      });
    },
    async queue(name, attributes = {}) {
      await queues.createQueue(name, attributes);
    },
    async drain(name) {
      const messages = await mns.queues.receive(name, { max: 16, waitMs: 0 });
      return messages.map(({ body }) => body);
    },
    async call(name, event = '') {
      const { headers, data } = await sdk.invokeFunction(SERVICE, name, event);
      if (headers['x-fc-error-type']) throw new Error((data as { errorMessage: string }).errorMessage);
      return String(data);
    },
  };
}

/**
 * The source of a module whose handler tells that it is in, and stays there until the clock is moved: how long that
 * takes is up to the test and not to the machine. It gives its process id.
 */
export const HELD = `
  export const handler = async () => {
    const arrived = Date.now();
    console.log('held');
    while (Date.now() === arrived) await new Promise((resolve) => setTimeout(resolve, 2));
    return String(process.pid);
  };`;

/** Resolves when `count` handlers of `HELD` are in. */
export function held({ fc }: Pick<Rig, 'fc'>, count: number): Promise<void> {
  let missing = count;
  return new Promise((resolve) => {
    fc.onLog(({ line }) => {
      if (line.endsWith('held') && --missing === 0) resolve();
    });
  });
}

/** A zip of text files, in base64. */
export function zipped(files: Readonly<Record<string, string>>): string {
  const bytes = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)]));
  return Buffer.from(zipSync(bytes)).toString('base64');
}
