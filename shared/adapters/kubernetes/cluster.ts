import { Agent as HttpAgent } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent } from 'node:https';
import {
  CoreV1Api,
  createConfiguration,
  KubeConfig,
  type RequestContext,
  type SecurityAuthentication,
  ServerConfiguration,
} from '@kubernetes/client-node';
import { isClusterId } from '../../claim/identity.ts';

/** What is wrong with a kubeconfig, if anything: one that cannot be read, or reaches no cluster, would ignore every hint. */
export function problemOfKubeconfig(kubeconfig: string): string | undefined {
  try {
    const names = [...openClusters(kubeconfig).keys()];
    const unusable = names.filter((name) => !isClusterId(name));
    if (unusable.length > 0)
      return `has contexts that cannot be named in an event: ${JSON.stringify(unusable)}; allowed are letters, digits, ".", "_" and "-", 128 at most`;
    return names.length > 0 ? undefined : 'is a kubeconfig without a context';
  } catch (error) {
    return `is no usable kubeconfig: ${(error as Error).message}`;
  }
}

/** One API client a context of a kubeconfig; the context's name is the cluster's id. Throws where one names no cluster. */
export function openClusters(kubeconfig: string): ReadonlyMap<string, CoreV1Api> {
  const names = loadKubeConfig(kubeconfig).contexts.map(({ name }) => name);
  return new Map(
    names.map((name) => {
      const config = loadKubeConfig(kubeconfig);
      config.setCurrentContext(name);
      const cluster = config.getCurrentCluster();
      if (!cluster) throw new Error(`context "${name}" of the kubeconfig names no cluster`);
      const api = new CoreV1Api(
        createConfiguration({
          baseServer: new ServerConfiguration(cluster.server, {}),
          authMethods: { default: keptAlive(config) },
        }),
      );
      return [name, api];
    }),
  );
}

/** The names of its contexts: the cluster ids. */
export function clusterIdsOf(kubeconfig: string): readonly string[] {
  return loadKubeConfig(kubeconfig).contexts.map(({ name }) => name);
}

function loadKubeConfig(text: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(text);
  return config;
}

/** The client waits for an answer for as long as it takes, and a function that waits is killed with its work undone. */
const ANSWER_TIMEOUT_MS = 10_000;

/** The client makes a new agent, and so a new connection with its handshake, for every request; this keeps the first. */
function keptAlive(config: KubeConfig): SecurityAuthentication {
  let agent: HttpAgent | HttpsAgent | undefined;
  return {
    getName: () => config.getName(),
    async applySecurityAuthentication(request: RequestContext) {
      await config.applySecurityAuthentication(request);
      const made = request.getAgent() as { options?: AgentOptions } | undefined;
      agent ??= request.getUrl().startsWith('https:')
        ? new HttpsAgent({ ...made?.options, keepAlive: true })
        : new HttpAgent({ keepAlive: true });
      request.setAgent(agent);
      request.setSignal(AbortSignal.timeout(ANSWER_TIMEOUT_MS));
    },
  };
}
