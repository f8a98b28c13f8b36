import type { Annotations } from './story.ts';

/** What a pod asks for, read off the few annotations that stories use, and by nothing of the product's. */
export interface Asks {
  /** `unclear`: nobody can say, so that what is there must stay. */
  readonly eip: 'no' | 'unclear' | (Asked & { readonly named: string | undefined });
  readonly ip: 'no' | Asked;
}

interface Asked {
  readonly keepMs: number;
  /** For how long cannot be read: what the pod has of this kind is kept, and nothing of it is begun. */
  readonly isPuzzling: boolean;
}

const RELEASE = 'k8s.aliyun.com/pod-eip-release-strategy';
const HOURS = 'network.alibabacloud.com/fixed-ip-release-after';
const UNREADABLE_RELEASE = 'soon';
const UNREADABLE_HOURS = 'x';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export function asksOf(annotations: Annotations): Asks {
  return { eip: eipOf(annotations), ip: ipOf(annotations) };
}

function eipOf(annotations: Annotations): Asks['eip'] {
  const withEip = annotations['k8s.aliyun.com/pod-with-eip'];
  const named = annotations['k8s.aliyun.com/pod-eip-instanceid'];
  if (withEip === 'false') return 'no';
  if (withEip === 'yes') return 'unclear';
  if (withEip === undefined && named === undefined) return 'no';
  const release = annotations[RELEASE];
  return { named, keepMs: releaseOf(release), isPuzzling: release === UNREADABLE_RELEASE };
}

function releaseOf(release: string | undefined): number {
  if (release === undefined || release === 'Follow') return 0;
  const minutes = /^(\d+)m$/.exec(release);
  // For ever, or nobody can say for how long.
  return minutes ? Number(minutes[1]) * MINUTE : Number.POSITIVE_INFINITY;
}

function ipOf(annotations: Annotations): Asks['ip'] {
  if (annotations['network.alibabacloud.com/enable-fixed-ip'] !== 'true') return 'no';
  const hours = annotations[HOURS];
  if (hours === undefined) return { keepMs: 48 * HOUR, isPuzzling: false };
  const keepMs = /^\d+$/.test(hours) ? Number(hours) * HOUR : Number.POSITIVE_INFINITY;
  return { keepMs, isPuzzling: hours === UNREADABLE_HOURS };
}
