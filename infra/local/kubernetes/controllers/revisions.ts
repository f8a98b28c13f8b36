import { isStatus, type KubernetesClient } from '../client/client.ts';
import type { Informer } from '../client/informer.ts';
import type { PodTemplate } from '../client/objects.ts';
import { paths } from '../client/paths.ts';
import { canonical, fingerprint } from './fingerprint.ts';
import { ownerReference } from './pod-writes.ts';
import type { ControllerRevision, StatefulSet } from './workloads.ts';

/** The revisions of a StatefulSet, the newest last. */
export const byRevision = (revisions: readonly ControllerRevision[]): ControllerRevision[] =>
  [...revisions].sort((left, right) => left.revision - right.revision);

/** The template that a revision stands for. */
export function templateOf(revision: ControllerRevision): PodTemplate {
  const { $patch: _, ...template } = revision.data.spec.template as PodTemplate & { $patch?: string };
  return template;
}

export interface RevisionWrites {
  readonly client: KubernetesClient;
  readonly informer: Informer<ControllerRevision>;
}

/**
 * The revision of the set's present template. One that stood for the same template before becomes the newest again,
 * as after `kubectl rollout undo`.
 */
export async function presentRevision(
  { client, informer }: RevisionWrites,
  set: StatefulSet,
  revisions: readonly ControllerRevision[],
): Promise<{ revision: ControllerRevision; collisionCount: number }> {
  const { namespace = '', name = '' } = set.metadata;
  const wanted = canonical(set.spec.template);
  const newest = revisions.at(-1)?.revision ?? 0;
  let collisionCount = set.status?.collisionCount ?? 0;
  const equal = revisions.filter((revision) => canonical(templateOf(revision)) === wanted).at(-1);
  if (equal) {
    if (equal.revision === newest) return { revision: equal, collisionCount };
    const path = paths.controllerRevisions(namespace, equal.metadata.name);
    const revision = await client.patch<ControllerRevision>(path, 'merge', { revision: newest + 1 });
    informer.learn(revision);
    return { revision, collisionCount };
  }
  for (;;) {
    const hash = fingerprint(set.spec.template, collisionCount);
    try {
      const revision = await client.create<ControllerRevision>(paths.controllerRevisions(namespace), {
        apiVersion: 'apps/v1',
        kind: 'ControllerRevision',
        metadata: {
          name: `${name}-${hash}`,
          namespace,
          labels: { ...set.spec.template.metadata?.labels, 'controller.kubernetes.io/hash': hash },
          ownerReferences: [ownerReference(set, 'apps/v1', 'StatefulSet')],
        },
        // The form of a strategic merge patch: that is what `kubectl rollout undo` applies.
        data: { spec: { template: { ...set.spec.template, $patch: 'replace' } } },
        revision: newest + 1,
      });
      informer.learn(revision);
      return { revision, collisionCount };
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
      const path = paths.controllerRevisions(namespace, `${name}-${hash}`);
      const taken = await client.get<ControllerRevision>(path);
      const ours = taken.metadata.ownerReferences?.some((owner) => owner.uid === set.metadata.uid);
      if (ours && canonical(templateOf(taken)) === wanted) return { revision: taken, collisionCount };
      collisionCount++;
    }
  }
}

const DEFAULT_HISTORY = 10;

/** The revisions that nothing uses any more, beyond the history that is kept. */
export function expiredRevisions(
  set: StatefulSet,
  revisions: readonly ControllerRevision[],
  inUse: ReadonlySet<string>,
): ControllerRevision[] {
  const idle = revisions.filter((revision) => !inUse.has(revision.metadata.name ?? ''));
  const limit = set.spec.revisionHistoryLimit ?? DEFAULT_HISTORY;
  return idle.slice(0, Math.max(0, idle.length - limit));
}
