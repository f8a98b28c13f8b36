import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stage } from '../../infra/demo/stage.ts';
import { closeOnSignal, INTERRUPTED } from '../../infra/local/close-on-signal.ts';
import { readCommandLine } from '../../infra/local/command-line.ts';
import { type ChaosOptions, checkOptions, USAGE } from './options.ts';
import { planChaos } from './plan.ts';
import { runChaos } from './run.ts';
import { openChaosStage } from './stage.ts';
import { createView } from './view.ts';

async function main(options: ChaosOptions): Promise<number> {
  const began = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-chaos-'));
  const closing = new AbortController();
  const notes = options.notes === undefined ? undefined : createWriteStream(options.notes);
  let stage: Stage | undefined;
  const close = closeOnSignal(async () => {
    closing.abort(new Error('chaos is ending'));
    await stage?.close();
    await rm(folder, { recursive: true, force: true });
  }, INTERRUPTED);

  const view = createView({ colors: process.stdout.isTTY === true, write: console.log });
  try {
    const ms = options.minutes * 60_000;
    const plan = planChaos({ seed: options.seed, pods: options.pods, ms });
    view.open(options, plan);
    stage = await openChaosStage({
      folder,
      seed: options.seed,
      pods: options.pods,
      report: (line) => {
        if (!line.startsWith('  ')) view.note(line);
      },
      log: (line) => notes?.write(`cloud ${line}\n`),
    });
    const { clock } = stage.cloud.context;
    const note = (line: string) => notes?.write(`${new Date(clock.now()).toISOString()} ${line}\n`);
    stage.cloud.functionCompute.onLog(({ line }) => note(`  ${line}`));
    view.begin(clock.now());
    const verdict = await runChaos({
      stage,
      plan,
      ms,
      closing: closing.signal,
      show: view.progress,
      complain: (line) => {
        view.complain(line);
        note(line);
      },
      note,
    });
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    const good = view.verdict(verdict, seconds);
    if (options.json) console.log(JSON.stringify({ ...verdict, seconds }));
    return good ? 0 : 1;
  } finally {
    await close();
    notes?.end();
  }
}

const options = readCommandLine({
  usage: USAGE,
  options: {
    minutes: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    pods: { type: 'string', default: '200' },
    json: { type: 'boolean', default: false },
    notes: { type: 'string' },
  },
  check: checkOptions,
});
main(options).then(
  (code) => process.exit(code),
  (error) => {
    console.error(`\n${error instanceof Error ? (error.stack ?? error.message) : error}`);
    process.exit(1);
  },
);
