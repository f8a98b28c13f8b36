import { parseGoDuration } from '../net/duration.ts';
import type { Retention } from './claim.ts';
import type { Kind } from './identity.ts';

/** What a pod asks for. `unreadable` is neither yes nor no: what it has is kept, nothing new is bought. */
export interface Wishes {
  readonly eip: EipWish | 'unreadable' | undefined;
  readonly ip: IpWish | 'unreadable' | undefined;
  readonly problems: readonly Problem[];
}

export interface EipWish {
  readonly retention: Retention;
  /** Mbit/s; the cloud's own default when left out. */
  readonly bandwidth?: number;
  /** The user's own EIP. */
  readonly allocationId?: string;
}

export interface IpWish {
  readonly retention: Retention;
}

/** An annotation that could not be read, or that does not count: quoted to the user, with what would be right. */
export interface Problem {
  /** Whose wish it is in: the other kind goes on as if nothing were wrong. */
  readonly kind: Kind;
  readonly annotation: string;
  readonly value: string;
  readonly allowed: string;
  /** The other spelling of the same annotation, which says something else and counts. */
  readonly counts?: string;
}

const LONGEST_QUOTE = 120;

export function wordProblem({ annotation, value, allowed, counts }: Problem): string {
  const quoted = `${annotation} is "${value.slice(0, LONGEST_QUOTE)}"`;
  return counts === undefined
    ? `${quoted}; allowed is ${allowed}. What the pod has is kept.`
    : `${quoted}; ${counts} says something else, and counts.`;
}

/** How each annotation is spelled, first spelling wins. The newer vendor prefix goes before the older one. */
const both = (suffix: string, ...aliases: string[]): readonly string[] => [
  `network.alibabacloud.com/${suffix}`,
  `k8s.aliyun.com/${suffix}`,
  ...aliases,
];

/**
 * The annotations that are read. `docs/annotations.md` is generated from this table.
 * Sources: ACK, Attach an independent EIP to a pod; ACS, Configure a static IP address for a pod; ECI, Configure a
 * fixed IP address for a pod.
 */
export const ANNOTATIONS = {
  withEip: {
    names: both('pod-with-eip', 'k8s.aliyun.com/eci-with-eip'),
    allowed: '"true" or "false"',
    meaning:
      'Give the pod an EIP. With "false" it gets none, even if another annotation names an EIP of yours.',
  },
  eipId: {
    names: both('pod-eip-instanceid', 'k8s.aliyun.com/eci-eip-instanceid'),
    allowed: 'the id of an EIP, such as eip-bp14qxxxxxxx',
    meaning: 'Bind this EIP of yours. It is unbound when the pod is gone and never released.',
  },
  eipBandwidth: {
    names: both('eip-bandwidth'),
    allowed: 'a whole number of Mbit/s from 1 to 200',
    meaning: 'Peak bandwidth of an EIP that is bought for the pod.',
  },
  eipRelease: {
    names: both('pod-eip-release-strategy'),
    allowed: 'Follow, Never, or a Go duration such as 10m or 5m30s',
    meaning:
      'What becomes of the EIP when the pod is gone: released at once (Follow, the default), kept for ever (Never), or kept for that long.',
  },
  fixedIp: {
    names: ['network.alibabacloud.com/enable-fixed-ip', 'k8s.aliyun.com/eci-fixed-ip'],
    allowed: '"true" or "false"',
    meaning: 'Give the pod a fixed private IP.',
  },
  fixedIpHours: {
    names: ['network.alibabacloud.com/fixed-ip-release-after', 'k8s.aliyun.com/eci-fixed-ip-retain-hour'],
    allowed: 'a whole number of hours from 0 to 87600',
    meaning:
      'How many hours the fixed private IP is kept when the pod is gone. Default: 48. It goes to no other name for a minute in any case.',
  },
} as const;

const HOUR_MS = 3_600_000;
const DEFAULT_FIXED_IP_HOURS = 48;
const LONGEST_HOURS = 87_600;
const LARGEST_BANDWIDTH = 200;

/** What the annotations of a pod ask for, and what in them could not be read. No annotation is about both kinds. */
export function readWishes(annotations: Readonly<Record<string, string>>): Wishes {
  const problems: Problem[] = [];

  const readFor =
    (kind: Kind): Read =>
    (entry, parse) => {
      const { names, allowed } = ANNOTATIONS[entry];
      const [first, ...others] = names.flatMap((annotation) => {
        const value = annotations[annotation];
        return value === undefined ? [] : [{ annotation, value }];
      });
      if (first === undefined) return undefined;
      for (const other of others)
        if (other.value.trim() !== first.value.trim())
          problems.push({ kind, ...other, allowed, counts: first.annotation });
      const parsed = parse(first.value.trim());
      if (parsed !== undefined) return parsed;
      problems.push({ kind, ...first, allowed });
      return 'unreadable';
    };

  const eip = readEip(readFor('eip'));
  const ip = readIp(readFor('ip'));
  return { eip, ip, problems };
}

type Read = <T>(
  entry: keyof typeof ANNOTATIONS,
  parse: (value: string) => T | undefined,
) => T | 'unreadable' | undefined;

function readEip(read: Read): Wishes['eip'] {
  const enabled = read('withEip', parseBoolean);
  // Said in so many words: whoever named an EIP as well takes this back to get it.
  if (enabled === false) return undefined;
  const allocationId = read('eipId', (value) => (/^eip-[a-z0-9]+$/.test(value) ? value : undefined));
  if (enabled === 'unreadable' || allocationId === 'unreadable') return 'unreadable';
  if (!allocationId && !enabled) return undefined;
  const bandwidth = read('eipBandwidth', parseWhole(1, LARGEST_BANDWIDTH));
  if (bandwidth === 'unreadable') return 'unreadable';
  const release = read('eipRelease', parseRelease);
  return {
    // Law 7: an unreadable retention means keep.
    retention: release === 'unreadable' ? { kind: 'never' } : (release ?? { kind: 'follow' }),
    ...(bandwidth === undefined ? {} : { bandwidth }),
    ...(allocationId === undefined ? {} : { allocationId }),
  };
}

function readIp(read: Read): Wishes['ip'] {
  const enabled = read('fixedIp', parseBoolean);
  if (enabled === 'unreadable') return 'unreadable';
  if (!enabled) return undefined;
  const hours = read('fixedIpHours', parseWhole(0, LONGEST_HOURS));
  if (hours === 'unreadable') return { retention: { kind: 'never' } };
  return { retention: { kind: 'after', ms: (hours ?? DEFAULT_FIXED_IP_HOURS) * HOUR_MS } };
}

function parseBoolean(value: string): boolean | undefined {
  if (value === 'true') return true;
  return value === 'false' ? false : undefined;
}

const parseWhole = (low: number, high: number) => (value: string) => {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  return number >= low && number <= high ? number : undefined;
};

function parseRelease(value: string): Retention | undefined {
  if (value === 'Follow') return { kind: 'follow' };
  if (value === 'Never') return { kind: 'never' };
  const ms = parseGoDuration(value);
  return ms === undefined ? undefined : { kind: 'after', ms };
}
