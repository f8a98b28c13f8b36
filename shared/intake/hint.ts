import { z } from 'zod/mini';
import { isClusterId, isNamespaceName, isPodName } from '../claim/identity.ts';
import type { Hint } from '../reconcile/ports.ts';

/** The one message that travels on our own queue; `holdfast` is its version. */
const MESSAGE = z.object({
  holdfast: z.literal(1),
  cluster: z.string().check(z.refine(isClusterId)),
  namespace: z.string().check(z.refine(isNamespaceName)),
  pod: z.string().check(z.refine(isPodName)),
  attempt: z.optional(z.int().check(z.nonnegative(), z.maximum(1_000))),
  look: z.optional(z.boolean()),
});

export function encodeHint({ clusterId, namespace, pod, attempt, look }: Hint): string {
  return JSON.stringify({
    holdfast: 1,
    cluster: clusterId,
    namespace,
    pod,
    ...(attempt ? { attempt } : {}),
    ...(look ? { look } : {}),
  });
}

/** The hint in an already parsed message; undefined for anything else. */
export function decodeHint(message: unknown): Hint | undefined {
  const parsed = MESSAGE.safeParse(message);
  if (!parsed.success) return undefined;
  const { cluster, namespace, pod, attempt, look } = parsed.data;
  return {
    clusterId: cluster,
    namespace,
    pod,
    ...(attempt === undefined ? {} : { attempt }),
    ...(look === undefined ? {} : { look }),
  };
}
