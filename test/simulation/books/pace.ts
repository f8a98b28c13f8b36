import type { Process } from '../process/process.ts';
import type { Broken } from '../rules.ts';

/** How much is done at once. */
export interface Pace {
  /** A process begins a call of the cloud. */
  begins(action: string, by: Process): void;
  /** A process has sent, at this time (epoch ms, by its clock), that the address of a claim is given back. */
  releases(by: Process, sentAt: number): void;
}

export interface PaceOptions {
  now(): number;
  /** Calls of one API in a minute, over all processes. */
  readonly callsPerMinute: number;
  /** Claims that may begin their release in a minute, over all processes. */
  readonly releasesPerMinute: number;
  readonly broken: Broken;
}

const MINUTE_MS = 60_000;

export function createPace({ now, callsPerMinute, releasesPerMinute, broken }: PaceOptions): Pace {
  /** Calls that began, by API and minute. */
  const begun = new Map<string, number>();
  /** Claims whose release began, by minute. */
  const released = new Map<number, number>();

  /** Whoever has a wrong clock cannot know which minute it is. */
  const knowsTheTime = (process: Process) => process.now() === now();

  return {
    begins(action, by) {
      if (!knowsTheTime(by)) return;
      const minute = `${action} ${Math.floor(now() / MINUTE_MS)}`;
      const count = (begun.get(minute) ?? 0) + 1;
      begun.set(minute, count);
      if (count > callsPerMinute) broken('more calls than the window', `${count} of ${minute}`);
    },
    releases(by, sentAt) {
      if (!knowsTheTime(by)) return;
      const minute = Math.floor(sentAt / MINUTE_MS);
      const count = (released.get(minute) ?? 0) + 1;
      released.set(minute, count);
      if (count > releasesPerMinute) broken('too many releases', `${count} in minute ${minute}`);
    },
  };
}
