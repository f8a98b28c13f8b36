import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../infra/local/kernel/context.ts';
import { type KubernetesApi, startKubernetesApi } from '../../infra/local/kubernetes/api/server.ts';
import { send } from '../contract/kubernetes-probe.ts';
import { findKubectls } from './kubectl.ts';
import { assetsFolder } from './plane-rig.ts';

const manifest = (image: string, replicas = 2) => `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: ${image}}]
`;

const { own, second } = findKubectls(assetsFolder());

// Newer versions speak another protocol in places: they create with protobuf, and ask for what 1.20 does not know.
if (!second)
  it.skip(`a kubectl of another version than ${own.version}: HOLDFAST_KUBECTL names none, and none is on the PATH`, () => {});

describe.each(second ? [own, second] : [own])(
  'kubectl $version against the local API server',
  ({ program }) => {
    let api: KubernetesApi;
    let folder: string;
    let env: NodeJS.ProcessEnv;

    beforeAll(async () => {
      api = await startKubernetesApi(createContext());
      folder = mkdtempSync(join(tmpdir(), 'kubectl-'));
      const kubeconfig = join(folder, 'config');
      writeFileSync(kubeconfig, api.kubeconfig());
      // A home of its own: kubectl caches what it discovers.
      env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: kubeconfig };
    });
    afterAll(async () => {
      await api?.close();
      if (folder) rmSync(folder, { recursive: true, force: true });
    });

    /** What kubectl prints, errors included. */
    const kubectl = (...args: string[]) =>
      new Promise<string>((resolve) => {
        execFile(program, args, { env, timeout: 30_000 }, (_, stdout, stderr) =>
          resolve((stdout + stderr).trim()),
        );
      });
    const file = (name: string, text: string) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    };
    const table = (text: string) => text.split('\n').map((line) => line.trim().split(/\s{2,}/));

    it('applies a manifest, sees that nothing changed, and changes it', async () => {
      const path = file('web.yaml', manifest('nginx:1'));
      expect(await kubectl('apply', '-f', path)).toBe('statefulset.apps/web created');
      expect(await kubectl('apply', '-f', path)).toBe('statefulset.apps/web unchanged');
      file('web.yaml', manifest('nginx:2'));
      expect(await kubectl('apply', '-f', path)).toBe('statefulset.apps/web configured');
      expect(await kubectl('scale', 'sts', 'web', '--replicas', '5')).toBe('statefulset.apps/web scaled');
      expect(await kubectl('rollout', 'restart', 'sts', 'web')).toBe('statefulset.apps/web restarted');
      const [, row] = table(await kubectl('get', 'sts', 'web', '-o', 'wide'));
      expect(row).toEqual(['web', '0/5', expect.stringMatching(/^\d+s$/), 'c', 'nginx:2']);
      expect(await kubectl('describe', 'sts', 'web')).toContain('Replicas:           5 desired | 0 total');
    });

    it('applies on the server side, and names who else owns a field', async () => {
      const mine = (key: string) =>
        JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owned' }, data: { key } });
      const apply = ['apply', '--server-side', '-f', file('owned.yaml', mine('one'))];
      expect(await kubectl(...apply)).toBe('configmap/owned serverside-applied');
      file('owned.yaml', mine('two'));
      const rival = [...apply, '--field-manager', 'rival'];
      expect(await kubectl(...rival)).toContain(
        'Apply failed with 1 conflict: conflict with "kubectl": .data.key',
      );
      expect(await kubectl(...rival, '--force-conflicts')).toBe('configmap/owned serverside-applied');
      expect(await kubectl('get', 'cm', 'owned', '-o', 'jsonpath={.data.key}')).toBe('two');
    });

    it('shows where a pod runs and waits until it is ready', async () => {
      await kubectl('run', 'p', '--image=nginx', '--labels=app=p');
      expect(await kubectl('get', 'pods', '-l', 'app=p', '--no-headers')).toMatch(/^p +0\/1 +Pending +0 /);
      const waiting = kubectl('wait', 'pod/p', '--for=condition=Ready', '--timeout=20s');
      const pod = '/api/v1/namespaces/default/pods/p';
      await send(api, 'POST', `${pod}/binding`, {
        metadata: { name: 'p' },
        target: { kind: 'Node', name: 'node-1' },
      });
      const status = {
        phase: 'Running',
        podIP: '10.0.0.8',
        podIPs: [{ ip: '10.0.0.8' }],
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [
          { name: 'p', ready: true, restartCount: 0, image: '', imageID: '', state: { running: {} } },
        ],
      };
      await send(api, 'PATCH', `${pod}/status`, { status }, 'application/strategic-merge-patch+json');
      expect(await waiting).toBe('pod/p condition met');
      const [, row] = table(await kubectl('get', 'pod', 'p', '-o', 'wide'));
      expect(row?.slice(0, 4)).toEqual(['p', '1/1', 'Running', '0']);
      expect(row?.slice(5)).toEqual(['10.0.0.8', 'node-1', '<none>', '<none>']);
    });

    it('waits for a deletion until the node has let go', async () => {
      const deleting = kubectl('delete', 'pod', 'p');
      const stored = () => api.store.list('Pod', 'default').find((pod) => pod.metadata.name === 'p');
      await expect.poll(() => stored()?.metadata.deletionTimestamp).toBeDefined();
      expect(await kubectl('get', 'pod', 'p', '--no-headers')).toMatch(/^p +1\/1 +Terminating /);
      await send(api, 'DELETE', '/api/v1/namespaces/default/pods/p', { gracePeriodSeconds: 0 });
      expect(await deleting).toBe('pod "p" deleted');
    });

    it('labels, annotates and patches', async () => {
      await kubectl('create', 'configmap', 'a', '--from-literal=x=1');
      expect(await kubectl('label', 'cm', 'a', 'k=v')).toBe('configmap/a labeled');
      expect(await kubectl('annotate', 'cm', 'a', 'k=v')).toBe('configmap/a annotated');
      expect(await kubectl('patch', 'cm', 'a', '-p', '{"data":{"y":"2"}}')).toBe('configmap/a patched');
      expect(
        await kubectl('patch', 'cm', 'a', '--type=json', '-p', '[{"op":"remove","path":"/data/x"}]'),
      ).toBe('configmap/a patched');
      expect(await kubectl('get', 'cm', 'a', '-o', 'jsonpath={.data}')).toBe('{"y":"2"}');
      expect(await kubectl('get', 'cm', 'none')).toBe(
        'Error from server (NotFound): configmaps "none" not found',
      );
    });

    it('watches rows as they change', async () => {
      const watching = spawn(program, ['get', 'cm', '-w', '--no-headers', '-l', 'app=seen'], { env });
      let printed = '';
      watching.stdout.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
      });
      const maps = '/api/v1/namespaces/default/configmaps';
      await send(api, 'POST', maps, { metadata: { name: 'seen', labels: { app: 'seen' } } });
      await expect.poll(() => printed, { timeout: 10_000 }).toMatch(/^seen +0 /);
      watching.kill();
    });

    it('uses a custom resource like any other', async () => {
      const definition = file(
        'definition.yaml',
        `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: things, kind: Thing, shortNames: [th]}
  versions:
    - name: v1
      served: true
      storage: true
      additionalPrinterColumns: [{name: Size, type: string, jsonPath: .spec.size}]
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: string}}}}}}
`,
      );
      await kubectl('apply', '-f', definition);
      expect(
        await kubectl('wait', 'crd/things.example.com', '--for=condition=Established', '--timeout=10s'),
      ).toBe('customresourcedefinition.apiextensions.k8s.io/things.example.com condition met');
      await kubectl(
        'apply',
        '-f',
        file(
          'thing.yaml',
          JSON.stringify({
            apiVersion: 'example.com/v1',
            kind: 'Thing',
            metadata: { name: 't' },
            spec: { size: 'big' },
          }),
        ),
      );
      expect(await kubectl('get', 'th', '--no-headers')).toMatch(/^t +big$/);
      expect(await kubectl('delete', 'crd', 'things.example.com')).toBe(
        'customresourcedefinition.apiextensions.k8s.io "things.example.com" deleted',
      );
    });

    it('deletes a namespace with what is in it', async () => {
      await kubectl('create', 'ns', 'short-lived');
      await kubectl('create', 'configmap', 'inside', '-n', 'short-lived');
      expect(await kubectl('delete', 'ns', 'short-lived')).toBe('namespace "short-lived" deleted');
      expect(await kubectl('get', 'cm', 'inside', '-n', 'short-lived')).toContain('NotFound');
    });
  },
);
