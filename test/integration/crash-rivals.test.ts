import { describe, expect, it } from 'vitest';
import { KINDS, type Kind } from '../../shared/claim/identity.ts';
import { createJourney, drive, type Journey, type Leg } from '../rig/journey.ts';
import { createFate } from '../rig/mortal-ports.ts';
import { type Rig, startRig } from '../rig/parts.ts';

/** Background states are reached within this. */
const SLOWEST_STATE_MS = 1_000;
/** Enough to see what is wrong. */
const MOST_FAILURES = 3;

/** Whether functions are frozen when pods begin and wake when they are gone, or the other way round. */
type From = 'begin' | 'end';

async function arrive(rig: Rig, leg: Leg): Promise<void> {
  await drive(rig, leg.run, rig.newPorts);
  await rig.context.clock.advance(SLOWEST_STATE_MS);
  await leg.arrived();
}

/**
 * Takes the journey. In every second leg, a function is frozen at its call number `at`, until a rival has done its work,
 * the pod's life has gone on, and what that asks for is done as well. Gives the calls that were late.
 */
async function travel(rig: Rig, journey: Journey, at: number, from: From): Promise<string[]> {
  const late: string[] = [];
  const legs = [...journey.legs];
  if (from === 'end') {
    const bind = legs.shift();
    await bind?.happen();
    if (bind) await arrive(rig, bind);
  }
  for (let leg = legs.shift(); leg; leg = legs.shift()) {
    const [next] = legs;
    // No function is frozen for as long as a retention lasts.
    const goesOn = next && next.name !== 'release';
    const own = leg;
    let latest = leg;
    await leg.happen();
    const fate = createFate(rig.newPorts, {
      kind: 'sleeps before',
      at,
      async meanwhile() {
        await arrive(rig, own);
        if (!goesOn) return;
        await next.happen();
        await arrive(rig, next);
        latest = next;
        legs.shift();
      },
    });
    await drive(rig, leg.run, fate.newPorts);
    await arrive(rig, latest);
    const call = fate.struck() ? fate.calls[at] : undefined;
    if (call !== undefined) late.push(call);
  }
  return late;
}

async function travelOn(kind: Kind, from: From) {
  const failures: string[] = [];
  const calls: string[] = [];
  let rig = await startRig({ openApi: {} });
  for (let at = 0, some = true; some && failures.length < MOST_FAILURES; at++) {
    const journey = createJourney(rig, kind, `web-${at}`);
    try {
      const late = await travel(rig, journey, at, from);
      some = late.length > 0;
      calls.push(...late);
      await journey.nothingLeft();
    } catch (error) {
      failures.push(`call ${at}: ${(error as Error).message}`);
      await rig.close();
      rig = await startRig({ openApi: {} });
    }
    failures.push(...journey.violations.map((violation) => `call ${at}: ${violation}`));
    journey.end();
  }
  await rig.close();
  return { failures, calls };
}

describe.each(KINDS)('a function that works on an %s, frozen at every one of its calls', (kind) => {
  it('when a pod begins, and thawed when that pod is gone, harms nobody, and leaves nothing over', async () => {
    const { failures, calls } = await travelOn(kind, 'begin');
    expect(failures).toEqual([]);
    const late =
      kind === 'eip'
        ? ['eips.allocate', 'eips.associate']
        : ['enis.assignAny', 'enis.assign', 'enis.unassign'];
    expect(calls).toEqual(expect.arrayContaining(['claims.save', 'pods.tell', ...late]));
  });

  it('when a pod is gone, and thawed when the next has its address, harms nobody, and leaves nothing over', async () => {
    const { failures, calls } = await travelOn(kind, 'end');
    expect(failures).toEqual([]);
    const late = kind === 'eip' ? ['eips.unassociate', 'eips.release'] : ['enis.unassign', 'enis.park'];
    expect(calls).toEqual(expect.arrayContaining(['claims.save', ...late]));
  });
});
