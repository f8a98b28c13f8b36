import { readCommandLine } from '../../infra/local/command-line.ts';
import { measureCycles } from './cycles.ts';
import { measureSpeed } from './speed.ts';
import { measureWeight } from './weight.ts';

const USAGE = `npm run bench -- [options]     counted and timed on the local cloud; takes about two minutes

  --json   print what was measured as one JSON object on the last line`;

const { json } = readCommandLine({
  usage: USAGE,
  options: { json: { type: 'boolean', default: false } },
  check: (values) => values,
});

console.log('weighing the functions');
const functions = await measureWeight();
for (const { name, bundleKB, loadMs, rssMB } of functions) {
  console.log(
    `  ${name.padEnd(10)} bundle ${String(bundleKB).padStart(6)} KB   load ${String(loadMs).padStart(4)} ms   memory ${rssMB} MB`,
  );
}

console.log('counting calls and round trips, one pod at a time');
const cycles = await measureCycles();
for (const kind of ['eip', 'ip'] as const) {
  const { writesPerCycle, readsPerCycle } = cycles[kind];
  console.log(
    `  ${kind.padEnd(4)} deleted, back and bound again: ${writesPerCycle} cloud calls that change something, ${readsPerCycle} that read`,
  );
}
const { first, again } = cycles.storeRoundTripsPerBind;
console.log(`  store round trips per bind: ${first} the first time, ${again} again`);

console.log('timing, on a cloud without latency');
const speed = await measureSpeed();
console.log(`  ${speed.eventsPerSecond} events a second through one instance`);
console.log(`  event to bound: p50 ${speed.eventToBoundMs.p50} ms, p99 ${speed.eventToBoundMs.p99} ms`);

if (json) console.log(JSON.stringify({ ...cycles, ...speed, functions }));
process.exit(0);
