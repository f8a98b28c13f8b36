import { type CloudFunction, functionKey, type Stamped } from './catalog.ts';
import { type QueueTriggerParts, runQueueTrigger } from './queue-trigger.ts';
import { runTimerTrigger } from './timer-trigger.ts';
import type { TriggerSettings } from './trigger-settings.ts';

/** What makes triggers go off. HTTP triggers need nothing: their requests find them in the catalog. */
export interface Triggers {
  /** Starts a trigger, or starts it anew with other settings. */
  start(fn: CloudFunction, trigger: Stamped<TriggerSettings>): void;
  stop(fn: CloudFunction, triggerName: string): void;
  close(): void;
}

export function createTriggers(parts: QueueTriggerParts): Triggers {
  const { context, asyncInvoker, random } = parts;
  const running = new Map<string, AbortController>();
  const keyOf = (fn: CloudFunction, triggerName: string) => `${functionKey(fn)}/${triggerName}`;

  const stop = (fn: CloudFunction, triggerName: string) => {
    const key = keyOf(fn, triggerName);
    running.get(key)?.abort(new Error('the trigger was stopped'));
    running.delete(key);
  };

  const startTimer = (
    fn: CloudFunction,
    trigger: TriggerSettings & { triggerType: 'timer' },
    signal: AbortSignal,
  ) =>
    runTimerTrigger(context.clock, trigger.triggerName, trigger.triggerConfig, signal, (event) => {
      const { attempted } = asyncInvoker.submit(fn, random.requestId(), Buffer.from(event), 'timer');
      return attempted;
    });

  return {
    start(fn, trigger) {
      stop(fn, trigger.triggerName);
      const stopping = new AbortController();
      running.set(keyOf(fn, trigger.triggerName), stopping);
      const { signal } = stopping;
      if (trigger.triggerType === 'timer' && trigger.triggerConfig.enable) startTimer(fn, trigger, signal);
      if (trigger.triggerType === 'eventbridge' && trigger.triggerConfig.triggerEnable) {
        runQueueTrigger(parts, fn, trigger.triggerName, trigger.triggerConfig, signal);
      }
    },
    stop,
    close() {
      for (const stopping of running.values()) stopping.abort(new Error('the local cloud is closing'));
      running.clear();
    },
  };
}
