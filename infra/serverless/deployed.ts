import type { Deployed, DeployedFunction } from './difference.ts';
import type { FunctionCompute } from './function-compute.ts';

type Json = Readonly<Record<string, unknown>>;

/** Reads what is there of a service. Throws CloudError. */
export async function readDeployed(api: FunctionCompute, service: string): Promise<Deployed> {
  const found = await api.getService(service);
  if (!found) return { service: undefined, functions: [] };
  const functions = await api.listFunctions(service);
  return {
    service: found,
    functions: await Promise.all(functions.map((settings) => readFunction(api, service, settings))),
  };
}

async function readFunction(
  api: FunctionCompute,
  service: string,
  settings: Json,
): Promise<DeployedFunction> {
  const name = settings.functionName as string;
  const [triggers, asynchronous, maximumInstanceCount] = await Promise.all([
    api.listTriggers(service, name),
    api.getAsyncConfig(service, name),
    api.getMaximumInstances(service, name),
  ]);
  return { name, settings, triggers, asynchronous, maximumInstanceCount };
}

/**
 * Where an HTTP trigger is called: as the cloud says, or below the service's own path.
 * Source: Function Compute 2.0, HTTP triggers, `/<version>/proxy/<service>/<function>/`.
 */
export function triggerUrl(trigger: Json, endpoint: string, service: string, name: string): string {
  const told = trigger.urlInternet;
  return typeof told === 'string' && told !== '' ? told : `${endpoint}/2016-08-15/proxy/${service}/${name}/`;
}

/** The HTTP triggers of a service with the place where each is called. */
export function triggerUrls(
  { functions }: Deployed,
  endpoint: string,
  service: string,
): readonly { readonly name: string; readonly url: string }[] {
  return functions.flatMap(({ name, triggers }) =>
    triggers
      .filter(({ triggerType }) => triggerType === 'http')
      .map((trigger) => ({ name, url: triggerUrl(trigger, endpoint, service, name) })),
  );
}
