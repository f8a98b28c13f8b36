import { wordAct } from './people/word-act.ts';
import type { Case, Run } from './run.ts';
import { formatTime } from './trace.ts';

/** What happened last is what matters: so many lines of it. */
const LAST_LINES = 80;

/** A run as a person reads it: what was there, what people did, what went wrong, what came of it. */
export function tellCase(one: Case, run: Run, { whole = false } = {}): string {
  const { story, violations, struck, trace } = run;
  let at = 0;
  const acts = story.acts.map(({ afterMs, act }) => {
    at += afterMs;
    return `  ${formatTime(at)}  ${wordAct(act, story)}`;
  });
  const workloads = story.workloads.map(
    ({ cluster, namespace, name, kind, replicas, annotations }) =>
      `  c-${cluster}/${namespace}/${name}: ${kind} of ${replicas} with ${JSON.stringify(annotations)}`,
  );
  const world = [
    story.hintsEni ? "nodes write the ENI's id on the pod" : 'nodes write no ENI on the pod',
    `the cloud's reads are ${story.readLagMs} ms behind`,
    `the account may hold ${story.eipQuota} EIPs`,
  ].join(', ');
  const lines = whole ? trace : trace.slice(-LAST_LINES);
  return [
    'There are',
    ...workloads,
    `where ${world}.`,
    '',
    'People and nodes do this:',
    ...(acts.length > 0 ? acts : ['  nothing']),
    '',
    `Faults that struck: ${struck.length === 0 ? 'none' : struck.map(({ fault }) => fault).join(', ')}.`,
    '',
    whole ? 'Everything that happened:' : `The last ${lines.length} things that happened:`,
    ...lines.map((line) => `  ${line}`),
    '',
    violations.length === 0 ? '✓ No promise was broken.' : 'Broken:',
    ...violations.map(({ rule, what }) => `  ✗ ${rule}: ${what}`),
    '',
    `Tell it again: npm run simulate -- --replay '${JSON.stringify(one)}'`,
  ].join('\n');
}
