import { type Fields, fieldsAt, type KubeObject, listAt, numberAt, recordsAt, textAt } from './objects.ts';

const DISRUPTED_BY_NODE = 'NodeLost';

/** READY, STATUS and RESTARTS of a pod. Source: Kubernetes, pkg/printers/internalversion, printPod. */
export function podSummary(pod: KubeObject): { ready: string; status: string; restarts: number } {
  const status = fieldsAt(pod, 'status');
  const total = listAt(pod, 'spec', 'containers').length;
  let reason = textAt(status, 'reason') || textAt(status, 'phase');
  const initial = initialReason(pod, status);
  let { restarts } = initial;
  let ready = 0;
  if (initial.reason !== undefined) reason = initial.reason;
  else {
    restarts = 0;
    let running = false;
    for (const container of recordsAt(status, 'containerStatuses').reverse()) {
      restarts += numberAt(container, 'restartCount') ?? 0;
      const waiting = textAt(container, 'state', 'waiting', 'reason');
      const terminated = container.state !== undefined ? fieldsAt(container, 'state', 'terminated') : {};
      if (waiting !== '') reason = waiting;
      else if (Object.keys(terminated).length > 0) reason = terminatedReason(terminated);
      else if (container.ready === true && 'running' in fieldsAt(container, 'state')) {
        running = true;
        ready++;
      }
    }
    if (reason === 'Completed' && running) reason = isReady(status) ? 'Running' : 'NotReady';
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    reason = textAt(status, 'reason') === DISRUPTED_BY_NODE ? 'Unknown' : 'Terminating';
  }
  return { ready: `${ready}/${total}`, status: reason, restarts };
}

function initialReason(pod: KubeObject, status: Fields): { reason?: string; restarts: number } {
  const total = listAt(pod, 'spec', 'initContainers').length;
  let restarts = 0;
  for (const [index, container] of recordsAt(status, 'initContainerStatuses').entries()) {
    restarts += numberAt(container, 'restartCount') ?? 0;
    const state = fieldsAt(container, 'state');
    const terminated = fieldsAt(state, 'terminated');
    if ('terminated' in state) {
      if (numberAt(terminated, 'exitCode') === 0) continue;
      return { reason: `Init:${terminatedReason(terminated)}`, restarts };
    }
    const waiting = textAt(state, 'waiting', 'reason');
    if (waiting !== '' && waiting !== 'PodInitializing') return { reason: `Init:${waiting}`, restarts };
    return { reason: `Init:${index}/${total}`, restarts };
  }
  return { restarts };
}

function terminatedReason(terminated: Fields): string {
  const reason = textAt(terminated, 'reason');
  if (reason !== '') return reason;
  const signal = numberAt(terminated, 'signal') ?? 0;
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${numberAt(terminated, 'exitCode') ?? 0}`;
}

const isReady = (status: Fields) =>
  recordsAt(status, 'conditions').some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  );

export function podIp(pod: KubeObject): string {
  return textAt(recordsAt(pod, 'status', 'podIPs')[0], 'ip') || textAt(pod, 'status', 'podIP') || '<none>';
}

/** How many readiness gates hold, as `1/2`; `<none>` without gates. */
export function readinessGates(pod: KubeObject): string {
  const gates = recordsAt(pod, 'spec', 'readinessGates');
  if (gates.length === 0) return '<none>';
  const conditions = recordsAt(pod, 'status', 'conditions');
  const passed = gates.filter((gate) =>
    conditions.some((condition) => condition.type === gate.conditionType && condition.status === 'True'),
  );
  return `${passed.length}/${gates.length}`;
}
