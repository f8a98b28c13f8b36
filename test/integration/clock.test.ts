import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resyncPass } from '../../shared/reconcile/resync.ts';
import { retainPass } from '../../shared/reconcile/retain.ts';
import { drive, hinted, toldOf } from '../rig/journey.ts';
import { identityOf, type Rig, startRig } from '../rig/parts.ts';
import { passMinutes, settle, sweep } from '../rig/timers.ts';

const EIP = { 'k8s.aliyun.com/pod-with-eip': 'true', 'k8s.aliyun.com/pod-eip-release-strategy': '10m' };
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

/** Ports of a function whose own clock is wrong by so much. */
const off = (ms: number) => () => rig.newPorts({ now: () => rig.context.clock.now() + ms });

describe.each([
  ['two days ahead', 2 * DAY],
  ['a day behind', -DAY],
])('a function whose clock is %s', (_, ms) => {
  it('binds an address as any other', async () => {
    await rig.startPod('web-0', EIP);
    await drive(rig, hinted('web-0'), off(ms));
    expect(await toldOf(rig, 'eip', 'web-0')).toBe(rig.world.eips()[0]?.address);
  });

  it('puts no end on record that is too early', async () => {
    const pod = await rig.startPod('web-0', EIP);
    await settle(rig, 'web-0');
    await rig.endPod(pod);
    const ended = rig.context.clock.now();
    await drive(rig, hinted('web-0'), off(ms));
    const {
      claims: { eip },
    } = await rig.newPorts().claims.read(identityOf('web-0'));
    expect(eip).toMatchObject({ phase: 'Retained' });
    expect(eip?.phase === 'Retained' && eip.retainUntil).toBeGreaterThanOrEqual(ended + 10 * MINUTE);
  });

  it('releases nothing before its time, and hinders nobody who does at its time', async () => {
    const pod = await rig.startPod('web-0', EIP);
    await settle(rig, 'web-0');
    await rig.endPod(pod);
    await settle(rig, 'web-0');
    for (let minute = 0; minute < 9; minute++) {
      await rig.context.clock.advance(MINUTE);
      await retainPass(off(ms)());
      await resyncPass(off(ms)());
      for (const hint of await rig.takeHints()) await drive(rig, hinted(hint.pod, true), off(ms));
    }
    expect(rig.world.eips()).toMatchObject([{ status: 'Available' }]);
    await rig.context.clock.advance(MINUTE);
    await sweep(rig);
    expect(rig.world.eips()).toEqual([]);
  });

  it('takes no young EIP for an orphan, and hinders nobody who finds it when it is old', async () => {
    const { eips } = rig.newPorts().cloud.bind;
    await eips.allocate({ ...identityOf('gone-0'), kind: 'eip' }, 'token-1', {});
    for (let minute = 0; minute < 5; minute++) {
      await rig.context.clock.advance(MINUTE);
      await resyncPass(off(ms)());
    }
    expect(rig.world.eips()).toHaveLength(1);
    await passMinutes(rig, 12);
    expect(rig.world.eips()).toEqual([]);
  });
});
