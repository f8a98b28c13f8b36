import { createRequire } from 'node:module';
import { openStage, type Stage } from '../../infra/demo/stage.ts';
import { createClock } from '../../infra/local/kernel/clock.ts';
import type { CloudContext } from '../../infra/local/kernel/context.ts';
import type { NodeOptions } from '../../infra/local/nodes/node.ts';
import type { VpcWorld } from '../../infra/local/openapi/world.ts';
import type { Workload } from './plan.ts';

/**
 * Cloud time in one of real time. A sweep every twelve seconds, and yet no function outlives the ten minutes that
 * locks and orphans are left alone: what changes something has timeouts of two minutes at most, in real time.
 */
export const CLOCK_RATE = 5;

const NODES = 6;
/** Room for those that are on their way out while their successors start. */
const SPARE = 2;
/** So many addresses that one which is idle for a moment is nobody's next: a vSwitch for fixed IPs alone, as advised. */
const VSWITCH = '192.168.64.0/19';

export interface ChaosStageOptions {
  readonly folder: string;
  readonly seed: number;
  readonly pods: number;
  readonly report: (line: string) => void;
  readonly log: (line: string) => void;
}

/** The local cloud with Holdfast deployed as anybody deploys it, and room for the pods. */
export async function openChaosStage({ pods, ...options }: ChaosStageOptions): Promise<Stage> {
  const stage = await openStage({
    ...options,
    clock: createClock({ rate: CLOCK_RATE }),
    nodes: (world) => nodesFor(world, pods),
  });
  const { world } = stage.cloud.openApi;
  // Counts that an account asks for; the calls a minute stay what they are.
  world.setQuota('eips', pods * 4);
  world.setQuota('enisPerInstance', pods * SPARE);
  return stage;
}

function nodesFor(world: VpcWorld, pods: number): readonly NodeOptions[] {
  const zone = world.vSwitches()[0]?.zone ?? '';
  const { id: vSwitchId } = world.createVSwitch({ cidr: VSWITCH, zone });
  return Array.from({ length: NODES }, (_, index) => ({
    name: `node-${index}`,
    zone,
    vSwitchId,
    kind: 'ecs',
    pods: Math.ceil((pods * SPARE) / NODES) + 10,
  }));
}

type CoreModule = typeof import('@alicloud/openapi-core', { with: { 'resolution-mode': 'require' }});
type VpcModule = typeof import('@alicloud/vpc20160428', { with: { 'resolution-mode': 'require' }});

/** Buys the EIPs that workloads name, as their owner would: without any tag. */
export async function buyGivenEips(
  { cloud }: Stage,
  workloads: readonly Workload[],
): Promise<ReadonlyMap<string, string>> {
  const require = createRequire(import.meta.url);
  const { $OpenApiUtil }: CoreModule = require('@alicloud/openapi-core');
  const Vpc: VpcModule = require('@alicloud/vpc20160428');
  const { owner, region: regionId }: CloudContext['account'] = cloud.context.account;
  const endpoint = new URL(cloud.endpoints.vpc).host;
  const client = new Vpc.default(new $OpenApiUtil.Config({ ...owner, regionId, endpoint, protocol: 'HTTP' }));
  const bought = new Map<string, string>();
  for (const { name } of workloads.filter(({ givenEip }) => givenEip)) {
    const { body } = await client.allocateEipAddress(new Vpc.AllocateEipAddressRequest({ regionId }));
    bought.set(name, body?.allocationId ?? '');
  }
  return bought;
}
