import type { Action } from './action.ts';
import { allocateEipAddress, allocateEipAddressPro } from './actions/allocate-eip-address.ts';
import { associateEipAddress } from './actions/associate-eip-address.ts';
import {
  addCommonBandwidthPackageIp,
  createCommonBandwidthPackage,
  deleteCommonBandwidthPackage,
  describeCommonBandwidthPackages,
  removeCommonBandwidthPackageIp,
} from './actions/common-bandwidth-packages.ts';
import { createNetworkInterface } from './actions/create-network-interface.ts';
import { describeEipAddresses } from './actions/describe-eip-addresses.ts';
import { describeNetworkInterfaces } from './actions/describe-network-interfaces.ts';
import { modifyEipAddressAttribute } from './actions/modify-eip-address-attribute.ts';
import {
  attachNetworkInterface,
  deleteNetworkInterface,
  detachNetworkInterface,
} from './actions/network-interface-lifecycle.ts';
import { assignPrivateIpAddresses, unassignPrivateIpAddresses } from './actions/private-ip-addresses.ts';
import { releaseEipAddress } from './actions/release-eip-address.ts';
import {
  listVpcTagResources,
  tagEcsResources,
  tagVpcResources,
  untagEcsResources,
  untagVpcResources,
} from './actions/tags.ts';
import { unassociateEipAddress } from './actions/unassociate-eip-address.ts';
import { createVSwitch, describeVSwitches } from './actions/v-switches.ts';
import type { Code } from './failure.ts';

export interface Product {
  readonly name: string;
  readonly actions: ReadonlyMap<string, Action>;
  /** What a ClientToken is answered with while its first call is still running. */
  readonly tokenRunning: Code;
}

const product = (name: string, tokenRunning: Code, actions: readonly Action[]): Product => ({
  name,
  tokenRunning,
  actions: new Map(actions.map((one) => [one.name, one])),
});

/** By the version of the API, which is all that tells one product's requests from the other's. */
export const PRODUCTS: ReadonlyMap<string, Product> = new Map([
  [
    '2016-04-28',
    product('Vpc', 'LastTokenProcessing', [
      allocateEipAddress,
      allocateEipAddressPro,
      associateEipAddress,
      unassociateEipAddress,
      releaseEipAddress,
      describeEipAddresses,
      modifyEipAddressAttribute,
      createCommonBandwidthPackage,
      describeCommonBandwidthPackages,
      deleteCommonBandwidthPackage,
      addCommonBandwidthPackageIp,
      removeCommonBandwidthPackageIp,
      createVSwitch,
      describeVSwitches,
      tagVpcResources,
      untagVpcResources,
      listVpcTagResources,
    ]),
  ],
  [
    '2014-05-26',
    product('Ecs', 'IdempotentProcessing', [
      createNetworkInterface,
      deleteNetworkInterface,
      attachNetworkInterface,
      detachNetworkInterface,
      describeNetworkInterfaces,
      assignPrivateIpAddresses,
      unassignPrivateIpAddresses,
      tagEcsResources,
      untagEcsResources,
    ]),
  ],
]);
