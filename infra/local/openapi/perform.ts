import type { Clock } from '../kernel/clock.ts';
import type { Action } from './action.ts';
import { fingerprintOf } from './call.ts';
import type { ClientTokens } from './client-tokens.ts';
import type { Cloud } from './cloud.ts';
import { refusal } from './failure.ts';
import type { Input } from './parameters.ts';
import type { Product } from './products.ts';
import { createThrottle } from './throttle.ts';

/** Performs an action for a caller who is known: within the calls a minute, in this region, and once a ClientToken. */
export type Perform = (product: Product, action: Action, input: Input) => Promise<object>;

export function createPerform(clock: Clock, cloud: Cloud, tokens: ClientTokens): Perform {
  const throttle = createThrottle(clock);

  return async (product, action, input) => {
    if (!throttle(`${product.name}.${action.name}`, cloud.quotas[action.name]))
      throw refusal('Throttling.User');
    const region = input.get('RegionId');
    if (region && region !== cloud.region)
      throw refusal('InvalidRegionId.NotFound', `"${region}" is not ${cloud.region}.`);
    return runOnce(product, action, input);
  };

  /** A call with a ClientToken acts once, however often it is sent. */
  async function runOnce(product: Product, action: Action, input: Input): Promise<object> {
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

  async function run(action: Action, input: Input): Promise<object> {
    const result = action.call(cloud, input);
    const latency = action.background ? 0 : cloud.latencyOf(action.name);
    if (latency > 0) await clock.sleep(latency);
    return result;
  }
}

/** Source: VPC and ECS API reference, ClientToken: ASCII, at most 64 characters. */
function checkToken(token: string): void {
  if (token.length > 64 || !/^[\x20-\x7e]+$/.test(token)) {
    throw refusal('InvalidParameter', `ClientToken must be up to 64 ASCII characters, got "${token}".`);
  }
}
