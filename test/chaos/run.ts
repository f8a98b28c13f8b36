import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from '../../infra/demo/stage.ts';
import { doubles, leaks, type Picture, type PodSight, unsettled } from './audit.ts';
import { type Churn, openChurn } from './churn.ts';
import { ADDRESS_KINDS, createLedger, type Ledger } from './ledger.ts';
import { livePods, podsOf, takePicture } from './picture.ts';
import type { Plan } from './plan.ts';
import { buyGivenEips } from './stage.ts';
import { type Storm, startStorm } from './storm.ts';
import { heldIps, startWitness } from './witness.ts';

export interface Verdict {
  /** Pods that were there when all was well again. */
  readonly pods: number;
  /** Pods that ended. */
  readonly cycles: number;
  readonly kills: number;
  readonly faults: number;
  readonly lost: number;
  readonly wrongReleases: number;
  readonly leaked: number;
  readonly doubled: number;
  readonly converged: boolean;
}

/** How far a run has got, for whoever shows it. */
export interface Progress {
  readonly chapter: string;
  /** Cloud time, ms. */
  readonly at: number;
  readonly pods: number;
  readonly bound: number;
  readonly cycles: number;
  readonly kills: number;
  readonly faults: number;
  readonly violations: number;
}

export interface RunOptions {
  readonly stage: Stage;
  readonly plan: Plan;
  /** How long there is churn, ms of real time. */
  readonly ms: number;
  readonly closing: AbortSignal;
  readonly show: (progress: Progress) => void;
  /** One line about something that is wrong. */
  readonly complain: (line: string) => void;
  /** One line for who wants to know how it came about. */
  readonly note: (line: string) => void;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Cloud time in which the pods have to get what they ask for, once everything works again. */
const PATIENCE_MS = 15 * MINUTE;
/** Cloud time that the sweeps may take: orphans are left alone for ten minutes and go at the second sighting after it. */
const SWEEPS_MS = 14 * MINUTE;
/** Two sweeps and some: so long, at least, everything has to stay as it is. */
const STAYS_MS = 3 * MINUTE;
/** The longest retention that ends, and the sweep that ends it. */
const RETENTIONS_MS = HOUR + 5 * MINUTE;
/** How long after its retention something may still be there: it counts from when the pod was seen to be gone. */
const GRACE_MS = 13 * MINUTE;
const STEP_MS = 5_000;
const POLL_MS = 40;
/** Real time. */
const LONGEST_QUIET_MS = 10_000;
const SHOW_EVERY_MS = 3_000;

export async function runChaos(options: RunOptions): Promise<Verdict> {
  const { stage, plan, closing, note } = options;
  const { cloud, exporter } = stage;
  const ledger = createLedger();
  const givenEips = await buyGivenEips(stage, plan.workloads);
  const stopWitness = startWitness({ cloud, workloads: plan.workloads, ledger, note });
  const churn = await openChurn({
    kubeconfig: cloud.cluster.kubeconfig,
    workloads: plan.workloads,
    givenEips,
    pods: () => podsOf(cloud),
    evict: (namespace, pod) => cloud.nodes.evict(namespace, pod),
    closing,
  });
  const look = () => takePicture(cloud, { workloads: plan.workloads, givenEips });
  let storm: Storm | undefined;
  try {
    await churn.start();
    const teller = tell(options, ledger, () => storm);
    // Those that never had an address have none to lose.
    await untilBound(options, teller);
    storm = startStorm({ cloud, exporter, churn, plan, note });
    await watch(options.ms, closing, () => teller('chaos'));
    storm.heal();
    note('healed');
    await churn.done();
    return await judge({ ...options, ledger, churn, storm, look, tell: teller });
  } finally {
    storm?.heal();
    stopWitness();
    churn.close();
  }
}

interface Court extends RunOptions {
  readonly ledger: Ledger;
  readonly churn: Churn;
  readonly storm: Storm;
  readonly look: () => Promise<Picture>;
  readonly tell: (chapter: string) => void;
}

/** Everything works again: the pods must get what they ask for and keep it, and what nobody needs must go. */
async function judge(court: Court): Promise<Verdict> {
  const { ledger, storm, complain, stage } = court;
  const { cloud } = stage;
  const { converged, pods } = await converge(court);

  court.tell('audit of the living');
  const living = await court.look();
  const heldNow = () => ledger.held(heldIps(cloud.openApi.world), cloud.context.clock.now());
  heldNow();
  const leakedNow = leaksIn(court, living, GRACE_MS);
  const doubled = doubles(living);

  await court.churn.removeAll();
  await pass(court, 'every workload is deleted', 2 * MINUTE, 10_000);
  // Nothing is between two ENIs any more: what is on none from here on was given back.
  for (let passed = 0; passed < RETENTIONS_MS; passed += 5 * MINUTE) {
    heldNow();
    await step(court, 'retentions run out', 5 * MINUTE);
  }
  let end = await court.look();
  for (let passed = 0; passed < SWEEPS_MS && leaksIn(court, end, 0).length > 0; passed += MINUTE) {
    await pass(court, 'the last sweeps', MINUTE, 30_000);
    end = await court.look();
  }
  heldNow();
  const leakedThen = leaksIn(court, end, 0);

  const leaked = [...new Set([...leakedNow, ...leakedThen])];
  const found = [...new Set([...doubled, ...doubles(end)])];
  for (const { law, at, pod, kind, what } of ledger.violations())
    complain(`${law} at ${new Date(at).toISOString()}: ${kind} of ${pod}: ${what}`);
  for (const line of leaked) complain(`leaked: ${line}`);
  for (const line of found) complain(`doubled: ${line}`);
  const count = (law: string) => ledger.violations().filter((violation) => violation.law === law).length;
  return {
    pods,
    cycles: ledger.cycles(),
    kills: storm.kills(),
    faults: storm.faults(),
    lost: count('lost'),
    wrongReleases: count('wrongRelease'),
    leaked: leaked.length,
    doubled: count('doubled') + found.length,
    converged,
  };
}

/** Waits until every pod has what it asks for, then for the sweeps, and sees that it stays so. */
async function converge(court: Court): Promise<{ converged: boolean; pods: number }> {
  const { stage, churn, complain, plan } = court;
  const { clock } = stage.cloud.context;
  const problems = async () => {
    const picture = await court.look();
    const count = livePods(stage.cloud, plan.workloads).length;
    const missing = count === churn.wanted() ? [] : [`there are ${count} pods of ${churn.wanted()}`];
    return [...missing, ...unsettled(picture, stage.cloud.cluster.id)];
  };
  const until = clock.now() + PATIENCE_MS;
  let left = await problems();
  while (left.length > 0 && clock.now() < until) {
    await step(court, 'healing', STEP_MS);
    left = await problems();
  }
  const pods = livePods(stage.cloud, plan.workloads).length;
  for (const line of left) complain(`not in ${PATIENCE_MS / MINUTE} minutes: ${line}`);
  let converged = left.length === 0;
  for (let passed = 0; passed < SWEEPS_MS; passed += MINUTE) {
    if (passed >= STAYS_MS && leaksIn(court, await court.look(), GRACE_MS).length === 0) break;
    await pass(court, 'sweeps', MINUTE, 30_000);
    const broken = converged ? await problems() : [];
    for (const line of broken) complain(`did not stay so: ${line}`);
    if (broken.length > 0) converged = false;
  }
  return { converged, pods };
}

const leaksIn = ({ ledger, stage }: Court, picture: Picture, graceMs: number): readonly string[] =>
  leaks(picture, ledger.needs(), stage.cloud.cluster.id, graceMs);

/** Cloud time in hurried steps, each followed by all the work that it gives rise to. */
async function pass(court: Court, chapter: string, ms: number, leap: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += leap) await step(court, chapter, leap);
}

async function step({ stage: { cloud }, closing, tell: say }: Court, chapter: string, ms: number) {
  closing.throwIfAborted();
  await cloud.context.clock.advance(ms);
  await sleep(POLL_MS);
  // A backlog of hours is worked off while the clock goes on; there may be no moment without any work.
  const tired = new AbortController();
  await Promise.race([cloud.quiet(), sleep(LONGEST_QUIET_MS, undefined, { signal: tired.signal })]);
  tired.abort();
  say(chapter);
}

async function watch(ms: number, closing: AbortSignal, onTick: () => void): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    await sleep(Math.min(500, Math.max(0, until - performance.now())), undefined, { signal: closing });
    onTick();
  }
}

/** Those that ask for an address, and those of them that were told that they have what they ask for. */
function boundPods(all: readonly PodSight[]): { pods: number; bound: number } {
  const asking = all.filter(({ wishes }) => Object.keys(wishes).length > 0);
  const hasAll = ({ told, wishes }: PodSight) =>
    ADDRESS_KINDS.every((kind) => wishes[kind] === undefined || told[kind] !== undefined);
  return { pods: asking.length, bound: asking.filter(hasAll).length };
}

async function untilBound({ stage: { cloud }, plan, closing }: RunOptions, say: (chapter: string) => void) {
  const wanted = plan.workloads.reduce((sum, { replicas, wishes }) => {
    return sum + (Object.keys(wishes).length > 0 ? replicas : 0);
  }, 0);
  const { clock } = cloud.context;
  const patience = clock.now() + PATIENCE_MS;
  while (boundPods(livePods(cloud, plan.workloads)).bound < wanted && clock.now() < patience) {
    await sleep(POLL_MS, undefined, { signal: closing });
    say('the pods start');
  }
}

/** Shows how far it has got, every few seconds. */
function tell(
  { stage, plan, show }: RunOptions,
  ledger: Ledger,
  storm: () => Storm | undefined,
): (chapter: string) => void {
  let shown = Number.NEGATIVE_INFINITY;
  return (chapter) => {
    if (performance.now() - shown < SHOW_EVERY_MS) return;
    shown = performance.now();
    const { pods, bound } = boundPods(livePods(stage.cloud, plan.workloads));
    show({
      chapter,
      at: stage.cloud.context.clock.now(),
      pods,
      bound,
      cycles: ledger.cycles(),
      kills: storm()?.kills() ?? 0,
      faults: storm()?.faults() ?? 0,
      violations: ledger.violations().length,
    });
  };
}
