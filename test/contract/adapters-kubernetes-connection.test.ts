import diagnostics from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clusterIdsOf, openClusters } from '../../shared/adapters/kubernetes/cluster.ts';
import { EIP, openPodApiStage, type PodApiStage } from './pod-api-stage.ts';

let stage: PodApiStage;
beforeEach(async () => {
  stage = await openPodApiStage();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await stage.close();
});

describe('the connection to an API server', () => {
  /** How many connections are opened while `work` runs. */
  async function connectionsOf(work: () => Promise<unknown>): Promise<number> {
    let opened = 0;
    const count = () => {
      opened++;
    };
    diagnostics.subscribe('net.server.socket', count);
    try {
      await work();
    } finally {
      diagnostics.unsubscribe('net.server.socket', count);
    }
    return opened;
  }

  it('is a new one for each call of the client', async () => {
    await stage.createPod();
    const opened = await connectionsOf(async () => {
      for (let call = 0; call < 3; call++) await stage.readPod();
    });
    expect(opened).toBe(3);
  });

  it('is one for all calls of the adapter', async () => {
    await stage.createPod();
    const opened = await connectionsOf(async () => {
      for (let call = 0; call < 3; call++) await stage.pods.read(EIP);
    });
    expect(opened).toBe(1);
  });
});

describe('an API server that does not answer', () => {
  it('is given up, for a function that waits is killed with its work undone', async () => {
    await stage.createPod();
    const limits = vi
      .spyOn(AbortSignal, 'timeout')
      .mockReturnValue(AbortSignal.abort(new Error('no answer in time')));
    await expect(stage.pods.read(EIP)).rejects.toMatchObject({ verdict: 'unavailable', code: 'NoAnswer' });
    expect(limits).toHaveBeenCalledWith(10_000);
  });
});

describe('a kubeconfig', () => {
  const twoClusters = () => {
    const config = JSON.parse(
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'k', cluster: { server: stage.kubernetes.url } }],
        users: [{ name: 'u', user: { token: stage.kubernetes.token } }],
        contexts: ['c-1', 'c-2'].map((name) => ({ name, context: { cluster: 'k', user: 'u' } })),
      }),
    );
    return JSON.stringify(config);
  };

  it('gives one client for each context, and their names are the cluster ids', () => {
    expect(clusterIdsOf(twoClusters())).toEqual(['c-1', 'c-2']);
    expect([...openClusters(twoClusters()).keys()]).toEqual(['c-1', 'c-2']);
    expect(stage.podsOf(twoClusters()).clusters).toEqual(['c-1', 'c-2']);
  });

  it('with a context that names no cluster is refused', () => {
    const broken = twoClusters().replace('"cluster":"k","user"', '"cluster":"gone","user"');
    expect(() => openClusters(broken)).toThrow('names no cluster');
  });
});
