import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatClaimKey, isPodName, type Kind, parseClaimKey } from '../../shared/claim/identity.ts';
import { ANNOTATIONS, readWishes } from '../../shared/claim/policy.ts';
import { runs } from './effort.ts';

const NAMES = Object.values(ANNOTATIONS).flatMap(({ names }) => [...names]);
const IP_NAMES: readonly string[] = [ANNOTATIONS.fixedIp, ANNOTATIONS.fixedIpHours].flatMap(
  ({ names }) => names,
);
const value = fc.oneof(
  fc.string(),
  fc.constantFrom('true', 'false', 'Follow', 'Never', '10m', '48', '5', 'eip-1', '', ' ', '-1', '1e9', '0x1'),
);
const annotations = fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string()), value);

describe('any annotations', () => {
  it('are read into wishes that the rest of the code can trust', () => {
    fc.assert(
      fc.property(annotations, (given) => {
        const { eip, ip, problems } = readWishes(given);
        for (const wish of [eip, ip]) {
          if (wish === undefined || wish === 'unreadable') continue;
          if (wish.retention.kind === 'after') {
            expect(Number.isSafeInteger(wish.retention.ms)).toBe(true);
            expect(wish.retention.ms).toBeGreaterThanOrEqual(0);
          }
        }
        if (eip && eip !== 'unreadable') {
          expect(eip.allocationId ?? 'eip-1').toMatch(/^eip-[a-z0-9]+$/);
          expect(eip.bandwidth ?? 1).toBeGreaterThanOrEqual(1);
        }
        const kinds = problems.map(({ kind }) => kind);
        if (eip === 'unreadable') expect(kinds).toContain('eip');
        if (ip === 'unreadable') expect(kinds).toContain('ip');
      }),
      runs(2_000),
    );
  });

  it('have each problem quoted as it was written, with what would be right', () => {
    fc.assert(
      fc.property(annotations, (given) => {
        for (const problem of readWishes(given).problems) {
          expect(problem.value).toBe(given[problem.annotation]);
          expect(problem.allowed).not.toBe('');
        }
      }),
      runs(1_000),
    );
  });

  it('are read for one kind of address as if those for the other were not there', () => {
    fc.assert(
      fc.property(annotations, (given) => {
        const forIp = (name: string) => IP_NAMES.includes(name);
        const only = (isOfKind: (name: string) => boolean) =>
          readWishes(Object.fromEntries(Object.entries(given).filter(([name]) => isOfKind(name))));
        const { eip, ip, problems } = readWishes(given);
        const about = (kind: Kind) => problems.filter((problem) => problem.kind === kind);
        expect(only((name) => !forIp(name))).toEqual({ eip, ip: undefined, problems: about('eip') });
        expect(only(forIp)).toEqual({ eip: undefined, ip, problems: about('ip') });
      }),
      runs(2_000),
    );
  });

  it('never give an unreadable retention an end', () => {
    fc.assert(
      fc.property(annotations, (given) => {
        const { eip, ip, problems } = readWishes(given);
        const isBroken = (entry: keyof typeof ANNOTATIONS) =>
          problems.some(
            ({ annotation, counts }) =>
              counts === undefined && ANNOTATIONS[entry].names.some((name) => name === annotation),
          );
        if (isBroken('eipRelease') && eip !== 'unreadable') expect(eip?.retention).toEqual({ kind: 'never' });
        if (isBroken('fixedIpHours') && ip !== 'unreadable') expect(ip?.retention).toEqual({ kind: 'never' });
      }),
      runs(2_000),
    );
  });
});

describe('claim keys', () => {
  const part = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?$/);
  const key = fc.record({
    clusterId: part,
    namespace: part,
    pod: part,
    kind: fc.constantFrom('ip' as const, 'eip' as const),
  });

  it('are read back from their names, and no two have the same', () => {
    fc.assert(
      fc.property(key, key, (one, other) => {
        expect(parseClaimKey(formatClaimKey(one))).toEqual(one);
        if (formatClaimKey(one) === formatClaimKey(other)) expect(one).toEqual(other);
      }),
    );
  });

  it('are read from nothing but such names', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseClaimKey(text);
        if (parsed) expect(formatClaimKey(parsed)).toBe(text);
      }),
    );
  });

  it('hold pod names that Kubernetes would take', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (isPodName(text)) expect(text).toMatch(/^[a-z0-9][-a-z0-9.]*$/);
      }),
    );
  });
});
