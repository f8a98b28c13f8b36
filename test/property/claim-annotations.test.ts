import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANNOTATIONS, readWishes, wordProblem } from '../../shared/claim/policy.ts';
import { runs } from './effort.ts';

type Entry = keyof typeof ANNOTATIONS;
const ENTRIES = Object.keys(ANNOTATIONS) as Entry[];
const NAMES = Object.values(ANNOTATIONS).flatMap(({ names }) => [...names]);

/** What looks like a number, a truth or a duration to somebody, and is none here. */
const HOSTILE = [
  ...['TRUE', 'True', 'yes', '1', '0', 'on', 'truе', 'true\u200b', '"true"', 'true,false', 'FALSE'],
  ...['١٢', '１０', '²', '+5', '-5', '5.0', '5.', '.5', '1e2', '1e9', '0x10', '0b1', '1_000', '1,000', 'NaN'],
  ...['Infinity', '-0', '00000000005', '4294967296', '9007199254740993', '9'.repeat(400), '5 5', '5m ago'],
  ...[
    'follow',
    'never',
    'NEVER',
    'Follow ',
    '10',
    '10 m',
    '-10m',
    '+10m',
    '10M',
    '1d',
    'PT10M',
    '10m;',
    '1h-5m',
  ],
  ...[
    'eip-',
    'EIP-1',
    'eip-1/..',
    'eip-1,eip-2',
    'eip_1',
    'eip-1\neip-2',
    'eip-ä',
    'vpc-1',
    'undefined',
    'null',
  ],
  ...['', ' ', '\t', '\u00a0', '\u0000', '\ud800', '[object Object]', '__proto__', '{}'],
];
const GOOD = [
  'true',
  'false',
  ' true ',
  'Follow',
  'Never',
  '10m',
  '1.5h',
  '0s',
  '0',
  '48',
  '87600',
  '200',
  'eip-1',
];

const value = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.constantFrom(...GOOD),
  fc.string(),
  fc.string({ unit: 'binary' }),
);
const annotations = fc.dictionary(
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...NAMES) }, fc.string()),
  value,
  {
    maxKeys: 8,
  },
);

/** What counts of an annotation with several spellings: the first that is there. */
const countingIn = (given: Readonly<Record<string, string>>, entry: Entry): string | undefined =>
  ANNOTATIONS[entry].names
    .map((name) => given[name])
    .find((text) => text !== undefined)
    ?.trim();

// Read by other means than the code under test: what the page says of each annotation, word for word.
const MEANT: Readonly<Record<Entry, (text: string) => boolean>> = {
  withEip: (text) => ['true', 'false'].includes(text),
  fixedIp: (text) => ['true', 'false'].includes(text),
  eipId: (text) => /^eip-[a-z0-9]+$/.test(text),
  eipBandwidth: (text) => /^0*(?:[1-9]|[1-9]\d|1\d\d|200)$/.test(text) && text.length <= 9,
  eipRelease: (text) =>
    ['Follow', 'Never'].includes(text) || /^(?:[0-9]+(?:\.[0-9]*)?(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text),
  fixedIpHours: (text) => /^[0-9]{1,9}$/.test(text) && Number(text) <= 87_600,
};

const isRight = (given: Readonly<Record<string, string>>, entry: Entry): boolean => {
  const text = countingIn(given, entry);
  return text !== undefined && MEANT[entry](text);
};

describe('annotations, whatever somebody wrote into them,', () => {
  it('are a wish only where they say so in the words of the page', () => {
    fc.assert(
      fc.property(annotations, (given) => {
        const { eip, ip } = readWishes(given);
        if (typeof ip === 'object') expect(countingIn(given, 'fixedIp')).toBe('true');
        if (typeof eip === 'object') {
          const isNamed = isRight(given, 'eipId');
          expect(countingIn(given, 'withEip') === 'true' || isNamed).toBe(true);
          expect(countingIn(given, 'withEip')).not.toBe('false');
          expect(eip.allocationId).toBe(isNamed ? countingIn(given, 'eipId') : undefined);
          const bandwidth = countingIn(given, 'eipBandwidth');
          expect(eip.bandwidth).toBe(bandwidth === undefined ? undefined : Number.parseInt(bandwidth, 10));
        }
      }),
      runs(2_000),
    );
  });

  it('give an end to a retention only in those words, and are kept for ever otherwise', () => {
    fc.assert(
      fc.property(annotations, (given) => {
        const { eip, ip } = readWishes(given);
        const release = countingIn(given, 'eipRelease');
        if (typeof eip === 'object' && eip.retention.kind !== 'never')
          expect(release === undefined || isRight(given, 'eipRelease')).toBe(true);
        if (typeof eip === 'object' && eip.retention.kind === 'follow')
          expect([undefined, 'Follow']).toContain(release);
        const hours = countingIn(given, 'fixedIpHours');
        if (typeof ip === 'object' && hours !== undefined)
          expect(ip.retention).toEqual(
            isRight(given, 'fixedIpHours')
              ? { kind: 'after', ms: Number(hours) * 3_600_000 }
              : { kind: 'never' },
          );
      }),
      runs(2_000),
    );
  });

  it.each(HOSTILE.filter((text) => !MEANT.eipRelease(text.trim())))(
    'keep an EIP for ever at "%s"',
    (text) => {
      const { eip, problems } = readWishes({
        'k8s.aliyun.com/pod-with-eip': 'true',
        'k8s.aliyun.com/pod-eip-release-strategy': text,
      });
      expect(eip).toEqual({ retention: { kind: 'never' } });
      expect(problems.map(({ value: quoted }) => quoted)).toEqual([text]);
    },
  );

  it('have what is wrong in them quoted, in the words that a pod is told', () => {
    fc.assert(
      fc.property(annotations, (given) => {
        for (const problem of readWishes(given).problems) {
          const words = wordProblem(problem);
          expect(words).toContain(
            `${problem.annotation} is "${(given[problem.annotation] ?? '').slice(0, 120)}"`,
          );
          expect(words).toContain(problem.counts ?? problem.allowed);
          expect(words.length).toBeLessThan(500);
          const entry = ENTRIES.find((one) =>
            ANNOTATIONS[one].names.some((name) => name === problem.annotation),
          );
          if (entry && problem.counts === undefined) expect(isRight(given, entry)).toBe(false);
        }
      }),
      runs(1_000),
    );
  });

  it('may have names that are only properties of every object', () => {
    const names = fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty');
    fc.assert(
      fc.property(fc.dictionary(names, value), (given) => {
        expect(readWishes(given)).toEqual({ eip: undefined, ip: undefined, problems: [] });
      }),
    );
  });
});
