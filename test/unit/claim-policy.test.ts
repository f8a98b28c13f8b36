import { describe, expect, it } from 'vitest';
import { ANNOTATIONS, readWishes, wordProblem } from '../../shared/claim/policy.ts';

const NEWER = 'network.alibabacloud.com';
const OLDER = 'k8s.aliyun.com';
const HOUR = 3_600_000;
const EIP_ON = { [`${OLDER}/pod-with-eip`]: 'true' };
const IP_ON = { [`${NEWER}/enable-fixed-ip`]: 'true' };

const eipOf = (annotations: Record<string, string>) => readWishes(annotations).eip;
const ipOf = (annotations: Record<string, string>) => readWishes(annotations).ip;

describe('a pod without annotations', () => {
  it('wishes nothing, and nothing is wrong', () => {
    expect(readWishes({})).toEqual({ eip: undefined, ip: undefined, problems: [] });
    expect(readWishes({ app: 'web', 'example.com/pod-with-eip': 'true' }).eip).toBeUndefined();
  });

  it('wishes nothing where only the details of an address are given', () => {
    const details = { [`${NEWER}/eip-bandwidth`]: 'junk', [`${NEWER}/fixed-ip-release-after`]: 'junk' };
    expect(readWishes(details)).toEqual({ eip: undefined, ip: undefined, problems: [] });
  });
});

describe('the wish for an EIP', () => {
  it.each([`${NEWER}/pod-with-eip`, `${OLDER}/pod-with-eip`, `${OLDER}/eci-with-eip`])(
    'is spelled %s',
    (name) => {
      expect(eipOf({ [name]: 'true' })).toStrictEqual({ retention: { kind: 'follow' } });
      expect(eipOf({ [name]: 'false' })).toBeUndefined();
    },
  );

  it('goes by the newer prefix where both are there', () => {
    const both = (newer: string, older: string) =>
      eipOf({ [`${OLDER}/pod-with-eip`]: older, [`${NEWER}/pod-with-eip`]: newer });
    expect(both('true', 'false')).toBeDefined();
    expect(both('false', 'true')).toBeUndefined();
  });

  it('is told which spelling counts where two of them disagree', () => {
    const [newer, older] = [`${NEWER}/pod-with-eip`, `${OLDER}/pod-with-eip`];
    const { eip, problems } = readWishes({ [older]: 'false', [newer]: 'true' });
    expect(eip).toEqual({ retention: { kind: 'follow' } });
    expect(problems).toMatchObject([{ kind: 'eip', annotation: older, value: 'false', counts: newer }]);
    expect(problems.map(wordProblem)).toEqual([
      `${older} is "false"; ${newer} says something else, and counts.`,
    ]);
    for (const [one, other] of [
      [' true', 'true'],
      ['true', 'true\n'],
    ] as const)
      expect(readWishes({ [older]: one, [newer]: other })).toEqual({ eip, ip: undefined, problems: [] });
  });

  it('is none where it is "false", though an EIP is named', () => {
    const named = { [`${OLDER}/pod-eip-instanceid`]: 'eip-bp14q' };
    expect(readWishes({ ...named, [`${OLDER}/pod-with-eip`]: 'false' })).toMatchObject({
      eip: undefined,
      problems: [],
    });
    expect(eipOf(named)).toMatchObject({ allocationId: 'eip-bp14q' });
  });

  it.each(['True', 'TRUE', 'yes', '1', '', 'truetrue'])('cannot be read where it is %j', (value) => {
    expect(readWishes({ [`${OLDER}/pod-with-eip`]: value })).toEqual({
      eip: 'unreadable',
      ip: undefined,
      problems: [{ kind: 'eip', annotation: `${OLDER}/pod-with-eip`, value, allowed: '"true" or "false"' }],
    });
  });

  it('is read though there are blanks around it', () => {
    expect(readWishes({ [`${OLDER}/pod-with-eip`]: ' true\n' })).toEqual({
      eip: { retention: { kind: 'follow' } },
      ip: undefined,
      problems: [],
    });
  });
});

describe('the EIP that a pod names', () => {
  it.each([`${NEWER}/pod-eip-instanceid`, `${OLDER}/pod-eip-instanceid`, `${OLDER}/eci-eip-instanceid`])(
    'is spelled %s, and is a wish by itself',
    (name) => {
      expect(eipOf({ [name]: 'eip-bp14q' })).toEqual({
        retention: { kind: 'follow' },
        allocationId: 'eip-bp14q',
      });
    },
  );

  it.each(['eip-', 'EIP-1', 'eip-1,eip-2', '47.0.0.1', '', 'eip-1 x'])(
    'cannot be read where it is %j',
    (value) => {
      const { eip, problems } = readWishes({ ...EIP_ON, [`${OLDER}/pod-eip-instanceid`]: value });
      expect(eip).toBe('unreadable');
      expect(problems).toMatchObject([{ annotation: `${OLDER}/pod-eip-instanceid`, value }]);
    },
  );
});

describe('the bandwidth', () => {
  it.each([`${NEWER}/eip-bandwidth`, `${OLDER}/eip-bandwidth`])('is spelled %s', (name) => {
    expect(eipOf({ ...EIP_ON, [name]: '20' })).toMatchObject({ bandwidth: 20 });
  });

  it('is left to the cloud where none is given', () => {
    expect(eipOf(EIP_ON)).not.toHaveProperty('bandwidth');
  });

  it.each(['1', '200'])('may be %s', (value) => {
    expect(eipOf({ ...EIP_ON, [`${OLDER}/eip-bandwidth`]: value })).toMatchObject({
      bandwidth: Number(value),
    });
  });

  it.each(['0', '201', '-5', '5.5', '5M', '', '1e2', '0x10'])('cannot be read where it is %j', (value) => {
    const { eip, problems } = readWishes({ ...EIP_ON, [`${OLDER}/eip-bandwidth`]: value });
    expect(eip).toBe('unreadable');
    expect(problems).toEqual([
      {
        kind: 'eip',
        annotation: `${OLDER}/eip-bandwidth`,
        value,
        allowed: 'a whole number of Mbit/s from 1 to 200',
      },
    ]);
  });
});

describe('the release of an EIP', () => {
  it.each([
    ['Follow', { kind: 'follow' }],
    ['Never', { kind: 'never' }],
    ['10m', { kind: 'after', ms: 600_000 }],
    ['5m30s', { kind: 'after', ms: 330_000 }],
    ['0s', { kind: 'after', ms: 0 }],
  ])('may be %s', (value, retention) => {
    for (const prefix of [NEWER, OLDER])
      expect(readWishes({ ...EIP_ON, [`${prefix}/pod-eip-release-strategy`]: value })).toEqual({
        eip: { retention },
        ip: undefined,
        problems: [],
      });
  });

  it.each(['follow', 'never', 'NEVER', '10', '-10m', '10 minutes', '', '1d'])(
    'that is %j cannot be read, and means never',
    (value) => {
      const { eip, problems } = readWishes({ ...EIP_ON, [`${OLDER}/pod-eip-release-strategy`]: value });
      expect(eip).toEqual({ retention: { kind: 'never' } });
      expect(problems).toEqual([
        {
          kind: 'eip',
          annotation: `${OLDER}/pod-eip-release-strategy`,
          value,
          allowed: 'Follow, Never, or a Go duration such as 10m or 5m30s',
        },
      ]);
    },
  );
});

describe('the wish for a fixed private IP', () => {
  it.each([`${NEWER}/enable-fixed-ip`, `${OLDER}/eci-fixed-ip`])(
    'is spelled %s, and is kept 48 hours',
    (name) => {
      expect(ipOf({ [name]: 'true' })).toEqual({ retention: { kind: 'after', ms: 48 * HOUR } });
      expect(ipOf({ [name]: 'false' })).toBeUndefined();
      expect(ipOf({ [name]: 'on' })).toBe('unreadable');
    },
  );

  it.each([`${NEWER}/fixed-ip-release-after`, `${OLDER}/eci-fixed-ip-retain-hour`])(
    'is kept for the hours in %s',
    (name) => {
      const kept = (value: string) => ipOf({ ...IP_ON, [name]: value });
      expect(kept('1')).toEqual({ retention: { kind: 'after', ms: HOUR } });
      expect(kept('0')).toEqual({ retention: { kind: 'after', ms: 0 } });
      expect(kept('87600')).toEqual({ retention: { kind: 'after', ms: 87_600 * HOUR } });
    },
  );

  it.each(['87601', '-1', '1.5', '48h', '', 'Never'])('is kept for ever where the hours are %j', (value) => {
    const { ip, problems } = readWishes({ ...IP_ON, [`${NEWER}/fixed-ip-release-after`]: value });
    expect(ip).toEqual({ retention: { kind: 'never' } });
    expect(problems).toEqual([
      {
        kind: 'ip',
        annotation: `${NEWER}/fixed-ip-release-after`,
        value,
        allowed: 'a whole number of hours from 0 to 87600',
      },
    ]);
  });
});

describe('both kinds', () => {
  it('are wished for and misspelled independently of each other', () => {
    const { eip, ip, problems } = readWishes({
      ...EIP_ON,
      [`${OLDER}/eip-bandwidth`]: 'fast',
      ...IP_ON,
      [`${NEWER}/fixed-ip-release-after`]: 'long',
    });
    expect(eip).toBe('unreadable');
    expect(ip).toEqual({ retention: { kind: 'never' } });
    expect(problems).toMatchObject([
      { kind: 'eip', value: 'fast' },
      { kind: 'ip', value: 'long' },
    ]);
  });
});

describe('a problem in words', () => {
  const problem = {
    kind: 'eip',
    annotation: `${OLDER}/eip-bandwidth`,
    value: 'fast',
    allowed: 'a number',
  } as const;

  it('quotes the annotation and says what is allowed', () => {
    expect(wordProblem(problem)).toBe(
      `${OLDER}/eip-bandwidth is "fast"; allowed is a number. What the pod has is kept.`,
    );
  });

  it('quotes no more than the beginning of a long value', () => {
    expect(wordProblem({ ...problem, value: 'x'.repeat(121) })).toContain(` is "${'x'.repeat(120)}";`);
  });
});

describe('the table of annotations', () => {
  it('has no name twice, and says of each what is allowed and what it means', () => {
    const entries = Object.values(ANNOTATIONS);
    const names = entries.flatMap((entry) => entry.names);
    expect(new Set(names).size).toBe(names.length);
    for (const { allowed, meaning } of entries) expect(allowed && meaning).toBeTruthy();
  });
});
