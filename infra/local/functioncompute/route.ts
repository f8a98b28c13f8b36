/** Which operation a request asks for, and of what. Source: Function Compute API 2016-08-15, as the SDK calls it. */
export interface Route {
  readonly operation: Operation;
  readonly service: string;
  readonly function: string;
  readonly trigger: string;
  /** Of an HTTP trigger: what comes after the function, with its slash, as sent. */
  readonly rest: string;
}

const TEMPLATES = [
  ['POST', '/services', 'CreateService'],
  ['GET', '/services', 'ListServices'],
  ['GET', '/services/:service', 'GetService'],
  ['PUT', '/services/:service', 'UpdateService'],
  ['DELETE', '/services/:service', 'DeleteService'],
  ['POST', '/services/:service/functions', 'CreateFunction'],
  ['GET', '/services/:service/functions', 'ListFunctions'],
  ['GET', '/services/:service/functions/:function', 'GetFunction'],
  ['PUT', '/services/:service/functions/:function', 'UpdateFunction'],
  ['DELETE', '/services/:service/functions/:function', 'DeleteFunction'],
  ['GET', '/services/:service/functions/:function/code', 'GetFunctionCode'],
  ['POST', '/services/:service/functions/:function/invocations', 'InvokeFunction'],
  ['POST', '/services/:service/functions/:function/triggers', 'CreateTrigger'],
  ['GET', '/services/:service/functions/:function/triggers', 'ListTriggers'],
  ['GET', '/services/:service/functions/:function/triggers/:trigger', 'GetTrigger'],
  ['PUT', '/services/:service/functions/:function/triggers/:trigger', 'UpdateTrigger'],
  ['DELETE', '/services/:service/functions/:function/triggers/:trigger', 'DeleteTrigger'],
  ['PUT', '/services/:service/functions/:function/async-invoke-config', 'PutFunctionAsyncInvokeConfig'],
  ['GET', '/services/:service/functions/:function/async-invoke-config', 'GetFunctionAsyncInvokeConfig'],
  ['DELETE', '/services/:service/functions/:function/async-invoke-config', 'DeleteFunctionAsyncInvokeConfig'],
  ['GET', '/services/:service/functions/:function/async-invoke-configs', 'ListFunctionAsyncInvokeConfigs'],
  ['PUT', '/services/:service/functions/:function/on-demand-config', 'PutFunctionOnDemandConfig'],
  ['GET', '/services/:service/functions/:function/on-demand-config', 'GetFunctionOnDemandConfig'],
  ['DELETE', '/services/:service/functions/:function/on-demand-config', 'DeleteFunctionOnDemandConfig'],
  ['GET', '/on-demand-configs', 'ListOnDemandConfigs'],
] as const;

/** `InvokeHttpTrigger` and `DownloadCode` are our names for what has none: neither is an operation of the API. */
export type Operation = (typeof TEMPLATES)[number][2] | 'InvokeHttpTrigger' | 'DownloadCode' | 'Unknown';

const VERSION = '/2016-08-15';

const PATTERNS = TEMPLATES.map(([method, template, operation]) => ({
  method,
  operation,
  pattern: new RegExp(`^${template.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`),
}));

const NOWHERE = { service: '', function: '', trigger: '', rest: '' };

/** Never throws: what cannot be told is `Unknown`. */
export function routeOf({ method, path }: { readonly method: string; readonly path: string }): Route {
  const proxied = /^\/2016-08-15\/proxy\/([^/]+)\/([^/]+)(\/.*)?$/.exec(path);
  if (proxied) {
    const [, service = '', fn = '', rest = '/'] = proxied;
    return {
      ...NOWHERE,
      operation: 'InvokeHttpTrigger',
      service: decoded(service),
      function: decoded(fn),
      rest,
    };
  }
  const checksum = /^\/code\/(\d+)\.zip$/.exec(path)?.[1];
  if (checksum && method === 'GET') return { ...NOWHERE, operation: 'DownloadCode', rest: checksum };
  if (!path.startsWith(`${VERSION}/`)) return { ...NOWHERE, operation: 'Unknown' };
  for (const { method: wanted, pattern, operation } of PATTERNS) {
    const match = method === wanted ? pattern.exec(path.slice(VERSION.length)) : null;
    if (!match) continue;
    const named = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decoded(value)]);
    return { ...NOWHERE, operation, ...Object.fromEntries(named) };
  }
  return { ...NOWHERE, operation: 'Unknown' };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
