import type { Clock } from '../kernel/clock.ts';
import { nextTick, parseSchedule } from './schedule.ts';
import type { TimerConfig } from './trigger-settings.ts';

/** Source: Function Compute, "Time trigger": times are in UTC, with whole seconds. */
const timerEvent = (triggerName: string, payload: string, at: number) =>
  JSON.stringify({
    triggerTime: `${new Date(at).toISOString().slice(0, 19)}Z`,
    triggerName,
    payload,
  });

/**
 * Calls `fire` with the timer's event whenever the schedule comes due, until `stopping` aborts. While what it last
 * started is not over, further ticks become one that follows it: the clock can be advanced by days at once, and no
 * process could run thousands of ticks in that moment.
 */
export function runTimerTrigger(
  clock: Clock,
  triggerName: string,
  config: TimerConfig,
  stopping: AbortSignal,
  fire: (event: string) => Promise<void>,
): void {
  const schedule = parseSchedule(config.cronExpression);
  let running = false;
  let missed: number | undefined;

  const run = async (at: number) => {
    running = true;
    await fire(timerEvent(triggerName, config.payload, at));
    running = false;
    const next = missed;
    missed = undefined;
    if (next !== undefined && !stopping.aborted) await run(next);
  };

  const wait = (from: number) => {
    const due = nextTick(schedule, from);
    if (due === undefined) return;
    const timer = clock.after(due - clock.now(), () => {
      stopping.removeEventListener('abort', timer.cancel);
      if (stopping.aborted) return;
      if (running) missed = due;
      else run(due);
      wait(due);
    });
    stopping.addEventListener('abort', timer.cancel, { once: true });
  };

  wait(clock.now());
}
