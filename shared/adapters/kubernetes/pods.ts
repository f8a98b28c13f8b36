import { createHash } from 'node:crypto';
import {
  ApiException,
  type CoreV1Api,
  PatchStrategy,
  setHeaderOptions,
  type V1PodList,
} from '@kubernetes/client-node';
import type { ClaimKey, Identity } from '../../claim/identity.ts';
import type { Told } from '../../claim/observation.ts';
import {
  BOUND_REASON_TEXT,
  CONDITION_TYPES,
  EVENT_SUBJECTS,
  NORMAL_REASONS,
  RESULT_ANNOTATIONS,
} from '../../claim/reason.ts';
import { wordTold } from '../../claim/words.ts';
import { OWN_COMPONENT } from '../../intake/envelope.ts';
import type { ListedPod, Log, PodApi, PodEvent, Verdict } from '../../reconcile/ports.ts';
import { failure, isVerdict } from '../failure.ts';
import { requireTime, type TimeLeft } from '../time-left.ts';
import { toPodView } from './pod-view.ts';
import { createServerClock, type ServerClock } from './server-clock.ts';

const PAGE = 500;
const WORTH_A_WARNING_MS = 30_000;

export interface PodApiOptions {
  /** Clients by cluster id. */
  readonly clusters: ReadonlyMap<string, CoreV1Api>;
  readonly log: Log;
  readonly remainingMs: TimeLeft;
  /** False where the cluster's time is known to be another than ours. Default: true. */
  readonly comparesClocks?: boolean;
  /** Epoch ms. */
  now(): number;
  /** Monotonic, ms; see `createServerClock`. */
  elapsedMs?(): number;
}

export function createPodApi({
  clusters,
  log,
  remainingMs,
  comparesClocks = true,
  now,
  elapsedMs,
}: PodApiOptions): PodApi {
  /** For one call: law 9 is looked to here. */
  const clientOf = (clusterId: string): CoreV1Api => {
    requireTime(remainingMs, `cluster ${clusterId}`);
    const api = clusters.get(clusterId);
    if (!api)
      throw failure(
        'unavailable',
        'UnknownCluster',
        `cluster ${clusterId} is in no context of the kubeconfig`,
      );
    return api;
  };

  const clocks = new Map<string, ServerClock>();
  /** The answer's `Date`, in whole seconds, is a clock that does not go by ours. */
  const askTime = (clusterId: string): ((headers: Readonly<Record<string, string>>) => void) => {
    const clock = clocks.get(clusterId) ?? createServerClock({ now, ...(elapsedMs ? { elapsedMs } : {}) });
    clocks.set(clusterId, clock);
    const note = clock.ask();
    return (headers) => {
      const shown = Date.parse(headers.date ?? '');
      if (Number.isNaN(shown) || !comparesClocks) return;
      const known = clock.skewMs() ?? 0;
      note(shown);
      const skewMs = clock.skewMs() ?? 0;
      if (Math.abs(skewMs) >= WORTH_A_WARNING_MS && Math.abs(known) < WORTH_A_WARNING_MS)
        log.warn('two clocks disagree; until they agree, what is kept is kept longer', {
          cluster: clusterId,
          skewMs,
        });
    };
  };

  const writeEvent = async (
    { clusterId, namespace, pod }: Identity,
    podUid: string,
    { type, reason, message }: PodEvent,
  ) => {
    const at = new Date(now());
    // One name for one thing said about one pod: to say it again is a conflict, and so nothing.
    const name = `${pod.slice(0, 200)}.${createHash('sha256').update(`${podUid} ${reason} ${message}`).digest('hex').slice(0, 16)}`;
    try {
      await clientOf(clusterId).createNamespacedEvent({
        namespace,
        body: {
          metadata: { name, namespace },
          involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name: pod, uid: podUid },
          type,
          reason,
          message: message.slice(0, 1_000),
          source: { component: OWN_COMPONENT },
          reportingComponent: OWN_COMPONENT,
          reportingInstance: OWN_COMPONENT,
          firstTimestamp: at,
          lastTimestamp: at,
          count: 1,
        },
      });
    } catch (error) {
      if (statusOf(error) === 409) return;
      // An Event is a courtesy: what it tells about has happened, and is in the condition and the log as well.
      log.warn('an Event could not be written', { cluster: clusterId, namespace, pod, reason, err: error });
    }
  };

  return {
    clusters: [...clusters.keys()],

    skewMs: (clusterId) => (comparesClocks ? clocks.get(clusterId)?.skewMs() : 0),

    async read({ clusterId, namespace, pod }) {
      const api = clientOf(clusterId);
      const noteTime = askTime(clusterId);
      try {
        const { data, headers } = await api.readNamespacedPodWithHttpInfo({ namespace, name: pod });
        noteTime(headers);
        // Law 6: what is not this pod, such as a proxy's page with status 200, would look like one that wants nothing.
        if (!data?.metadata?.uid || data.metadata.name !== pod)
          throw failure(
            'unavailable',
            'NotAPod',
            `the answer about pod ${namespace}/${pod} is no pod of that name`,
          );
        return toPodView(data);
      } catch (error) {
        if (error instanceof ApiException) noteTime(error.headers);
        // Law 6: a 404 about this pod is proof. One about anything else (a wrong path, a proxy's page) is not.
        if (isAboutPod(error, pod)) return 'absent';
        throw readError('the pod could not be read', error);
      }
    },

    async isEmpty(clusterId) {
      try {
        const { items } = await clientOf(clusterId).listPodForAllNamespaces({ limit: 1 });
        return items.length === 0;
      } catch (error) {
        throw readError(`the pods of ${clusterId} could not be listed`, error);
      }
    },

    async list(clusterId) {
      const listed: ListedPod[] = [];
      let next: string | undefined;
      do {
        let page: V1PodList;
        try {
          const api = clientOf(clusterId);
          const noteTime = askTime(clusterId);
          const { data, headers } = await api.listPodForAllNamespacesWithHttpInfo({
            limit: PAGE,
            ...(next ? { _continue: next } : {}),
          });
          noteTime(headers);
          page = data;
        } catch (error) {
          throw readError(`the pods of ${clusterId} could not be listed`, error);
        }
        for (const item of page.items) {
          const { namespace, name: pod } = item.metadata ?? {};
          if (namespace && pod)
            listed.push({ identity: { clusterId, namespace, pod }, view: toPodView(item) });
        }
        next = page.metadata?._continue || undefined;
      } while (next);
      return listed;
    },

    async tell(key, podUid, told) {
      const at = { namespace: key.namespace, name: key.pod };
      try {
        if (told.reason === 'Bound' || told.reason === 'Unwanted') {
          // In a merge patch, null takes an annotation away.
          const annotations = Object.fromEntries(
            RESULT_ANNOTATIONS[key.kind].map((name) => [name, told.address ?? null]),
          );
          // Law 4: the UID in the patch is a fence; on another pod of this name the API server refuses it.
          await clientOf(key.clusterId).patchNamespacedPod(
            { ...at, body: { metadata: { uid: podUid, annotations } } },
            setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
          );
        }
        await clientOf(key.clusterId).patchNamespacedPodStatus(
          {
            ...at,
            body: { metadata: { uid: podUid }, status: { conditions: [toCondition(key, told, now())] } },
          },
          setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
        );
      } catch (error) {
        if (isAboutPod(error, key.pod) || isAboutUid(error)) {
          throw failure(
            'gone',
            'PodReplaced',
            `${key.namespace}/${key.pod} is no longer the pod ${podUid}`,
            error,
          );
        }
        throw readError('the pod could not be told', error);
      }
      // What cannot be read has an Event for each annotation, which is written where the annotations are read.
      if (told.reason !== 'InvalidAnnotation') await writeEvent(key, podUid, toEvent(key, told));
    },

    event: writeEvent,
  };
}

function toCondition(key: ClaimKey, told: Told, now: number) {
  const bound = told.reason === 'Bound';
  const at = new Date(now);
  return {
    type: CONDITION_TYPES[key.kind],
    status: bound ? 'True' : 'False',
    reason: bound ? BOUND_REASON_TEXT[key.kind] : told.reason,
    message: bound ? '' : wordTold(told),
    lastProbeTime: at,
    lastTransitionTime: at,
  };
}

function toEvent({ kind }: ClaimKey, told: Told): PodEvent {
  const { reason, address } = told;
  const subject = EVENT_SUBJECTS[kind];
  return {
    type: NORMAL_REASONS.includes(reason) ? 'Normal' : 'Warning',
    reason: `${subject}${reason}`,
    message: reason === 'Bound' ? `${subject} ${address} is bound to the pod.` : wordTold(told),
  };
}

const statusOf = (error: unknown): number | undefined =>
  error instanceof ApiException ? error.code : undefined;

/** What the API server says of a failure. Source: Kubernetes API, meta/v1 Status. */
interface Status {
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly details?: {
    readonly name?: unknown;
    readonly kind?: unknown;
    readonly causes?: readonly { readonly field?: unknown }[];
  };
}

function bodyOf(error: unknown): Status {
  const body: unknown = error instanceof ApiException ? error.body : undefined;
  return ((typeof body === 'string' ? safeParse(body) : body) ?? {}) as Status;
}

function isAboutPod(error: unknown, pod: string): boolean {
  const { reason, details } = bodyOf(error);
  return statusOf(error) === 404 && reason === 'NotFound' && details?.kind === 'pods' && details.name === pod;
}

/** A patch with another UID than the object's is invalid (422), or a failed precondition (409). */
function isAboutUid(error: unknown): boolean {
  const { message, details } = bodyOf(error);
  switch (statusOf(error)) {
    case 422:
      return details?.causes?.some(({ field }) => field === 'metadata.uid') ?? false;
    case 409:
      return /\buid\b/i.test(String(message));
    default:
      return false;
  }
}

function safeParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const VERDICTS: ReadonlyMap<number, Verdict> = new Map([
  [401, 'forbidden'],
  [403, 'forbidden'],
  [409, 'busy'],
  [422, 'refused'],
  [429, 'throttled'],
]);

function readError(what: string, error: unknown) {
  if (isVerdict(error)) return error;
  const status = statusOf(error);
  const verdict = (status !== undefined && VERDICTS.get(status)) || 'unavailable';
  const text = error instanceof Error ? error.message.slice(0, 300) : String(error);
  return failure(verdict, status === undefined ? 'NoAnswer' : `HTTP${status}`, `${what}: ${text}`, error);
}
