import { type Moment, momentOf } from '../claim/moment.ts';
import type { Ports } from './ports.ts';

type Clocks = Pick<Ports, 'now' | 'pods'>;

/** Between what it is now, by the own clock and by that of the cluster that has just been asked for a pod. */
export const momentIn = ({ now, pods }: Clocks, clusterId: string): Moment =>
  momentOf(now(), [pods.skewMs(clusterId) ?? 0]);

/** The same by the clocks of all clusters; undefined where none was heard, and the own clock stands alone. */
export function momentByAll({ now, pods }: Clocks): Moment | undefined {
  const skews = pods.clusters.map(pods.skewMs).filter((skew) => skew !== undefined);
  return skews.length === 0 ? undefined : momentOf(now(), skews);
}

/** The same, by the own clock alone where no other was heard yet. */
export const momentAsKnown = (clocks: Clocks): Moment => momentByAll(clocks) ?? momentOf(clocks.now(), []);
