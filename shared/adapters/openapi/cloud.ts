import type { Cloud, Lane, Quota } from '../../reconcile/ports.ts';
import type { TimeLeft } from '../time-left.ts';
import type { OpenApiCall } from './call.ts';
import { createEipCloud } from './eips.ts';
import { createEniCloud } from './enis.ts';
import { gated } from './gate.ts';
import type { ParkingBooks } from './parking.ts';

export interface CloudOptions {
  readonly vpc: OpenApiCall;
  readonly ecs: OpenApiCall;
  readonly installation: string;
  readonly books: ParkingBooks;
  readonly vpcId?: string | undefined;
  readonly quota: Pick<Quota, 'take'>;
  readonly remainingMs: TimeLeft;
}

/** The cloud as each lane reaches it: the same services, behind a gate of its own. */
export function createCloud({
  vpc,
  ecs,
  quota,
  remainingMs,
  ...options
}: CloudOptions): Readonly<Record<Lane, Cloud>> {
  const behind = (lane: Lane): Cloud => {
    const gate = { quota, lane, remainingMs };
    return {
      eips: createEipCloud(gated(vpc, gate), options),
      enis: createEniCloud(gated(ecs, gate), options),
    };
  };
  return { bind: behind('bind'), release: behind('release') };
}
