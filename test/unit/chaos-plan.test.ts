import { describe, expect, it } from 'vitest';
import { checkOptions } from '../chaos/options.ts';
import { planChaos } from '../chaos/plan.ts';

const MS = 180_000;
const plan = (seed: number, pods = 200) => planChaos({ seed, pods, ms: MS });

describe('the plan of chaos', () => {
  it('follows from its seed', () => {
    expect(plan(1)).toEqual(plan(1));
    expect(plan(1)).not.toEqual(plan(2));
  });

  it('has about as many pods as asked for, of every sort, however few', () => {
    for (const pods of [1, 30, 200, 600]) {
      const { workloads } = plan(1, pods);
      const count = workloads.reduce((sum, { replicas }) => sum + replicas, 0);
      expect(Math.abs(count - Math.max(pods, workloads.length))).toBeLessThan(10);
      const asked = new Set(workloads.map(({ wishes }) => JSON.stringify(wishes)));
      expect(asked.size).toBe(7);
      expect(workloads.filter(({ givenEip }) => givenEip)).toMatchObject([{ replicas: 1 }, { replicas: 1 }]);
    }
  });

  it('is over when its time is, and never asks for two pods on one EIP of the user', () => {
    const { deeds, kills, spells, losses, watchEnds, workloads } = plan(3);
    for (const list of [deeds, kills, spells, losses, watchEnds]) {
      expect(list.length).toBeGreaterThan(10);
      expect(list.every(({ at }) => at >= 0 && at < MS)).toBe(true);
    }
    const given = workloads.filter(({ givenEip }) => givenEip).map(({ name }) => name);
    for (const deed of deeds)
      if (deed.kind === 'scale' && given.includes(deed.workload)) expect(deed.replicas).toBeLessThan(2);
    expect(new Set(deeds.map(({ kind }) => kind)).size).toBe(6);
    expect(new Set(spells.map(({ rule }) => rule.service)).size).toBe(5);
  });
});

describe('the options of chaos', () => {
  const GIVEN = { minutes: '0.25', seed: '7', pods: '30', json: true };

  it('take fractions of a minute', () => {
    expect(checkOptions(GIVEN)).toEqual({ minutes: 0.25, seed: 7, pods: 30, json: true });
  });

  it.each([
    [{ minutes: '0' }, '--minutes is "0"; it is a number of minutes above 0'],
    [{ minutes: 'ten' }, '--minutes is "ten"; it is a number'],
    [{ minutes: '' }, '--minutes is ""; it is a number'],
    [{ seed: '1.5' }, '--seed is "1.5"; it is a whole number'],
    [{ seed: '-1' }, '--seed is "-1"; it is a whole number'],
    [{ pods: '5000' }, '--pods is "5000"; it is a whole number from 1 to 1000'],
  ])('that are wrong are told what would be right: %j', (given, said) => {
    expect(() => checkOptions({ ...GIVEN, ...given })).toThrow(said);
  });
});
