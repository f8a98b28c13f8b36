import { describe, expect, it } from 'vitest';
import type { Claim } from '../../shared/claim/claim.ts';
import { readPod } from '../../shared/reconcile/absence.ts';
import type { Ports } from '../../shared/reconcile/ports.ts';
import { bound, HERE, keyOf, MINUTE, NOW, podAt, released, retained } from './claim-scene.ts';

/** An API server, and whether it shows this pod and any other one. */
function createCluster({ pod = podAt(HERE), isEmpty = false } = {}) {
  const marks = new Map<string, number>();
  let now = NOW;
  let present = false;
  let onList = () => {};
  const ports = {
    now: () => now,
    pods: {
      skewMs: () => 0,
      read: async () => (present ? pod : 'absent'),
      isEmpty: async () => {
        onList();
        return isEmpty;
      },
    },
    claims: {
      suspect: async (name: string, at: number) => {
        if (!marks.has(name)) marks.set(name, at);
        return marks.get(name);
      },
      clearSuspect: async (name: string) => void marks.delete(name),
    },
  } as unknown as Ports;
  return {
    read: (...claims: readonly (Claim | undefined)[]) => readPod(ports, keyOf('eip'), claims),
    pass: (ms: number) => {
      now += ms;
    },
    show: () => {
      present = true;
    },
    showAtTheNextList: () => {
      onList = () => {
        present = true;
      };
    },
    pod,
  };
}

describe('a pod that its cluster does not show', () => {
  it('is absent where the cluster shows others', async () => {
    expect(await createCluster().read(bound('eip'))).toBe('absent');
  });

  it.each([
    ['bound', bound('eip')],
    ['retained', retained('eip')],
  ])('proves nothing for an address that is %s, where the cluster shows none at all', async (_, claim) => {
    const cluster = createCluster({ isEmpty: true });
    await expect(cluster.read(claim)).rejects.toThrow(
      'c-1 shows no pod at all: that web-0 is not there proves nothing',
    );
  });

  it('is absent all the same where nothing is kept for it', async () => {
    const cluster = createCluster({ isEmpty: true });
    expect(await cluster.read(undefined, released('eip'))).toBe('absent');
  });

  it('is absent where the cluster has shown none at all for ten minutes', async () => {
    const cluster = createCluster({ isEmpty: true });
    await expect(cluster.read(bound('eip'))).rejects.toThrow();
    cluster.pass(10 * MINUTE - 1);
    await expect(cluster.read(bound('eip'))).rejects.toThrow();
    cluster.pass(1);
    expect(await cluster.read(bound('eip'))).toBe('absent');
  });

  it('is there where the API server had its data back between two answers', async () => {
    const cluster = createCluster();
    cluster.showAtTheNextList();
    expect(await cluster.read(bound('eip'))).toBe(cluster.pod);
  });

  it('is read as it is when it is shown', async () => {
    const cluster = createCluster({ isEmpty: true });
    cluster.show();
    expect(await cluster.read(bound('eip'))).toBe(cluster.pod);
  });
});
