import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { stringify } from 'yaml';
import { type GuardedProcess, startGuarded } from './guarded-process.ts';

export interface ControlPlane {
  /** A kubeconfig for the cluster's administrator, as YAML. */
  kubeconfig(contextName?: string): string;
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** The administrator's bearer token. */
  readonly token: string;
  /** The certificate to trust, PEM in base64, as a kubeconfig carries it. */
  readonly caData: string;
  /** Path of the kubectl that belongs to this control plane. */
  readonly kubectl: string;
  /** Ends every process and removes their data. */
  close(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** Folder with etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kubectl (envtest's layout). */
  readonly assets: string;
  /** False leaves out the controller manager and the scheduler, as envtest does. Default true. */
  readonly controllers?: boolean;
  /** How long a node may be silent before it counts as lost, a Go duration. Default `24h`: nodes are never lost. */
  readonly nodeMonitorGracePeriod?: string;
  readonly log?: (line: string) => void;
}

const READY_WITHIN_MS = 90_000;
const POLL_MS = 100;

/**
 * Starts a real Kubernetes control plane on loopback. Takes about 4 s.
 * Throws when a program is missing, ends, or is not ready in 90 s; the message carries the end of its log.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { assets, controllers = true, nodeMonitorGracePeriod = '24h', log = () => {} } = options;
  const programs = ['etcd', 'kube-apiserver', 'kubectl'];
  if (controllers) programs.push('kube-controller-manager', 'kube-scheduler');
  for (const name of programs) requireProgram(assets, name);

  const folder = mkdtempSync(join(tmpdir(), 'control-plane-'));
  const token = randomBytes(24).toString('hex');
  const [etcdPort, etcdPeerPort, apiPort, managerPort, schedulerPort] = await freePorts(5);
  const started: GuardedProcess[] = [];
  const start = (name: string, flags: Record<string, string>) => {
    log(`control plane: starting ${name}`);
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    const program = startGuarded(join(assets, name), args, join(folder, `${name}.log`));
    started.push(program);
    return program;
  };
  const close = async () => {
    await Promise.all(started.map((program) => program.stop()));
    rmSync(folder, { recursive: true, force: true });
  };

  try {
    writeIdentities(folder, token);
    const etcd = start('etcd', etcdFlags(folder, Number(etcdPort), Number(etcdPeerPort)));
    const apiServer = start('kube-apiserver', apiServerFlags(folder, Number(etcdPort), Number(apiPort)));
    const url = `https://127.0.0.1:${apiPort}`;
    // The server writes its own self-signed certificate, which is also what to trust.
    const certificate = join(folder, 'certificates', 'apiserver.crt');
    await ready([etcd, apiServer], () => answersOk(`${url}/readyz`, token, certificate));
    const caData = readFileSync(certificate).toString('base64');
    const kubeconfig = (contextName = 'control-plane') => writeKubeconfig(contextName, url, token, caData);
    if (controllers) {
      const kubeconfigFile = join(folder, 'kubeconfig');
      writeFileSync(kubeconfigFile, kubeconfig(), { mode: 0o600 });
      const manager = start('kube-controller-manager', {
        ...controllerFlags(folder, kubeconfigFile, Number(managerPort)),
        'node-monitor-grace-period': nodeMonitorGracePeriod,
      });
      const scheduler = start('kube-scheduler', schedulerFlags(kubeconfigFile, Number(schedulerPort)));
      await ready([manager], () => answersOk(`https://127.0.0.1:${managerPort}/healthz`));
      await ready([scheduler], () => answersOk(`https://127.0.0.1:${schedulerPort}/healthz`));
    }
    log(`control plane: ready at ${url}`);
    return { kubeconfig, url, token, caData, kubectl: join(assets, 'kubectl'), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function requireProgram(assets: string, name: string): void {
  try {
    accessSync(join(assets, name), constants.X_OK);
  } catch {
    throw new Error(
      `control plane: no program ${name} in ${assets}; give the folder that holds a whole control plane (KUBEBUILDER_ASSETS)`,
    );
  }
}

function writeIdentities(folder: string, token: string): void {
  writeFileSync(join(folder, 'tokens.csv'), `${token},admin,admin,"system:masters"\n`, { mode: 0o600 });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(folder, 'service-account.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
}

const etcdFlags = (folder: string, port: number, peerPort: number) => ({
  'data-dir': join(folder, 'etcd'),
  // Nothing here has to survive a crash of the machine.
  'unsafe-no-fsync': 'true',
  'listen-client-urls': `http://127.0.0.1:${port}`,
  'advertise-client-urls': `http://127.0.0.1:${port}`,
  'listen-peer-urls': `http://127.0.0.1:${peerPort}`,
  'initial-advertise-peer-urls': `http://127.0.0.1:${peerPort}`,
  'initial-cluster': `default=http://127.0.0.1:${peerPort}`,
});

const apiServerFlags = (folder: string, etcdPort: number, port: number) => ({
  'etcd-servers': `http://127.0.0.1:${etcdPort}`,
  'bind-address': '127.0.0.1',
  'secure-port': String(port),
  'insecure-port': '0',
  'cert-dir': join(folder, 'certificates'),
  // A loopback address is refused for the service's endpoints; without a reconciler nothing is ever sent to this one.
  'advertise-address': '10.255.255.1',
  'endpoint-reconciler-type': 'none',
  'service-cluster-ip-range': '10.254.0.0/24',
  'token-auth-file': join(folder, 'tokens.csv'),
  'authorization-mode': 'RBAC',
  // Pods need no service account token, and none is waited for.
  'disable-admission-plugins': 'ServiceAccount',
  'service-account-issuer': 'https://kubernetes.default.svc',
  'service-account-signing-key-file': join(folder, 'service-account.key'),
  'service-account-key-file': join(folder, 'service-account.key'),
  'allow-privileged': 'true',
  profiling: 'false',
});

const controllerFlags = (folder: string, kubeconfig: string, port: number) => ({
  kubeconfig,
  'bind-address': '127.0.0.1',
  'secure-port': String(port),
  port: '0',
  'leader-elect': 'false',
  'service-account-private-key-file': join(folder, 'service-account.key'),
  'cert-dir': join(folder, 'manager-certificates'),
  'kube-api-qps': '500',
  'kube-api-burst': '1000',
});

const schedulerFlags = (kubeconfig: string, port: number) => ({
  kubeconfig,
  'bind-address': '127.0.0.1',
  'secure-port': String(port),
  port: '0',
  'leader-elect': 'false',
  'kube-api-qps': '500',
  'kube-api-burst': '1000',
});

/** Waits until `check` holds; throws when a program ends first or time runs out. */
async function ready(programs: readonly GuardedProcess[], check: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!(await check())) {
    const dead = programs.find((program) => program.ended() !== undefined);
    if (dead)
      throw new Error(
        `control plane: ${dead.name} ended (${dead.ended()}); its log ends:\n${dead.logTail()}`,
      );
    const last = programs.at(-1);
    if (performance.now() > deadline) {
      throw new Error(
        `control plane: ${last?.name} is not ready after ${READY_WITHIN_MS / 1000} s; its log ends:\n${last?.logTail()}`,
      );
    }
    await wait(POLL_MS);
  }
}

/** True when the address answers 200. Without a certificate the peer is not verified: only its health is asked. */
function answersOk(url: string, token?: string, certificate?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const trust = certificate ? readIfThere(certificate) : undefined;
    if (certificate && !trust) return resolve(false);
    const asking = request(
      url,
      {
        agent: false,
        timeout: 2000,
        ...(trust ? { ca: trust } : { rejectUnauthorized: false }),
        ...(token ? { headers: { authorization: `Bearer ${token}` } } : {}),
      },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    asking.once('error', () => resolve(false));
    asking.once('timeout', () => asking.destroy(new Error('no answer')));
    asking.end();
  });
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

function writeKubeconfig(contextName: string, server: string, token: string, caData: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: contextName, cluster: { server, 'certificate-authority-data': caData } }],
    users: [{ name: contextName, user: { token } }],
    contexts: [{ name: contextName, context: { cluster: contextName, user: contextName } }],
    'current-context': contextName,
  });
}

/** Ports that are free now; they are held together, so that no two are the same. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer();
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  return ports;
}
