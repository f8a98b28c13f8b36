import OpenApi, { $OpenApiUtil } from '@alicloud/openapi-core';
import { RuntimeOptions } from '@darabonba/typescript';
import type { Credentials } from '../credentials.ts';
import { failure } from '../failure.ts';
import { verdictOfCode } from './codes.ts';

/** Parameters of a call; lists and tags are flattened the way RPC APIs want them (`PrivateIpAddress.1`, `Tag.1.Key`). */
export type Parameters = Readonly<
  Record<
    string,
    string | number | boolean | readonly string[] | readonly Readonly<Record<string, string>>[] | undefined
  >
>;

/** One call of an RPC API. Throws a failure whose verdict comes from the table of codes. */
export type OpenApiCall = (action: string, parameters: Parameters) => Promise<unknown>;

export interface OpenApiOptions {
  /** `https://vpc.aliyuncs.com`, or without the scheme, which is https then. */
  readonly endpoint: string;
  readonly region: string;
  /** `2016-04-28` for VPC, `2014-05-26` for ECS. */
  readonly version: string;
  readonly credentials: Credentials;
}

/**
 * The SDK's default timeouts are three seconds, after which a create call may well have acted. Together these stay
 * below the time that is kept back for one call.
 */
const CONNECT_TIMEOUT_MS = 3_000;
const READ_TIMEOUT_MS = 6_500;

type Client = InstanceType<typeof OpenApi.default>;

export function createOpenApi({ endpoint, region, version, credentials }: OpenApiOptions): OpenApiCall {
  const [, scheme = 'https', host = endpoint] = /^(https?):\/\/(.+?)\/?$/.exec(endpoint) ?? [];
  const client: Client = new OpenApi.default(
    new $OpenApiUtil.Config({
      accessKeyId: credentials.accessKeyId,
      accessKeySecret: credentials.accessKeySecret,
      ...(credentials.securityToken ? { securityToken: credentials.securityToken } : {}),
      endpoint: host,
      protocol: scheme.toUpperCase(),
      regionId: region,
      connectTimeout: CONNECT_TIMEOUT_MS,
      readTimeout: READ_TIMEOUT_MS,
    }),
  );

  return async (action, parameters) => {
    const params = new $OpenApiUtil.Params({
      action,
      version,
      protocol: scheme.toUpperCase(),
      pathname: '/',
      method: 'POST',
      authType: 'AK',
      style: 'RPC',
      reqBodyType: 'formData',
      bodyType: 'json',
    });
    const request = new $OpenApiUtil.OpenApiRequest({ query: { RegionId: region, ...flatten(parameters) } });
    try {
      const { body } = await client.callApi(params, request, new RuntimeOptions({ autoretry: false }));
      return body;
    } catch (error) {
      throw readError(action, error);
    }
  };
}

/** Parameters as they travel: one text for each. */
export function flatten(parameters: Parameters): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    if (!Array.isArray(value)) {
      flat[name] = String(value);
      continue;
    }
    for (const [index, item] of value.entries()) {
      if (typeof item === 'string') flat[`${name}.${index + 1}`] = item;
      else
        for (const [field, text] of Object.entries(item))
          flat[`${name}.${index + 1}.${field}`] = String(text);
    }
  }
  return flat;
}

function readError(action: string, error: unknown) {
  const { code, statusCode, message } = error as { code?: unknown; statusCode?: unknown; message?: unknown };
  // Without the code, which the failure has beside it, and without the id of the request (the cause still has it): what
  // is told to a pod again must be the same text.
  const said = String(message ?? error).replace(/ request id: \S+$/i, '');
  const text = `${action}: ${said.startsWith(`${code}: `) ? said.slice(`${code}: `.length) : said}`;
  // A status means that the cloud has answered, whatever its wording: many of its messages speak of a "network
  // interface", and none of those is a lost answer.
  if (typeof statusCode !== 'number') {
    return failure('unavailable', typeof code === 'string' ? code : 'NoAnswer', text, error);
  }
  const name = typeof code === 'string' && code ? code : `HTTP${statusCode}`;
  return failure(verdictOfCode(action, name, statusCode), name, text, error);
}

/** A list inside an answer, wherever the API nests it: `EipAddresses.EipAddress`. */
export function listIn(body: unknown, ...path: string[]): readonly Readonly<Record<string, unknown>>[] {
  let value: unknown = body;
  for (const name of path) value = (value as Record<string, unknown> | null | undefined)?.[name];
  return Array.isArray(value) ? value : [];
}
