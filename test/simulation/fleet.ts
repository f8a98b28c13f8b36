import { type ChildProcess, fork } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Violation } from './rules.ts';
import type { Order, Report } from './worker.ts';

const FOLDER = '.holdfast/simulation';
/** Runs that a worker does between two words of it. */
const AT_ONCE = 20;

/** The simulation and the product in one file, as a worker runs it; `plugins` may change the product on the way. */
export async function bundleWorker(name: string, plugins: Plugin[] = []): Promise<string> {
  await mkdir(FOLDER, { recursive: true });
  const outfile = join(FOLDER, `${name}.mjs`);
  await build({
    entryPoints: ['test/simulation/worker.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
    plugins,
  });
  return outfile;
}

export interface Found {
  readonly seed: number;
  readonly rule: Violation['rule'];
  readonly what: string;
}

export interface Total {
  readonly runs: number;
  readonly steps: number;
  readonly broken: readonly Found[];
}

export interface FleetOptions {
  readonly seeds: Iterable<number>;
  readonly workers?: number;
  /** Asked after each batch; true ends it all. */
  isEnough?(total: Total): boolean | Promise<boolean>;
}

/** Runs seeds on every core, until there are no more or nobody wants to go on. */
export async function runFleet(bundle: string, { seeds, workers, isEnough }: FleetOptions): Promise<Total> {
  const queue = seeds[Symbol.iterator]();
  const total = { runs: 0, steps: 0, broken: [] as Found[] };
  let over = false;

  const nextSeeds = (): number[] => {
    const batch: number[] = [];
    while (!over && batch.length < AT_ONCE) {
      const next = queue.next();
      if (next.done) break;
      batch.push(next.value);
    }
    return batch;
  };
  const note = async ({ runs, steps, broken }: Report): Promise<void> => {
    total.runs += runs;
    total.steps += steps;
    for (const { seed, violations } of broken)
      for (const { rule, what } of violations.slice(0, 1)) total.broken.push({ seed, rule, what });
    if (await isEnough?.(total)) over = true;
  };
  const work = async (): Promise<void> => {
    const child = fork(bundle, { execArgv: ['--enable-source-maps'] });
    try {
      for (let seedsOfBatch = nextSeeds(); seedsOfBatch.length > 0; seedsOfBatch = nextSeeds())
        await note(await ask(child, { seeds: seedsOfBatch }));
    } finally {
      child.kill();
    }
  };
  await Promise.all(Array.from({ length: workers ?? availableParallelism() }, work));
  return total;
}

function ask(child: ChildProcess, order: Order): Promise<Report> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) =>
      reject(new Error(`a worker ended with ${code} on the seeds ${order.seeds.join(', ')}`));
    child.once('exit', onExit);
    child.once('message', (report) => {
      child.off('exit', onExit);
      resolve(report as Report);
    });
    child.send(order);
  });
}

/** The seeds of a campaign: other ones for each number. */
export function* seedsOf(campaign: number, runs: number): Generator<number> {
  for (let number = 0; number < runs; number++) yield campaign * 1_000_003 + number;
}
