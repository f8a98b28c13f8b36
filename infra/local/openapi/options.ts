import type { AddressOrder } from './address-pool.ts';

export type VpcActionName =
  | 'AllocateEipAddress'
  | 'AllocateEipAddressPro'
  | 'AssociateEipAddress'
  | 'UnassociateEipAddress'
  | 'ReleaseEipAddress'
  | 'DescribeEipAddresses'
  | 'ModifyEipAddressAttribute'
  | 'CreateCommonBandwidthPackage'
  | 'DescribeCommonBandwidthPackages'
  | 'DeleteCommonBandwidthPackage'
  | 'AddCommonBandwidthPackageIp'
  | 'RemoveCommonBandwidthPackageIp'
  | 'CreateVSwitch'
  | 'DescribeVSwitches'
  | 'TagResources'
  | 'UnTagResources'
  | 'ListTagResources';

export type EcsActionName =
  | 'CreateNetworkInterface'
  | 'DeleteNetworkInterface'
  | 'AttachNetworkInterface'
  | 'DetachNetworkInterface'
  | 'DescribeNetworkInterfaces'
  | 'AssignPrivateIpAddresses'
  | 'UnassignPrivateIpAddresses'
  | 'TagResources'
  | 'UntagResources';

export type ActionName = VpcActionName | EcsActionName;

/** Counts that an account is held to, beside the calls a minute. */
export type LimitName =
  | 'eips'
  | 'enis'
  | 'enisPerInstance'
  | 'eipsPerBandwidthPackage'
  | 'secondaryIpsOfAvailableEni'
  | 'secondaryIpsOfAttachedEni'
  | 'tagsPerResource';

/** An action's name stands for the calls of it that are let through a minute. */
export type QuotaName = ActionName | LimitName;

/** A duration that is drawn anew each time; ms of cloud time, both ends included. */
export interface Span {
  readonly min: number;
  readonly max: number;
}

export interface OpenApiOptions {
  /** Default: any free port. */
  readonly port?: number;
  /**
   * How long an action takes. For those that change a state in the background (Associate, Attach, ...) it is the time
   * in the transitional state; for the others the time until the answer, the effect comes at once. A span of zero
   * reaches the state before the answer.
   */
  readonly latency?: Partial<Record<ActionName, Span>>;
  readonly quotas?: Partial<Record<QuotaName, number>>;
  /** Describe calls show the state of this long ago, ms. Default 0. */
  readonly readLagMs?: number;
  /** How long a ClientToken is remembered, ms. Default 24 hours. */
  readonly tokenValidityMs?: number;
  /** How addresses are chosen that the caller leaves open. Default: the one that has been idle the longest. */
  readonly addressOrder?: AddressOrder;
}

const AT_ONCE: Span = { min: 0, max: 0 };

export const DEFAULT_LATENCY: Partial<Record<ActionName, Span>> = {
  AssociateEipAddress: { min: 300, max: 900 },
  UnassociateEipAddress: { min: 200, max: 600 },
  ReleaseEipAddress: { min: 200, max: 500 },
  AddCommonBandwidthPackageIp: { min: 200, max: 500 },
  RemoveCommonBandwidthPackageIp: { min: 200, max: 500 },
  AttachNetworkInterface: { min: 200, max: 500 },
  DetachNetworkInterface: { min: 200, max: 500 },
  DeleteNetworkInterface: { min: 200, max: 500 },
};

/** Every state is reached before the answer: for tests that are about something else. */
export const NO_LATENCY: Partial<Record<ActionName, Span>> = {
  AssociateEipAddress: AT_ONCE,
  UnassociateEipAddress: AT_ONCE,
  ReleaseEipAddress: AT_ONCE,
  AddCommonBandwidthPackageIp: AT_ONCE,
  RemoveCommonBandwidthPackageIp: AT_ONCE,
  AttachNetworkInterface: AT_ONCE,
  DetachNetworkInterface: AT_ONCE,
  DeleteNetworkInterface: AT_ONCE,
};

/**
 * Sources: EIP documentation, quotas (20 EIPs, 120 and 600 calls a minute); VPC API reference (300 a minute for the other
 * actions); Internet Shared Bandwidth documentation, 100 EIPs a package; for ECS, whose limits are not published, the
 * rates that Terway, the cloud's own network plugin, keeps to.
 */
export const DEFAULT_QUOTAS: Readonly<Record<QuotaName, number>> = {
  AllocateEipAddress: 120,
  AllocateEipAddressPro: 120,
  AssociateEipAddress: 120,
  UnassociateEipAddress: 120,
  ReleaseEipAddress: 600,
  DescribeEipAddresses: 600,
  ModifyEipAddressAttribute: 300,
  CreateCommonBandwidthPackage: 300,
  DescribeCommonBandwidthPackages: 300,
  DeleteCommonBandwidthPackage: 300,
  AddCommonBandwidthPackageIp: 300,
  RemoveCommonBandwidthPackageIp: 300,
  CreateVSwitch: 300,
  DescribeVSwitches: 300,
  TagResources: 300,
  UnTagResources: 300,
  UntagResources: 300,
  ListTagResources: 300,
  CreateNetworkInterface: 500,
  DeleteNetworkInterface: 500,
  AttachNetworkInterface: 500,
  DetachNetworkInterface: 400,
  DescribeNetworkInterfaces: 800,
  AssignPrivateIpAddresses: 400,
  UnassignPrivateIpAddresses: 400,
  eips: 20,
  enis: 5000,
  enisPerInstance: 15,
  eipsPerBandwidthPackage: 100,
  secondaryIpsOfAvailableEni: 49,
  secondaryIpsOfAttachedEni: 9,
  tagsPerResource: 20,
};

/** How long a released EIP can be had back. Source: AllocateEipAddress, OperationFailed.AllocateUnfamiliarIp. */
export const REACQUIRE_MS = 7 * 24 * 3_600_000;

export const TOKEN_VALIDITY_MS = 24 * 3_600_000;
