import type { AddressKind, Wishes } from './ledger.ts';
import type { Workload } from './plan.ts';

/** Workloads as objects of Kubernetes, and what their pods are told. Names as the vendor's pages have them. */
export const NAMESPACE = 'chaos';
export const WORKLOAD_LABEL = 'chaos/workload';

/** Where a pod finds what it was given. Source: ACK, Attach an independent EIP to a pod. */
export const TOLD: Readonly<
  Record<AddressKind, { readonly annotation: string; readonly condition: string }>
> = {
  ip: { annotation: 'holdfast.io/fixed-ip', condition: 'holdfast.io/fixed-ip' },
  eip: { annotation: 'k8s.aliyun.com/allocated-eipAddress', condition: 'k8s.aliyun.com/eip' },
};

const MINUTE = 60_000;

export function manifestOf(workload: Workload, givenEipId: string | undefined): object {
  const { kind, name, replicas, parallel, wishes } = workload;
  const labels = { [WORKLOAD_LABEL]: name };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: NAMESPACE },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      ...(kind === 'StatefulSet'
        ? { serviceName: name, podManagementPolicy: parallel ? 'Parallel' : 'OrderedReady' }
        : {}),
      template: {
        metadata: { labels, annotations: annotationsOf(wishes, givenEipId) },
        spec: { containers: [{ name: 'main', image: 'nginx' }] },
      },
    },
  };
}

function annotationsOf({ eip, ip }: Wishes, givenEipId: string | undefined): Record<string, string> {
  return {
    ...(givenEipId !== undefined && { 'k8s.aliyun.com/pod-eip-instanceid': givenEipId }),
    ...(eip !== undefined && givenEipId === undefined
      ? { 'k8s.aliyun.com/pod-with-eip': 'true', 'k8s.aliyun.com/pod-eip-release-strategy': strategy(eip) }
      : {}),
    ...(ip !== undefined && {
      'network.alibabacloud.com/enable-fixed-ip': 'true',
      'network.alibabacloud.com/fixed-ip-release-after': String(ip / (60 * MINUTE)),
    }),
  };
}

function strategy(retentionMs: number): string {
  if (retentionMs === 0) return 'Follow';
  return retentionMs === Number.POSITIVE_INFINITY ? 'Never' : `${retentionMs / MINUTE}m`;
}
