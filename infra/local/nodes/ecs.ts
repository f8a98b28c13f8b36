import { createRequire } from 'node:module';

/** How to reach the ECS API. */
export interface OpenApiAccess {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly region: string;
}

/** Calls one action of the ECS API; rejects with an error whose `code` is the API's. */
export type EcsCall = <T>(action: string, parameters: Readonly<Record<string, string>>) => Promise<T>;

/** The part of @alicloud/openapi-core that is used, in the shapes that are passed. */
interface OpenApiCore {
  readonly default: new (
    config: object,
  ) => { callApi(parameters: object, request: object, runtime: object): Promise<{ body: unknown }> };
  readonly $OpenApiUtil: Record<'Config' | 'Params' | 'OpenApiRequest', new (values: object) => object>;
}

const VERSION = '2014-05-26';
const CONNECT_TIMEOUT_MS = 5_000;
const READ_TIMEOUT_MS = 20_000;

export function createEcsCall({ url, region, ...credentials }: OpenApiAccess): EcsCall {
  // By require: an import would show the CommonJS exports in two forms, one here and one in a bundle.
  const { default: Client, $OpenApiUtil } = createRequire(import.meta.url)(
    '@alicloud/openapi-core',
  ) as OpenApiCore;
  const { host, protocol: scheme } = new URL(url);
  const protocol = scheme === 'http:' ? 'HTTP' : 'HTTPS';
  const client = new Client(
    new $OpenApiUtil.Config({
      ...credentials,
      regionId: region,
      endpoint: host,
      protocol,
      // Left out, both are 3 s: a create that times out leaves an interface that nobody knows of.
      connectTimeout: CONNECT_TIMEOUT_MS,
      readTimeout: READ_TIMEOUT_MS,
    }),
  );
  return async <T>(action: string, parameters: Readonly<Record<string, string>>) => {
    const call = new $OpenApiUtil.Params({
      action,
      version: VERSION,
      protocol,
      pathname: '/',
      method: 'POST',
      authType: 'AK',
      style: 'RPC',
      reqBodyType: 'formData',
      bodyType: 'json',
    });
    const query = { RegionId: region, ...parameters };
    const { body } = await client.callApi(call, new $OpenApiUtil.OpenApiRequest({ query }), {});
    return body as T;
  };
}

export const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '');

/** The API said no: the call had no effect. Anything else (no answer, 5xx, still running) leaves it open. */
export function isCertainlyRefused(error: unknown): boolean {
  const { code = '', statusCode = 0 } = error as { code?: string; statusCode?: number };
  return statusCode >= 400 && statusCode < 500 && !/^Throttling|Processing$/.test(code);
}
