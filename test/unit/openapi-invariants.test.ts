import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClock } from '../../infra/local/kernel/clock.ts';
import { createContext } from '../../infra/local/kernel/context.ts';
import { type Cloud, createCloud } from '../../infra/local/openapi/cloud.ts';
import { Refusal } from '../../infra/local/openapi/failure.ts';
import { PRODUCTS } from '../../infra/local/openapi/products.ts';
import { createWorld, type VpcWorld } from '../../infra/local/openapi/world.ts';

interface Step {
  readonly action: string;
  readonly eip: number;
  readonly eni: number;
  readonly address: number;
}

const ACTIONS = new Map([...PRODUCTS.values()].flatMap(({ actions }) => [...actions]));

const STEPS = fc.array(
  fc.record({
    action: fc.constantFrom(
      'AllocateEipAddress',
      'AssociateEipAddress',
      'AssociateEipAddress',
      'UnassociateEipAddress',
      'ReleaseEipAddress',
      'CreateNetworkInterface',
      'AssignPrivateIpAddresses',
      'UnassignPrivateIpAddresses',
      'AttachNetworkInterface',
      'DetachNetworkInterface',
      'DeleteNetworkInterface',
      'AddCommonBandwidthPackageIp',
      'RemoveCommonBandwidthPackageIp',
      'advance',
      'advance',
    ),
    eip: fc.nat(2),
    eni: fc.nat(1),
    address: fc.nat(2),
  }),
  { minLength: 30, maxLength: 60, size: 'max' },
);

/** Parameters for any action, made of what exists. */
function inputOf(world: VpcWorld, packageId: string, step: Step): ReadonlyMap<string, string> {
  const { vSwitchIds, securityGroupId } = world.defaults;
  const { action } = step;
  const eip = world.eips()[step.eip]?.id ?? 'eip-none';
  const eni = world.enis()[step.eni];
  const address = eni?.addresses[step.address]?.ip ?? '192.168.1.9';
  const isAssociation = action === 'AssociateEipAddress';
  return new Map([
    ['RegionId', 'cn-hangzhou'],
    ['AllocationId', eip],
    ['IpInstanceId', eip],
    ['BandwidthPackageId', packageId],
    ['NetworkInterfaceId', eni?.id ?? 'eni-none'],
    ['VSwitchId', vSwitchIds[0]],
    ['SecurityGroupId', securityGroupId],
    ...(isAssociation
      ? ([
          ['InstanceId', eni?.id ?? 'eni-none'],
          ['InstanceType', 'NetworkInterface'],
          ['PrivateIpAddress', address],
        ] as const)
      : []),
    ...(action.endsWith('tachNetworkInterface') ? ([['InstanceId', 'i-node']] as const) : []),
    ...(action === 'UnassignPrivateIpAddresses' ? ([['PrivateIpAddress.1', address]] as const) : []),
    ...(action === 'AssignPrivateIpAddresses'
      ? ([['PrivateIpAddress.1', `192.168.1.${20 + step.address}`]] as const)
      : []),
  ]);
}

function checkWorld(cloud: Cloud, world: VpcWorld): void {
  const privateIps = world.enis().flatMap(({ addresses }) => addresses.map(({ ip }) => ip));
  expect(new Set(privateIps).size).toBe(privateIps.length);
  expect(world.idleAddresses(world.defaults.vSwitchIds[0])).toBe(252 - privateIps.length);

  const bound = world.eips().filter(({ binding }) => binding);
  for (const { id, status, binding } of world.eips()) {
    expect(binding !== undefined).toBe(['Associating', 'InUse', 'Unassociating'].includes(status));
    const address = cloud.enis
      .get(binding?.instanceId ?? '')
      ?.addresses.find(({ ip }) => ip === binding?.privateIp);
    if (binding) expect(address?.eipId).toBe(id);
  }
  expect(world.enis().flatMap(({ addresses }) => addresses.flatMap(({ eipId }) => eipId ?? []))).toHaveLength(
    bound.length,
  );
  for (const eni of world.enis()) {
    expect(eni.instanceId !== undefined).toBe(['Attaching', 'InUse', 'Detaching'].includes(eni.status));
  }
}

describe('whatever is called in whatever order', () => {
  it('leaves each address with one holder, and EIPs and ENIs of one mind', async () => {
    await fc.assert(
      fc.asyncProperty(STEPS, async (steps) => {
        const clock = createClock({ rate: 0 });
        const cloud = createCloud(createContext({ clock }), {});
        const world = createWorld(cloud);
        world.registerInstance({ id: 'i-node', zone: 'cn-hangzhou-h' });
        const make = new Map([
          ['RegionId', 'cn-hangzhou'],
          ['Bandwidth', '100'],
        ]);
        for (const action of ['CreateCommonBandwidthPackage', 'AllocateEipAddress', 'AllocateEipAddress']) {
          ACTIONS.get(action)?.call(cloud, make);
        }
        for (const ip of ['192.168.1.20', '192.168.1.30']) world.createEni({ secondaryIps: [ip] });
        const [shared] = [...cloud.packages.values()];
        for (const step of steps) {
          if (step.action === 'advance') await clock.advance(step.address * 300);
          else attempt(() => ACTIONS.get(step.action)?.call(cloud, inputOf(world, shared?.id ?? '', step)));
          checkWorld(cloud, world);
        }
        await clock.advance(10_000);
        checkWorld(cloud, world);
        expect(world.eips().every(({ status }) => status === 'Available' || status === 'InUse')).toBe(true);
        expect(world.enis().every(({ status }) => status === 'Available' || status === 'InUse')).toBe(true);
        expect(world.eips().every(({ membership }) => !membership || membership.status === 'BINDED')).toBe(
          true,
        );
      }),
      { numRuns: 150, seed: 1 },
    );
  });
});

/** A refusal must have changed nothing that `checkWorld` minds; anything else is a fault of the emulator. */
function attempt(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}
