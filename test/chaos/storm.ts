import type { Cloud } from '../../infra/local/cloud.ts';
import type { Exporter } from '../../infra/local/exporter/exporter.ts';
import type { Churn } from './churn.ts';
import type { Kill, Plan } from './plan.ts';
import type { Spell } from './weather.ts';

/** The part of a run in which everything goes wrong that was planned. */
export interface Storm {
  /** Processes that were killed so far. */
  kills(): number;
  /** Calls that were answered wrongly or not at all, watches that were closed, events that were lost so far. */
  faults(): number;
  /** Ends all of it: from now on everything works. */
  heal(): void;
}

export interface StormOptions {
  readonly cloud: Cloud;
  readonly exporter: Exporter;
  readonly churn: Churn;
  readonly plan: Plan;
  readonly note: (line: string) => void;
}

/** How many executions of a function must have ended well between two kills of it. */
const RESPITE: Readonly<Record<string, number>> = { reconcile: 6, intake: 6 };

export function startStorm({ cloud, exporter, churn, plan, note }: StormOptions): Storm {
  const { context, functionCompute, kubernetes } = cloud;
  const timers = new Set<NodeJS.Timeout>();
  const ambushes = new Set<() => void>();
  let kills = 0;
  let watches = 0;

  const later = (ms: number, what: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      what();
    }, ms);
    timers.add(timer);
  };

  /** Executions that ended well since the last kill of their function. */
  const done = new Map<string, number>();
  const due: Kill[] = [];
  const stopCounting = functionCompute.onInvocation(({ functionName, error }) => {
    if (error !== undefined) return;
    done.set(functionName, (done.get(functionName) ?? 0) + 1);
    const next = due.findIndex((kill) => kill.functionName === functionName && isRested(kill));
    if (next >= 0) for (const kill of due.splice(next, 1)) attack(kill);
  });
  // However slow this machine is: where every execution is cut short, nothing comes far enough to go wrong.
  const isRested = ({ functionName }: Kill) => (done.get(functionName) ?? 0) >= (RESPITE[functionName] ?? 1);
  const attack = (kill: Kill) => {
    done.set(kill.functionName, 0);
    (kill.after === undefined ? strike : ambush)(kill);
  };

  /** One process of the function, of those at work if there are any. */
  const strike = ({ functionName, after, pick }: Kill) => {
    const all = functionCompute.instances().filter((instance) => instance.functionName === functionName);
    const busy = all.filter((instance) => instance.busy);
    const victims = busy.length > 0 ? busy : all;
    const victim = victims[Math.floor(pick * victims.length)];
    if (!victim) return;
    note(
      `kill ${functionName} ${victim.pid}${victim.busy ? ' at work' : ''}${after ? ` after ${after}` : ''}`,
    );
    // The system's own call, so that nothing of the local cloud stands between the function and its end.
    process.kill(victim.pid, 'SIGKILL');
    kills++;
  };
  const ambush = (kill: Kill) => {
    const stop = context.meter.onCall(({ operation }) => {
      if (operation !== kill.after) return;
      stop();
      ambushes.delete(stop);
      // The meter hears of a call when it was done and is not answered yet; whose it was, it cannot say.
      strike(kill);
    });
    ambushes.add(stop);
  };
  const begin = ({ ms, rule }: Spell) => {
    const spell = context.faults.add(rule);
    later(ms, spell.remove);
  };

  for (const kill of plan.kills)
    later(kill.at, () => {
      if (isRested(kill)) attack(kill);
      else due.push(kill);
    });
  for (const spell of plan.spells) later(spell.at, () => begin(spell));
  for (const { at, loss } of plan.losses) later(at, () => exporter.setLoss(loss));
  for (const { at } of plan.watchEnds)
    later(at, () => {
      watches += kubernetes?.endWatches() ?? 0;
    });
  for (const deed of plan.deeds)
    later(deed.at, () => {
      note(`deed ${JSON.stringify(deed)}`);
      churn.carryOut(deed);
    });

  return {
    kills: () => kills,
    faults: () => context.faults.struck() + watches + exporter.dropped(),
    heal() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      stopCounting();
      for (const stop of ambushes) stop();
      ambushes.clear();
      context.faults.clear();
      exporter.setLoss({});
    },
  };
}
