import type { Clock } from '../kernel/clock.ts';
import { isStatus, type KubernetesClient } from '../kubernetes/client/client.ts';
import type { Pod } from '../kubernetes/client/objects.ts';
import { paths } from '../kubernetes/client/paths.ts';
import type { StatusPatch } from './pod-status.ts';

/** What a node knows of one pod, and how it writes about it. The UID keeps it off a later pod of the same name. */
export interface PodWriter {
  /** The newest state that was seen. */
  pod(): Pod;
  saw(pod: Pod): void;
  /** Repeats a step until it succeeds; rejects when the signal aborts. Waits while the node is lost. */
  insist<T>(
    what: string,
    signal: AbortSignal,
    step: () => Promise<T>,
    onFailure?: (error: Error) => void,
  ): Promise<T>;
  annotate(annotations: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void>;
  /** Writes of the status go one after the other; each is computed when its turn comes, undefined is none. */
  writeStatus(status: () => StatusPatch | undefined, signal: AbortSignal): Promise<void>;
  /** Removes the object for good, as a kubelet does at the end. */
  remove(signal: AbortSignal): Promise<void>;
}

export interface PodWriterOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly node: string;
  /** Resolves while the node works; waits while it is lost. */
  readonly working: () => Promise<void>;
  readonly log: (line: string) => void;
}

const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5_000;

export function createPodWriter(first: Pod, options: PodWriterOptions): PodWriter {
  const { client, clock, node, working, log } = options;
  const { namespace = '', name = '', uid = '' } = first.metadata;
  let newest = first;
  let writing = Promise.resolve();

  const saw = (pod: Pod) => {
    if (revisionOf(pod) > revisionOf(newest)) newest = pod;
  };
  const insist: PodWriter['insist'] = async (what, signal, step, onFailure) => {
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)) {
      await working();
      signal.throwIfAborted();
      try {
        return await step();
      } catch (error) {
        signal.throwIfAborted();
        log(`${node}: ${what} of ${namespace}/${name}: ${(error as Error).message}`);
        onFailure?.(error as Error);
        await clock.sleep(retryMs, signal);
      }
    }
  };
  const unlessGone = async (step: () => Promise<unknown>) => {
    try {
      await step();
    } catch (error) {
      // Gone already, or another pod has the name.
      if (!isStatus(error, 404) && !isStatus(error, 409)) throw error;
    }
  };
  const patch = (body: object, subresource?: string) =>
    unlessGone(async () => {
      saw(await client.patch<Pod>(paths.pods(namespace, name, subresource), 'strategic', body));
    });

  return {
    pod: () => newest,
    saw,
    insist,
    annotate: (annotations, signal) =>
      insist('annotating', signal, () => patch({ metadata: { uid, annotations } })),
    writeStatus(status, signal) {
      const write = () =>
        insist('writing the status', signal, async () => {
          const change = status();
          if (change) await patch({ metadata: { uid }, status: change }, 'status');
        });
      const written = writing.then(write);
      writing = written.catch(() => {});
      return written;
    },
    remove: (signal) =>
      insist('removing', signal, () =>
        unlessGone(() =>
          client.remove(paths.pods(namespace, name), { gracePeriodSeconds: 0, preconditions: { uid } }),
        ),
      ),
  };
}

const revisionOf = (pod: Pod) => BigInt(pod.metadata.resourceVersion ?? '0');
