import { readCommandLine } from '../../infra/local/command-line.ts';
import { RESCUES, strikeAll } from './crash-matrix.ts';
import { EIP_SCENARIOS, IP_SCENARIOS, OTHER_SCENARIOS } from './crash-matrix-scenarios.ts';

const USAGE = `npm run simulate:crashes -- [options]     functions die and answers are lost at every call, and at pairs of calls

  --of-all   pairs of lost answers as well, which take minutes; without it, those of deaths`;

const pairs = readCommandLine({
  usage: USAGE,
  options: { 'of-all': { type: 'boolean', default: false } },
  check: (values) => (values['of-all'] ? 'of all' : 'of deaths'),
});
const began = performance.now();
const total = { scenarios: 0, points: 0, pairs: 0, violations: 0 };

for (const scenario of [...EIP_SCENARIOS, ...IP_SCENARIOS, ...OTHER_SCENARIOS]) {
  total.scenarios++;
  for (const rescue of RESCUES) {
    const struck = await strikeAll(scenario, rescue, { pairs });
    total.points += struck.points;
    total.pairs += struck.pairs;
    total.violations += struck.failures.length;
    console.log(
      `${struck.failures.length > 0 ? '✗' : '✓'} ${scenario.name}, ${rescue}: ${struck.calls.length} calls, ${struck.points} points, ${struck.pairs} pairs`,
    );
    for (const failure of struck.failures) console.log(failure);
  }
}
console.log(JSON.stringify({ ...total, seconds: Math.round((performance.now() - began) / 1_000) }));
process.exitCode = total.violations > 0 ? 1 : 0;
