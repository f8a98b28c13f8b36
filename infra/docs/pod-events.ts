import type { CoreV1Api } from '@kubernetes/client-node';
import { createPodApi } from '../../shared/adapters/kubernetes/pods.ts';
import { KINDS, type Kind } from '../../shared/claim/identity.ts';
import { REASONS, type Reason } from '../../shared/claim/reason.ts';

/** An Event that a pod can get about one kind of address. */
export interface WrittenEvent {
  readonly kind: Kind;
  readonly told: Reason;
  readonly type: string;
  readonly reason: string;
}

/** Every Event that the pods' adapter writes for a reason: asked of the adapter itself, through a client that records. */
export async function writtenEvents(): Promise<readonly WrittenEvent[]> {
  const bodies: { type: string; reason: string }[] = [];
  const recorder = {
    patchNamespacedPod: async () => ({}),
    patchNamespacedPodStatus: async () => ({}),
    createNamespacedEvent: async ({ body }: { body: { type: string; reason: string } }) => bodies.push(body),
  } as unknown as CoreV1Api;
  const log = { debug() {}, info() {}, warn() {} };
  const pods = createPodApi({ clusters: new Map([['c', recorder]]), log, now: () => 0 });
  const written: WrittenEvent[] = [];
  for (const kind of KINDS) {
    for (const told of Object.keys(REASONS) as Reason[]) {
      const key = { clusterId: 'c', namespace: 'default', pod: 'web-0', kind };
      await pods.tell(key, 'uid', { reason: told, ...(told === 'Bound' ? { address: '192.0.2.1' } : {}) });
      const body = bodies.pop();
      if (body) written.push({ kind, told, type: body.type, reason: body.reason });
    }
  }
  return written;
}
