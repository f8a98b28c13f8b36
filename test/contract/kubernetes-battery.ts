import { COLLECTOR_CASES } from './kubernetes-collector-cases.ts';
import { DELETION_CASES } from './kubernetes-deletion-cases.ts';
import { KIND_CASES } from './kubernetes-kind-cases.ts';
import { mask } from './kubernetes-mask.ts';
import { OBJECT_CASES } from './kubernetes-object-cases.ts';
import { PATCH_CASES } from './kubernetes-patch-cases.ts';
import {
  type Answer,
  type Fields,
  MEDIA,
  send,
  type Target,
  type Watching,
  watch,
} from './kubernetes-probe.ts';
import { READ_CASES } from './kubernetes-read-cases.ts';
import { TABLE_CASES } from './kubernetes-table-cases.ts';

/** What a case has in hand: a namespace of its own, and requests whose answers are recorded. */
export interface Bench {
  readonly namespace: string;
  /** Sends and records. `path` is short for a path below the namespace (`configmaps/a`), or absolute, with `$ns` in it. */
  send(method: string, path: string, body?: unknown, media?: keyof typeof MEDIA): Promise<Answer>;
  /** Sends without recording. */
  quietly(method: string, path: string, body?: unknown, media?: keyof typeof MEDIA): Promise<Answer>;
  /** As `send`, asking for a Table or another form of the answer. */
  accept(form: string, path: string): Promise<Answer>;
  watch(path: string): Promise<Watching>;
  /** Records something that is no answer. */
  note(value: unknown): void;
  /** Waits until `check` holds for the answer of a GET; fails after half a minute. */
  eventually(path: string, check: (answer: Answer) => boolean): Promise<void>;
}

export interface Case {
  readonly name: string;
  run(bench: Bench): Promise<void>;
}

/** What every API server must do by itself. */
export const SERVER_CASES: readonly Case[] = [
  ...OBJECT_CASES,
  ...READ_CASES,
  ...PATCH_CASES,
  ...DELETION_CASES,
  ...KIND_CASES,
  ...TABLE_CASES,
];

/** What the collector and the namespace controller do; a real server needs its controller manager for these. */
export { COLLECTOR_CASES };

const GROUPS: Readonly<Record<string, string>> = {
  statefulsets: '/apis/apps/v1',
  deployments: '/apis/apps/v1',
  replicasets: '/apis/apps/v1',
  controllerrevisions: '/apis/apps/v1',
  leases: '/apis/coordination.k8s.io/v1',
};

export function pathOf(short: string, namespace: string): string {
  if (short.startsWith('/')) return short.replaceAll('$ns', namespace);
  const plural = /^[a-z]+/.exec(short)?.[0] ?? '';
  return `${GROUPS[plural] ?? '/api/v1'}/namespaces/${namespace}/${short}`;
}

/** Runs one case in a namespace of its own and returns its answers, masked. */
export async function runCase(target: Target, { run }: Case, namespace: string): Promise<unknown[]> {
  const answers: unknown[] = [];
  const watches: Watching[] = [];
  await send(target, 'POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  const at = (path: string) => pathOf(path, namespace);
  const quietly: Bench['quietly'] = (method, path, body, media = 'json') =>
    send(target, method, at(path), body, MEDIA[media]);
  const record = (answer: Answer) => {
    answers.push({ status: answer.status, body: structuredClone(answer.body) });
    return answer;
  };
  const bench: Bench = {
    namespace,
    quietly,
    send: async (...request) => record(await quietly(...request)),
    accept: async (form, path) => record(await send(target, 'GET', at(path), undefined, MEDIA.json, form)),
    async watch(path) {
      const opened = await watch(target, at(path));
      watches.push(opened);
      return opened;
    },
    note: (value) => answers.push(structuredClone(value)),
    async eventually(path, check) {
      for (let attempt = 0; attempt < 600; attempt++) {
        if (check(await quietly('GET', path))) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`${path} did not become what the case waits for`);
    },
  };
  try {
    await run(bench);
  } finally {
    for (const opened of watches) opened.close();
    await send(target, 'DELETE', `/api/v1/namespaces/${namespace}`);
  }
  return mask(answers, namespace);
}

/** All cases' answers, by the name of the case. */
export async function runBattery(target: Target, cases: readonly Case[]): Promise<Record<string, unknown[]>> {
  const results: Record<string, unknown[]> = {};
  for (const [index, one] of cases.entries()) {
    results[one.name] = await runCase(target, one, `battery-${index}-${Date.now().toString(36)}`);
  }
  return results;
}

/** Events of a watch, as far as both servers must agree on them. */
export function shortEvents(events: readonly Fields[]): unknown[] {
  return events.map(({ type, object }) => {
    const { metadata, data, code, reason, kind } = object as Fields;
    const { name, labels, resourceVersion, deletionTimestamp, deletionGracePeriodSeconds, finalizers } =
      (metadata ?? {}) as Fields;
    return {
      type,
      kind,
      ...(code === undefined ? { name, labels, resourceVersion, data } : { code, reason }),
      deletionTimestamp,
      deletionGracePeriodSeconds,
      finalizers,
    };
  });
}
