import type { Bench, Case } from './kubernetes-battery.ts';
import type { Answer, Fields } from './kubernetes-probe.ts';

const map = (name: string, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
});

const gone = (answer: Answer) => answer.status === 404;

/** Creates an owner and dependents of it, with what else their references carry. */
async function family(bench: Bench, reference: object = {}): Promise<Fields> {
  const { body } = await bench.quietly('POST', 'configmaps', map('owner'));
  const { uid } = body.metadata as { uid: string };
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid, ...reference };
  await bench.quietly('POST', 'secrets', { metadata: { name: 'child', ownerReferences: [owner] } });
  return owner;
}

/** Collection of what owners leave behind, and of namespaces. */
export const COLLECTOR_CASES: readonly Case[] = [
  {
    name: 'dependents follow their owner',
    async run(bench) {
      await family(bench);
      await bench.send('DELETE', 'configmaps/owner');
      await bench.eventually('secrets/child', gone);
      await bench.send('GET', 'secrets/child');
    },
  },
  {
    name: 'orphans stay, without their owner',
    async run(bench) {
      await family(bench);
      await bench.send('DELETE', 'configmaps/owner', { propagationPolicy: 'Orphan' });
      await bench.eventually('configmaps/owner', gone);
      await bench.send('GET', 'secrets/child');
    },
  },
  {
    name: 'an owner in the foreground waits for its dependents',
    async run(bench) {
      const owner = await family(bench, { blockOwnerDeletion: true });
      await bench.quietly('POST', 'secrets', {
        metadata: { name: 'held', ownerReferences: [owner], finalizers: ['example.com/hold'] },
      });
      await bench.send('DELETE', 'configmaps/owner', { propagationPolicy: 'Foreground' });
      await bench.eventually('secrets/child', gone);
      await bench.eventually(
        'secrets/held',
        ({ body }) => (body.metadata as Fields).deletionTimestamp !== undefined,
      );
      await bench.send('GET', 'configmaps/owner');
      await bench.quietly('PATCH', 'secrets/held', { metadata: { finalizers: null } }, 'merge');
      await bench.eventually('configmaps/owner', gone);
    },
  },
  {
    name: 'one owner that lives is enough',
    async run(bench) {
      const owner = await family(bench);
      const { body } = await bench.quietly('POST', 'configmaps', map('second'));
      const second = { ...owner, name: 'second', uid: (body.metadata as Fields).uid };
      await bench.quietly(
        'PATCH',
        'secrets/child',
        { metadata: { ownerReferences: [owner, second] } },
        'merge',
      );
      await bench.send('DELETE', 'configmaps/owner');
      await bench.eventually(
        'secrets/child',
        (answer) => ((answer.body.metadata as Fields).ownerReferences as unknown[]).length === 1,
      );
      await bench.send('GET', 'secrets/child');
    },
  },
  {
    name: 'an owner that never was takes its dependents along',
    async run(bench) {
      const ownerReferences = [
        { apiVersion: 'v1', kind: 'ConfigMap', name: 'never', uid: '5a2fef18-d6c5-41de-8c5c-a998cfe5ba8b' },
      ];
      await bench.send('POST', 'secrets', { metadata: { name: 'child', ownerReferences } });
      await bench.eventually('secrets/child', gone);
    },
  },
  {
    name: 'a namespace goes with all that is in it',
    async run(bench) {
      const name = `inner-${bench.namespace}`;
      const inner = `/api/v1/namespaces/${name}`;
      await bench.quietly('POST', '/api/v1/namespaces', { metadata: { name } });
      await bench.quietly('POST', `${inner}/configmaps`, map('a'));
      await bench.quietly('POST', `${inner}/configmaps`, map('held', { finalizers: ['example.com/hold'] }));
      await bench.send('DELETE', inner);
      await bench.eventually(`${inner}/configmaps/a`, gone);
      await bench.send('POST', `${inner}/configmaps`, map('late'));
      await bench.quietly('PATCH', `${inner}/configmaps/held`, { metadata: { finalizers: null } }, 'merge');
      await bench.eventually(inner, gone);
      await bench.send('GET', inner);
    },
  },
];
