import { createRequire } from 'node:module';
import { type Clock, createClock } from '../../infra/local/kernel/clock.ts';
import { type CloudContext, createContext } from '../../infra/local/kernel/context.ts';
import { NO_LATENCY, type OpenApiOptions } from '../../infra/local/openapi/options.ts';
import { startOpenApi } from '../../infra/local/openapi/server.ts';

// Required, not imported: the clients are CommonJS with a `default`, which loaders of ES modules show differently.
const require = createRequire(import.meta.url);
type CoreModule = typeof import('@alicloud/openapi-core', { with: { 'resolution-mode': 'require' }});
type EcsModule = typeof import('@alicloud/ecs20140526', { with: { 'resolution-mode': 'require' }});
type VpcModule = typeof import('@alicloud/vpc20160428', { with: { 'resolution-mode': 'require' }});
const Core: CoreModule = require('@alicloud/openapi-core');
export const Ecs: EcsModule = require('@alicloud/ecs20140526');
export const Vpc: VpcModule = require('@alicloud/vpc20160428');

export const regionId = 'cn-hangzhou';

export interface StageOptions extends OpenApiOptions {
  readonly clock?: Clock;
  readonly dataDir?: string;
}

type Keys = { accessKeyId: string; accessKeySecret: string; securityToken?: string };

/** A cloud that stands still in time, reaches every state at once unless told otherwise, and the vendor's own clients. */
export async function openStage({
  clock = createClock({ rate: 0 }),
  dataDir,
  ...options
}: StageOptions = {}) {
  const context: CloudContext = createContext({ clock, ...(dataDir === undefined ? {} : { dataDir }) });
  const api = await startOpenApi(context, { ...options, latency: options.latency ?? NO_LATENCY });
  const config = (keys: Keys = context.account.owner) =>
    new Core.$OpenApiUtil.Config({ ...keys, regionId, endpoint: `127.0.0.1:${api.port}`, protocol: 'HTTP' });
  const vpc = new Vpc.default(config());
  const ecs = new Ecs.default(config());

  return {
    ...api,
    context,
    clock,
    vpc,
    ecs,
    config,
    async allocate(
      wishes: Partial<InstanceType<typeof Vpc.AllocateEipAddressRequest>> = {},
    ): Promise<string> {
      const { body } = await vpc.allocateEipAddress(
        new Vpc.AllocateEipAddressRequest({ regionId, ...wishes }),
      );
      return body?.allocationId ?? '';
    },
    associate(allocationId: string, instanceId: string, privateIpAddress?: string, clientToken?: string) {
      return vpc.associateEipAddress(
        new Vpc.AssociateEipAddressRequest({
          regionId,
          allocationId,
          instanceId,
          instanceType: 'NetworkInterface',
          privateIpAddress,
          clientToken,
        }),
      );
    },
    unassociate(allocationId: string, instanceId?: string, privateIpAddress?: string) {
      const instanceType = instanceId === undefined ? undefined : 'NetworkInterface';
      return vpc.unassociateEipAddress(
        new Vpc.UnassociateEipAddressRequest({
          regionId,
          allocationId,
          instanceId,
          instanceType,
          privateIpAddress,
        }),
      );
    },
    release: (allocationId: string) =>
      vpc.releaseEipAddress(new Vpc.ReleaseEipAddressRequest({ regionId, allocationId })),
    async describeEips(filter: Partial<InstanceType<typeof Vpc.DescribeEipAddressesRequest>> = {}) {
      const { body } = await vpc.describeEipAddresses(
        new Vpc.DescribeEipAddressesRequest({ regionId, ...filter }),
      );
      return body?.eipAddresses?.eipAddress ?? [];
    },
    async createEni(
      wishes: Partial<InstanceType<typeof Ecs.CreateNetworkInterfaceRequest>> = {},
    ): Promise<string> {
      const { body } = await ecs.createNetworkInterface(
        new Ecs.CreateNetworkInterfaceRequest({
          regionId,
          vSwitchId: api.world.defaults.vSwitchIds[0],
          securityGroupId: api.world.defaults.securityGroupId,
          ...wishes,
        }),
      );
      return body?.networkInterfaceId ?? '';
    },
    async assign(
      networkInterfaceId: string,
      wishes: Partial<InstanceType<typeof Ecs.AssignPrivateIpAddressesRequest>>,
    ) {
      const { body } = await ecs.assignPrivateIpAddresses(
        new Ecs.AssignPrivateIpAddressesRequest({ regionId, networkInterfaceId, ...wishes }),
      );
      return body?.assignedPrivateIpAddressesSet?.privateIpSet?.privateIpAddress ?? [];
    },
    unassign: (networkInterfaceId: string, ...privateIpAddress: string[]) =>
      ecs.unassignPrivateIpAddresses(
        new Ecs.UnassignPrivateIpAddressesRequest({ regionId, networkInterfaceId, privateIpAddress }),
      ),
    attach: (networkInterfaceId: string, instanceId: string) =>
      ecs.attachNetworkInterface(
        new Ecs.AttachNetworkInterfaceRequest({ regionId, networkInterfaceId, instanceId }),
      ),
    detach: (networkInterfaceId: string, instanceId: string) =>
      ecs.detachNetworkInterface(
        new Ecs.DetachNetworkInterfaceRequest({ regionId, networkInterfaceId, instanceId }),
      ),
    deleteEni: (networkInterfaceId: string) =>
      ecs.deleteNetworkInterface(new Ecs.DeleteNetworkInterfaceRequest({ regionId, networkInterfaceId })),
    async describeEnis(filter: Partial<InstanceType<typeof Ecs.DescribeNetworkInterfacesRequest>> = {}) {
      const { body } = await ecs.describeNetworkInterfaces(
        new Ecs.DescribeNetworkInterfacesRequest({ regionId, ...filter }),
      );
      return body?.networkInterfaceSets?.networkInterfaceSet ?? [];
    },
    /** Any action, by the client that the functions use: no model between the wire and the test. */
    async call(
      product: 'Vpc' | 'Ecs',
      action: string,
      query: Record<string, unknown>,
      { body, keys, signature }: { body?: Record<string, unknown>; keys?: Keys; signature?: 'v2' } = {},
    ): Promise<Record<string, unknown>> {
      const client = new Core.default(
        Object.assign(config(keys), signature === undefined ? {} : { signatureAlgorithm: signature }),
      );
      const answer = await client.callApi(
        new Core.$OpenApiUtil.Params({
          action,
          version: product === 'Vpc' ? '2016-04-28' : '2014-05-26',
          protocol: 'HTTP',
          pathname: '/',
          method: 'POST',
          authType: 'AK',
          style: 'RPC',
          reqBodyType: 'formData',
          bodyType: 'json',
        }),
        new Core.$OpenApiUtil.OpenApiRequest({
          query: Core.OpenApiUtil.query(query),
          ...(body === undefined ? {} : { body }),
        }),
        // The class of these options is in a package that is not ours to depend on; none of them is needed.
        {} as Parameters<typeof client.callApi>[2],
      );
      return answer.body as Record<string, unknown>;
    },
  };
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** The error code of a refused call, or "accepted". */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'accepted';
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}
