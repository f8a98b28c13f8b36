import { describe, expect, it } from 'vitest';
import { KINDS, type Kind } from '../../shared/claim/identity.ts';
import { resyncPass } from '../../shared/reconcile/resync.ts';
import { createJourney, drive, hinted, type Leg, swept } from '../rig/journey.ts';
import { createFate } from '../rig/mortal-ports.ts';
import { identityOf, type Rig, startRig } from '../rig/parts.ts';

const MINUTE = 60_000;
/** In this cloud, states that are reached in the background take their time. */
const SLOWEST_STATE_MS = 1_000;
/** Enough to see what is wrong. */
const MOST_FAILURES = 3;

/**
 * Takes one leg of a journey; the function dies after its call number `at`, its hint never comes again, and only the
 * sweeps run. Tells the call. Lost answers are in faults.test.ts, deaths whose hint comes again, call by call and in
 * pairs, in test/simulation/crash-matrix-*.test.ts; here it is the real services that answer.
 */
async function travel(rig: Rig, leg: Leg, at: number): Promise<string | undefined> {
  await leg.happen();
  const fate = createFate(rig.newPorts, { kind: 'dies after', at });
  await leg.run(fate.newPorts()).catch(() => {});
  await rig.context.clock.advance(MINUTE);
  await drive(rig, swept(rig), rig.newPorts);
  await rig.context.clock.advance(SLOWEST_STATE_MS);
  await leg.arrived();
  return fate.struck() ? fate.calls[at] : undefined;
}

/** One journey after the other, each hit once in every leg and one call later than the one before. */
async function travelOn(kind: Kind): Promise<{ hits: string[]; failures: string[] }> {
  const hits: string[] = [];
  const failures: string[] = [];
  let rig = await startRig({ openApi: {} });
  let hitSome = true;
  for (let at = 0; hitSome; at++) {
    const journey = createJourney(rig, kind, `web-${at}`);
    let where = '';
    hitSome = false;
    try {
      for (const leg of journey.legs) {
        where = `${leg.name}, call ${at}`;
        const call = await travel(rig, leg, at);
        if (call === undefined) continue;
        hits.push(call);
        hitSome = true;
      }
      where = `after call ${at} of each leg`;
      await journey.nothingLeft();
    } catch (error) {
      failures.push(`${where}: ${(error as Error).message}`);
      if (failures.length >= MOST_FAILURES) break;
      hitSome = true;
      await rig.close();
      rig = await startRig({ openApi: {} });
    }
    failures.push(...journey.violations.map((violation) => `call ${at}: ${violation}`));
    journey.end();
  }
  await rig.close();
  return { hits, failures };
}

const ACTING: Readonly<Record<Kind, readonly string[]>> = {
  eip: ['claims.save', 'eips.allocate', 'eips.associate', 'eips.unassociate', 'eips.release', 'pods.tell'],
  ip: ['claims.save', 'enis.assignAny', 'enis.assign', 'enis.unassign', 'enis.park', 'pods.tell'],
};

describe.each(KINDS)('a function that works on an %s, at every one of its calls', (kind) => {
  it('dies after it, and only the sweeps run: the pod keeps its address, and nothing is left over', async () => {
    const { hits, failures } = await travelOn(kind);
    expect(failures).toEqual([]);
    expect(hits).toEqual(expect.arrayContaining([...ACTING[kind]]));
  });
});

describe('a sweep, at every one of its calls', () => {
  it.each(['dies after', 'loses the answer of'] as const)(
    '%s it: what nobody claims goes all the same, and what a pod has stays',
    async (blow) => {
      const rig = await startRig({ openApi: {} });
      const pod = await rig.startPod('web-0', { 'k8s.aliyun.com/pod-with-eip': 'true' });
      await drive(rig, hinted('web-0'), rig.newPorts);
      const [own] = rig.world.eips();

      const hits: string[] = [];
      for (let at = 0, hit = true; hit; at++) {
        const { eips, enis } = rig.newPorts().cloud.bind;
        await eips.allocate({ ...identityOf('gone-0'), kind: 'eip' }, `token-${at}`, {});
        const hold = await enis.park(spareAddress(rig));
        await enis.unassign(hold, spareAddress(rig).address);
        await rig.context.clock.advance(11 * MINUTE);

        const fate = createFate(rig.newPorts, { kind: blow, at });
        for (let pass = 0; pass < 5; pass++) {
          await resyncPass(fate.newPorts()).catch(() => {});
          await rig.context.clock.advance(MINUTE);
        }
        const call = fate.calls[at];
        hit = fate.struck();
        if (hit && call) hits.push(call);
        const where = `${blow} call ${at}, ${call}`;
        expect(rig.world.eips(), where).toMatchObject([{ id: own?.id, binding: { instanceId: pod.eniId } }]);
        expect(
          rig.world.enis().map(({ id }) => id),
          where,
        ).toEqual([pod.eniId]);
      }
      expect(hits).toEqual(expect.arrayContaining(['claims.suspect', 'eips.release', 'enis.dropParking']));
      await rig.close();
    },
  );
});

/** A private IP that nobody has. */
function spareAddress({ world }: Rig) {
  const {
    defaults: {
      vSwitchIds: [id],
      securityGroupId,
    },
  } = world;
  return { id, address: '192.168.1.250', securityGroupId };
}
