import { type EventRecorder, referenceTo } from '../kubernetes/client/event-recorder.ts';
import type { Container, Pod } from '../kubernetes/client/objects.ts';
import { containersOf } from './pod-status.ts';

/** The Events of one pod, in a kubelet's words. Source: kubernetes, pkg/kubelet/events and kuberuntime. */
export interface PodAnnouncements {
  /** Its image was on the node, or was pulled. */
  started(container: Container, image: 'present' | 'pulled'): void;
  stopping(): void;
  restarting(container: Container): void;
  evicted(message: string): void;
  withoutInterface(error: Error, virtual: boolean): void;
}

/** `pod` gives the newest state: Events name its revision. */
export function announcementsOf(pod: () => Pod, recorder: EventRecorder): PodAnnouncements {
  const say = (type: 'Normal' | 'Warning', reason: string, message: string) =>
    recorder.record(referenceTo(pod(), 'v1', 'Pod'), type, reason, message);
  const sayOf = (container: Container, reason: string, message: string) => {
    const list = containersOf(pod()).some(({ name }) => name === container.name)
      ? 'containers'
      : 'initContainers';
    const fieldPath = `spec.${list}{${container.name}}`;
    recorder.record({ ...referenceTo(pod(), 'v1', 'Pod'), fieldPath }, 'Normal', reason, message);
  };
  return {
    started(container, image) {
      const name = container.image ?? '';
      if (image === 'pulled') {
        sayOf(container, 'Pulling', `Pulling image "${name}"`);
        sayOf(
          container,
          'Pulled',
          `Successfully pulled image "${name}" in 0s (0s including waiting). Image size: 0 bytes.`,
        );
      } else sayOf(container, 'Pulled', `Container image "${name}" already present on machine`);
      sayOf(container, 'Created', `Created container ${container.name}`);
      sayOf(container, 'Started', `Started container ${container.name}`);
    },
    stopping() {
      for (const container of containersOf(pod())) {
        sayOf(container, 'Killing', `Stopping container ${container.name}`);
      }
    },
    restarting: (container) =>
      sayOf(container, 'Killing', `Container ${container.name} failed liveness probe, will be restarted`),
    evicted: (message) => say('Warning', 'Evicted', message),
    withoutInterface: ({ message }, virtual) =>
      virtual
        ? say('Warning', 'ProviderCreateFailed', message)
        : say('Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${message}`),
  };
}
