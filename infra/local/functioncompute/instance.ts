import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../kernel/clock.ts';
import type { Answer, FromInstance, Order, Stream, TimeReading, ToInstance } from './protocol.ts';

/** How an order ended. `overtime` and `ended` come with the process being gone. */
export type Ending = Answer | { readonly kind: 'overtime' } | { readonly kind: 'ended' };

/** One process that serves one function. */
export interface Instance {
  readonly id: string;
  readonly pid: number;
  /** Sends an order, and kills the process when it is not answered within `limitMs` of real time. */
  carryOut(order: Order, limitMs: number): Promise<Ending>;
  /** The largest resident size that it reported, MB. */
  memoryMb(): number;
  /** SIGKILL; false when it is gone already. */
  kill(): boolean;
  alive(): boolean;
  /** Resolves when the process is gone and what it wrote is read. */
  readonly gone: Promise<void>;
}

export interface InstanceOptions {
  readonly id: string;
  /** The runner, bundled. */
  readonly runner: string;
  readonly codeFolder: string;
  /** All that the process finds in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** MB */
  readonly memory: number;
  readonly clock: Clock;
  /** Called with whole lines, without their ends. */
  readonly onLine: (requestId: string, stream: Stream, line: string) => void;
}

/** How long what a process wrote before it ended is waited for: something that it started may hold the pipes open. */
const LAST_WORDS_MS = 200;

export function startInstance(options: InstanceOptions): Instance {
  const { id, runner, codeFolder, environment, memory, clock, onLine } = options;
  const child = spawn(process.execPath, [`--max-old-space-size=${memory}`, runner], {
    cwd: codeFolder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  const orders = new Map<string, (ending: Ending) => void>();
  const lines = createLines(onLine);
  let memoryMb = 0;
  let latest = '';

  const settle = (orderId: string, ending: Ending) => {
    const resolve = orders.get(orderId);
    if (!resolve) return;
    orders.delete(orderId);
    lines.end(orderId);
    resolve(ending);
  };

  const forgetTime = clock.onAdvance(() => send(child, { kind: 'time', time: readTime(clock) }));

  child.on('message', (message: FromInstance) => {
    if (message.kind === 'output') {
      lines.add(message.id, message.stream, message.text);
      return;
    }
    memoryMb = message.memoryMb;
    settle(message.id, message);
  });
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (chunk: Buffer) => lines.add(latest, stream, chunk.toString()));
  }

  const gone = whenGone(child).then(() => {
    forgetTime();
    for (const orderId of [...orders.keys()]) settle(orderId, { kind: 'ended' });
  });

  const alive = () =>
    child.connected && child.exitCode === null && child.signalCode === null && !child.killed;

  return {
    id,
    pid: child.pid ?? 0,
    carryOut(order, limitMs) {
      if (!alive()) return Promise.resolve({ kind: 'ended' });
      latest = order.id;
      return new Promise((resolve) => {
        const overtime = setTimeout(() => {
          child.kill('SIGKILL');
          settle(order.id, { kind: 'overtime' });
        }, limitMs);
        orders.set(order.id, (ending) => {
          clearTimeout(overtime);
          resolve(ending);
        });
        send(child, order);
      });
    },
    memoryMb: () => memoryMb,
    kill: () => alive() && child.kill('SIGKILL'),
    alive,
    gone,
  };
}

/** The time as it is this moment, for a process that goes on from it by itself. */
export const readTime = (clock: Clock): TimeReading => ({
  now: clock.now(),
  rate: clock.rate,
  at: Number(process.hrtime.bigint()) / 1e6,
});

/** A process that is ending takes no orders; its end is what settles them. */
function send(child: ChildProcess, message: ToInstance): void {
  if (child.connected) child.send(message, () => {});
}

function whenGone(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
    child.once('exit', () => setTimeout(resolve, LAST_WORDS_MS).unref());
  });
}

/** Puts lines together from pieces, for each request and stream by itself. */
function createLines(onLine: InstanceOptions['onLine']) {
  const open = new Map<string, string>();
  const keyOf = (requestId: string, stream: Stream) => `${stream} ${requestId}`;
  return {
    add(requestId: string, stream: Stream, text: string) {
      const key = keyOf(requestId, stream);
      const pieces = ((open.get(key) ?? '') + text).split('\n');
      const rest = pieces.pop() ?? '';
      if (rest === '') open.delete(key);
      else open.set(key, rest);
      for (const piece of pieces) onLine(requestId, stream, piece);
    },
    end(requestId: string) {
      for (const stream of ['stdout', 'stderr'] as const) {
        const key = keyOf(requestId, stream);
        const rest = open.get(key);
        open.delete(key);
        if (rest !== undefined) onLine(requestId, stream, rest);
      }
    },
  };
}
