import type { Kind } from '../../../shared/claim/identity.ts';
import { asksOf } from '../asks.ts';
import type { Pod } from '../cluster/pod.ts';
import type { Process } from '../process/process.ts';

/** Whether a pod asks for an address that is bought or assigned for its name, and for how long it is kept. */
export type Wish = 'no' | 'unclear' | { readonly keepMs: number };

export function wishOf({ annotations }: Pod, kind: Kind): Wish {
  const { eip, ip } = asksOf(annotations);
  if (kind === 'ip') return ip;
  if (eip === 'no' || eip === 'unclear') return eip;
  return eip.named === undefined ? eip : 'no';
}

/** The user's own EIP that the pod names. */
export function namedBy({ annotations }: Pod): string | undefined {
  const { eip } = asksOf(annotations);
  return eip === 'no' || eip === 'unclear' ? undefined : eip.named;
}

/** Since when pods ask for what they ask for now. */
export interface Wishes {
  changed(pod: Pod): void;
  /** It has asked for this since before the process began, so that no honest look can have said otherwise. */
  wantsAllAlong(pod: Pod, process: Process): boolean;
}

export function createWishes(now: () => number): Wishes {
  const changedAt = new WeakMap<Pod, number>();
  return {
    changed(pod) {
      changedAt.set(pod, now());
    },
    wantsAllAlong: (pod, { startedAt }) => (changedAt.get(pod) ?? 0) < startedAt,
  };
}
