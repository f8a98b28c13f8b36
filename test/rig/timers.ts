import { resyncPass } from '../../shared/reconcile/resync.ts';
import { retainPass } from '../../shared/reconcile/retain.ts';
import { drive, hinted, swept } from './journey.ts';
import type { Rig, StartedPod } from './parts.ts';

const MINUTE = 60_000;

/** Reconciles a pod on its hint until nothing is left to do. */
export const settle = (rig: Rig, pod: string): Promise<void> => drive(rig, hinted(pod), rig.newPorts);

/** A pod that has what it asks for, where that can be had. */
export async function startSettledPod(
  rig: Rig,
  name: string,
  annotations: Record<string, string>,
): Promise<StartedPod> {
  const pod = await rig.startPod(name, annotations);
  await settle(rig, name);
  return pod;
}

/** The timers alone, for as long as they find something to do. */
export const sweep = (rig: Rig): Promise<void> => drive(rig, swept(rig), rig.newPorts);

/** Both timers once a minute, for so many minutes; hints that they give are followed. */
export async function passMinutes(rig: Rig, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await rig.context.clock.advance(MINUTE);
    await swept(rig)(rig.newPorts());
  }
}

/** A leap: both timers at its end, and once more for what only a second look allows. */
export async function leap(rig: Rig, ms: number): Promise<void> {
  await rig.context.clock.advance(ms);
  await resyncPass(rig.newPorts());
  await retainPass(rig.newPorts());
  await passMinutes(rig, 2);
}
