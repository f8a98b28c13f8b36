import type { CloudContext } from '../kernel/context.ts';
import type { Endpoint, Reply, Request } from '../kernel/http.ts';
import type { Action } from './action.ts';
import { createAuthenticate } from './authentication.ts';
import { type Call, readCall } from './call.ts';
import type { ClientTokens } from './client-tokens.ts';
import type { Cloud } from './cloud.ts';
import { missing, Refusal, refusal } from './failure.ts';
import { createPerform } from './perform.ts';
import { PRODUCTS, type Product } from './products.ts';

const SERVICE = 'openapi';

/** Serves the actions of all products: who calls, may they call again now, what do they ask, was it asked before. */
export function createEndpoint(context: CloudContext, cloud: Cloud, tokens: ClientTokens): Endpoint {
  const authenticate = createAuthenticate(context);
  const perform = createPerform(context.clock, cloud, tokens);
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
    return perform(product, action, call.input);
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

const json = (status: number, body: object): Reply => ({
  status,
  headers: { 'content-type': 'application/json;charset=utf-8' },
  body: JSON.stringify(body),
});
