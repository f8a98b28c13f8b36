import { createContext } from '../../infra/local/kernel/context.ts';
import type { Random } from '../../infra/local/kernel/random.ts';
import { createClientTokens } from '../../infra/local/openapi/client-tokens.ts';
import { type Cloud, createCloud } from '../../infra/local/openapi/cloud.ts';
import { Refusal } from '../../infra/local/openapi/failure.ts';
import { type OpenApiOptions, TOKEN_VALIDITY_MS } from '../../infra/local/openapi/options.ts';
import { createPerform } from '../../infra/local/openapi/perform.ts';
import { PRODUCTS } from '../../infra/local/openapi/products.ts';
import { createWorld, type VpcWorld } from '../../infra/local/openapi/world.ts';
import { failure } from '../../shared/adapters/failure.ts';
import { flatten, type OpenApiCall, type Parameters } from '../../shared/adapters/openapi/call.ts';
import { verdictOfCode } from '../../shared/adapters/openapi/codes.ts';
import type { EventClock } from './event-clock.ts';
import type { Process } from './process/process.ts';

export const VPC = '2016-04-28';
export const ECS = '2014-05-26';
export type Version = typeof VPC | typeof ECS;

/** A call that the cloud has carried out. */
export interface Performed {
  readonly action: string;
  readonly parameters: Parameters;
  readonly answer: object;
  readonly by: Process | undefined;
}

/** The VPC and ECS of the local cloud, without its servers: the same code acts, in the world's own time. */
export interface CloudStage {
  readonly world: VpcWorld;
  readonly cloud: Cloud;
  callFor(process: Process, version: Version): OpenApiCall;
  /** What a person does in the console; throws a `Refusal`. */
  byHand(version: Version, action: string, parameters: Parameters): Promise<object>;
}

/** `before` is told of each call that changes something, `after` of each that came to pass. */
export interface CloudAudit {
  /** A process sends a call: when it acts is another matter. */
  begins(action: string, by: Process): void;
  before(action: string, parameters: Parameters, by: Process | undefined): void;
  after(performed: Performed): void;
}

const READS = /^(?:Describe|List)/;

export function createCloudStage(
  clock: EventClock,
  random: Random,
  options: OpenApiOptions,
  audit: CloudAudit,
): CloudStage {
  const context = createContext({ clock, seed: random.integer(1, 2 ** 31) });
  const cloud = createCloud(context, options);
  const world = createWorld(cloud);
  const tokens = createClientTokens(clock, options.tokenValidityMs ?? TOKEN_VALIDITY_MS);
  const perform = createPerform(clock, cloud, tokens);

  const run = async (
    version: Version,
    name: string,
    parameters: Parameters,
    by: Process | undefined,
  ): Promise<object> => {
    const product = PRODUCTS.get(version);
    const action = product?.actions.get(name);
    if (!product || !action) throw new Error(`the cloud has no ${name} in ${version}`);
    const input = new Map(Object.entries({ RegionId: cloud.region, ...flatten(parameters) }));
    if (READS.test(name)) return perform(product, action, input);
    audit.before(name, parameters, by);
    const answer = await perform(product, action, input);
    audit.after({ action: name, parameters, answer, by });
    return answer;
  };

  return {
    world,
    cloud,
    callFor: (process, version) => (action, parameters) => {
      audit.begins(action, process);
      return process.call(
        'cloud',
        () => `${action} ${wordParameters(parameters)}`,
        async () => {
          try {
            return await run(version, action, parameters, process);
          } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            const { code, status, message } = error;
            throw failure(verdictOfCode(action, code, status), code, `${action}: ${code}: ${message}`, error);
          }
        },
      );
    },
    byHand: (version, action, parameters) => run(version, action, parameters, undefined),
  };
}

const TELLING =
  /^(?:AllocationId|InstanceId|NetworkInterfaceId|PrivateIpAddress|ClientToken|VSwitchId|IpAddress)$/;

const wordParameters = (parameters: Parameters): string =>
  Object.entries(parameters)
    .filter(([name, value]) => TELLING.test(name) && value !== undefined)
    .map(([, value]) => String(value))
    .join(' ');
