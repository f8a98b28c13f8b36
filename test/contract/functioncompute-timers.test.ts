import { describe, expect, it } from 'vitest';
import { type Rig, SERVICE, startRig } from './functioncompute-rig.ts';

/** A function that a timer calls; gives the events it got, as JSON. */
async function timed(
  rig: Rig,
  config: object,
  code = `export const handler = async (e) => console.log('got ' + e);`,
) {
  const events: string[] = [];
  rig.fc.onLog(({ line }) => {
    const event = line.split(' got ')[1];
    if (event) events.push(event);
  });
  await rig.deploy('timed', code);
  await rig.sdk.createTrigger(SERVICE, 'timed', {
    triggerName: 'tick',
    triggerType: 'timer',
    triggerConfig: { payload: 'p', enable: true, ...config },
  });
  return events;
}

describe('a timer', () => {
  it('calls its function with the time it was due, at its interval', async () => {
    const rig = await startRig();
    const events = await timed(rig, { cronExpression: '@every 1m' });
    for (let minute = 0; minute < 2; minute++) {
      await rig.context.clock.advance(59_999);
      await rig.fc.idle();
      expect(events).toHaveLength(minute);
      await rig.context.clock.advance(1);
      await rig.fc.idle();
    }
    expect(events.map((event) => JSON.parse(event))).toEqual([
      { triggerTime: '2030-06-01T12:01:00Z', triggerName: 'tick', payload: 'p' },
      { triggerTime: '2030-06-01T12:02:00Z', triggerName: 'tick', payload: 'p' },
    ]);
  });

  it('keeps to a cron expression in its time zone', async () => {
    const rig = await startRig();
    // The clock starts at 12:00 UTC, 20:00 in Shanghai.
    const events = await timed(rig, { cronExpression: 'CRON_TZ=Asia/Shanghai 0 30 20 * * *' });
    await rig.context.clock.advance(30 * 60_000);
    await rig.fc.idle();
    expect(events.map((event) => JSON.parse(event).triggerTime)).toEqual(['2030-06-01T12:30:00Z']);
  });

  it('makes one call of the ticks that come due while the one before still runs', async () => {
    const rig = await startRig();
    const events = await timed(rig, { cronExpression: '@every 1m' });
    await rig.context.clock.advance(2 * 86_400_000);
    await rig.fc.idle();
    expect(events.length).toBeGreaterThan(1);
    expect(events.length).toBeLessThan(2880);
    expect(JSON.parse(events.at(-1) ?? '').triggerTime).toBe('2030-06-03T12:00:00Z');
  });

  it('goes on with its ticks while a call that failed waits for its retry', async () => {
    const rig = await startRig();
    const events = await timed(
      rig,
      { cronExpression: '@every 1s' },
      `export const handler = async (e) => { console.log('got ' + e); throw new Error('broken'); };`,
    );
    for (let second = 0; second < 2; second++) {
      await rig.context.clock.advance(1000);
      await rig.fc.idle();
    }
    const times = events.map((event) => JSON.parse(event).triggerTime.slice(-3));
    expect(times.sort()).toEqual(['01Z', '01Z', '02Z']);
  });

  it('stands still while it is disabled, and after it is deleted', async () => {
    const rig = await startRig();
    const events = await timed(rig, { cronExpression: '@every 1m', enable: false });
    const pass = async () => {
      await rig.context.clock.advance(60_000);
      await rig.fc.idle();
    };
    await pass();
    expect(events).toHaveLength(0);
    await rig.sdk.updateTrigger(SERVICE, 'timed', 'tick', { triggerConfig: { enable: true } });
    await pass();
    expect(events).toHaveLength(1);
    await rig.sdk.deleteTrigger(SERVICE, 'timed', 'tick');
    await pass();
    expect(events).toHaveLength(1);
  });
});
