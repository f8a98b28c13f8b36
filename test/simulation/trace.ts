import type { EventClock } from './event-clock.ts';

/** What happened, for people: kept only where somebody wants to read it. */
export interface Trace {
  readonly on: boolean;
  add(line: string): void;
  readonly lines: readonly string[];
}

export function createTrace(on: boolean, clock: Pick<EventClock, 'now'>, start: number): Trace {
  const lines: string[] = [];
  return {
    on,
    lines,
    add(line) {
      if (on) lines.push(`${formatTime(clock.now() - start)}  ${line}`);
    },
  };
}

/** `h:mm:ss.mmm` since the run began. */
export function formatTime(ms: number): string {
  const pad = (value: number, digits: number) => String(Math.floor(value)).padStart(digits, '0');
  return `${Math.floor(ms / 3_600_000)}:${pad((ms / 60_000) % 60, 2)}:${pad((ms / 1_000) % 60, 2)}.${pad(ms % 1_000, 3)}`;
}
