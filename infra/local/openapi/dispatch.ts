import type { CloudContext } from '../kernel/context.ts';
import type { Endpoint, Reply, Request } from '../kernel/http.ts';
import type { Action } from './action.ts';
import { createAuthenticate } from './authentication.ts';
import { type Call, fingerprintOf, readCall } from './call.ts';
import type { ClientTokens } from './client-tokens.ts';
import type { Cloud } from './cloud.ts';
import { missing, Refusal, refusal } from './failure.ts';
import { PRODUCTS, type Product } from './products.ts';
import { createThrottle } from './throttle.ts';

const SERVICE = 'openapi';

/** Serves the actions of all products: who calls, may they call again now, what do they ask, was it asked before. */
export function createEndpoint(context: CloudContext, cloud: Cloud, tokens: ClientTokens): Endpoint {
  const authenticate = createAuthenticate(context);
  const throttle = createThrottle(context.clock);
  const requestIds = context.random.fork('openapi-request-ids');

  return {
    service: SERVICE,
    operation: (request) => readCall(request).action || 'Unknown',
    async handle(request) {
      try {
        return answer(await serve(request, readCall(request)));
      } catch (error) {
        if (error instanceof Refusal) return refuse(error, request);
        throw error;
      }
    },
    fail: ({ status, code, message }, request) => refuse(new Refusal(code, status, message), request),
  };

  async function serve(request: Request, call: Call): Promise<object> {
    const { product, action } = find(call);
    authenticate(request, call.form);
    if (!throttle(`${product.name}.${action.name}`, cloud.quotas[action.name]))
      throw refusal('Throttling.User');
    const region = call.input.get('RegionId');
    if (region && region !== cloud.region)
      throw refusal('InvalidRegionId.NotFound', `"${region}" is not ${cloud.region}.`);
    return runOnce(product, action, call);
  }

  /** A call with a ClientToken acts once, however often it is sent. */
  async function runOnce(product: Product, action: Action, { input }: Call): Promise<object> {
    const token = action.token ? input.get('ClientToken') : undefined;
    if (!token) return run(action, input);
    checkToken(token);
    const key = `${product.name}.${action.name} ${token}`;
    const verdict = tokens.begin(key, fingerprintOf(input));
    switch (verdict.kind) {
      case 'replay':
        return verdict.answer;
      case 'running':
        throw refusal(product.tokenRunning);
      case 'mismatch':
        throw refusal('IdempotentParameterMismatch');
      case 'first':
    }
    try {
      const result = await run(action, input);
      tokens.succeed(key, result);
      return result;
    } catch (error) {
      tokens.fail(key);
      throw error;
    }
  }

  async function run(action: Action, input: Call['input']): Promise<object> {
    const result = action.call(cloud, input);
    const latency = action.background ? 0 : cloud.latencyOf(action.name);
    if (latency > 0) await context.clock.sleep(latency);
    return result;
  }

  function answer(result: object): Reply {
    return json(200, { RequestId: requestIds.requestId(), ...result });
  }

  function refuse({ code, status, message }: Refusal, request: Request): Reply {
    const requestId = requestIds.requestId();
    return json(status, {
      RequestId: requestId,
      HostId: request.headers.host ?? '',
      Code: code,
      Message: message,
      Recommend: `https://api.alibabacloud.com/troubleshoot?q=${encodeURIComponent(code)}&requestId=${requestId}`,
    });
  }
}

function find({ action, version }: Call): { product: Product; action: Action } {
  if (!action) throw missing('Action');
  if (!version) throw missing('Version');
  const product = PRODUCTS.get(version);
  if (!product)
    throw refusal('InvalidVersion', `"${version}" is none of ${[...PRODUCTS.keys()].join(', ')}.`);
  const found = product.actions.get(action);
  if (!found) throw refusal('InvalidAction.NotFound', `The local cloud has no ${product.name}.${action}.`);
  return { product, action: found };
}

/** Source: VPC and ECS API reference, ClientToken: ASCII, at most 64 characters. */
function checkToken(token: string): void {
  if (token.length > 64 || !/^[\x20-\x7e]+$/.test(token)) {
    throw refusal('InvalidParameter', `ClientToken must be up to 64 ASCII characters, got "${token}".`);
  }
}

const json = (status: number, body: object): Reply => ({
  status,
  headers: { 'content-type': 'application/json;charset=utf-8' },
  body: JSON.stringify(body),
});
