import type { Process } from '../process/process.ts';
import type { Broken } from '../rules.ts';

/** How much is done at once. */
export interface Pace {
  /** A process begins a call of the cloud. */
  begins(action: string, by: Process): void;
  /** A process gives back the address of a claim. */
  releases(claim: string, by: Process): void;
}

export interface PaceOptions {
  now(): number;
  /** Calls of one API in a minute, over all processes. */
  readonly callsPerMinute: number;
  readonly releasesPerPass: number;
  readonly broken: Broken;
}

const MINUTE_MS = 60_000;

export function createPace({ now, callsPerMinute, releasesPerPass, broken }: PaceOptions): Pace {
  /** Calls that began, by API and minute. */
  const begun = new Map<string, number>();
  /** The pods whose addresses each process has given back: both addresses of one are released in one go. */
  const releasedBy = new Map<Process, Set<string>>();

  /** Whoever has a wrong clock cannot know which minute it is, nor what was released since it began. */
  const knowsTheTime = (process: Process) => process.now() === now();

  return {
    begins(action, by) {
      if (!knowsTheTime(by)) return;
      const minute = `${action} ${Math.floor(now() / MINUTE_MS)}`;
      const count = (begun.get(minute) ?? 0) + 1;
      begun.set(minute, count);
      if (count > callsPerMinute) broken('more calls than the window', `${count} of ${minute}`);
    },
    releases(claim, by) {
      const pods = releasedBy.get(by) ?? new Set();
      releasedBy.set(by, pods.add(claim.slice(0, claim.lastIndexOf('/'))));
      if (pods.size > releasesPerPass && by.name === 'retain' && knowsTheTime(by))
        broken('too many releases', `${by.name}#${by.number} releases those of ${pods.size} pods`);
    },
  };
}
