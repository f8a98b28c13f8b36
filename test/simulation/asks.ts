import type { Annotations } from './story.ts';

/** What a pod asks for, read off the few annotations that stories use, and by nothing of the product's. */
export interface Asks {
  /** `unclear`: nobody can say, so that what is there must stay. */
  readonly eip: 'no' | 'unclear' | { readonly named: string | undefined; readonly keepMs: number };
  readonly ip: 'no' | { readonly keepMs: number };
  /** Something in it cannot be read: what the pod has is kept, and nothing is begun. */
  readonly puzzling: boolean;
}

const RELEASE = 'k8s.aliyun.com/pod-eip-release-strategy';
const HOURS = 'network.alibabacloud.com/fixed-ip-release-after';
export const UNREADABLE_RELEASE = 'soon';
export const UNREADABLE_HOURS = 'x';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export function asksOf(annotations: Annotations): Asks {
  const eip = eipOf(annotations);
  const ip = ipOf(annotations);
  const isPuzzling =
    eip === 'unclear' ||
    (eip !== 'no' && annotations[RELEASE] === UNREADABLE_RELEASE) ||
    (ip !== 'no' && annotations[HOURS] === UNREADABLE_HOURS);
  return { eip, ip, puzzling: isPuzzling };
}

function eipOf(annotations: Annotations): Asks['eip'] {
  const withEip = annotations['k8s.aliyun.com/pod-with-eip'];
  const named = annotations['k8s.aliyun.com/pod-eip-instanceid'];
  if (withEip === 'false') return 'no';
  if (withEip === 'yes') return 'unclear';
  if (withEip === undefined && named === undefined) return 'no';
  const release = annotations[RELEASE];
  return { named, keepMs: releaseOf(release) };
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
  if (hours === undefined) return { keepMs: 48 * HOUR };
  return { keepMs: /^\d+$/.test(hours) ? Number(hours) * HOUR : Number.POSITIVE_INFINITY };
}
