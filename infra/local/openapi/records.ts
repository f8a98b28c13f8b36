/** Records are never changed in place: a write puts a new one, so that late readers can still be shown the old. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Source: VPC API reference, DescribeEipAddresses, Status. A released EIP is absent. */
export type EipStatus = 'Available' | 'Associating' | 'InUse' | 'Unassociating' | 'Releasing';

export interface EipBinding {
  readonly instanceType: 'NetworkInterface' | 'EcsInstance';
  readonly instanceId: string;
  readonly privateIp: string;
  readonly mode: string;
  readonly vpcId: string;
}

/** Source: VPC API reference, DescribeCommonBandwidthPackages, BandwidthPackageIpRelationStatus. */
export type MembershipStatus = 'BINDING' | 'BINDED' | 'UNBINDING';

export interface Membership {
  readonly packageId: string;
  readonly status: MembershipStatus;
  /** The task that is changing it, see `Eip.task`. */
  readonly task: number;
}

export interface Eip {
  readonly id: string;
  /** Order of creation, for paging. */
  readonly sequence: number;
  readonly address: string;
  readonly status: EipStatus;
  /** Number of the last transition: a timer that belongs to an earlier one must not end it. */
  readonly task: number;
  readonly binding?: EipBinding;
  readonly membership?: Membership;
  /** Mbit/s; what counts while the EIP is in no bandwidth package. */
  readonly bandwidth: number;
  readonly internetChargeType: string;
  readonly chargeType: string;
  readonly isp: string;
  readonly netmode: string;
  readonly name: string;
  readonly description: string;
  readonly resourceGroupId: string;
  readonly publicIpAddressPoolId: string;
  readonly zone: string;
  readonly securityProtectionTypes: readonly string[];
  readonly tags: readonly Tag[];
  /** Cloud time, ms. */
  readonly createdAt: number;
}

/** Source: ECS API reference, DescribeNetworkInterfaces, Status. A deleted ENI is absent. */
export type EniStatus = 'Available' | 'Attaching' | 'InUse' | 'Detaching' | 'Deleting';

export interface EniAddress {
  readonly ip: string;
  /** The EIP that is bound, or being bound, to this private IP. */
  readonly eipId?: string;
}

export interface Eni {
  readonly id: string;
  readonly sequence: number;
  readonly status: EniStatus;
  readonly task: number;
  readonly type: string;
  readonly vpcId: string;
  readonly vSwitchId: string;
  readonly zone: string;
  readonly mac: string;
  readonly name: string;
  readonly description: string;
  readonly securityGroupIds: readonly string[];
  readonly resourceGroupId: string;
  readonly deleteOnRelease: boolean;
  readonly serviceManaged: boolean;
  readonly trafficMode: string;
  readonly instanceId?: string;
  /** The first is the primary one. */
  readonly addresses: readonly EniAddress[];
  readonly tags: readonly Tag[];
  readonly createdAt: number;
}

export interface BandwidthPackage {
  readonly id: string;
  readonly sequence: number;
  readonly bandwidth: number;
  readonly isp: string;
  readonly internetChargeType: string;
  readonly name: string;
  readonly description: string;
  readonly resourceGroupId: string;
  readonly zone: string;
  readonly ratio?: number;
  readonly tags: readonly Tag[];
  readonly createdAt: number;
}

export interface Vpc {
  readonly id: string;
  readonly cidr: string;
  readonly name: string;
  readonly isDefault: boolean;
  /** One security group a VPC is all that ENIs need here. */
  readonly securityGroupId: string;
}

export interface VSwitch {
  readonly id: string;
  readonly vpcId: string;
  readonly cidr: string;
  readonly zone: string;
  readonly name: string;
  readonly description: string;
  readonly isDefault: boolean;
  readonly tags: readonly Tag[];
  readonly createdAt: number;
}

/** An ECS instance, as far as ENIs and EIPs can be attached to it. */
export interface Instance {
  readonly id: string;
  readonly zone: string;
  readonly type: string;
}

/** An EIP that was released: its owner can have the same address back for a while. */
export interface ReleasedEip {
  readonly id: string;
  readonly address: string;
  readonly releasedAt: number;
}

/** A change of state, as listeners hear of it. `undefined` is "does not exist". */
export interface StateChange {
  readonly resource: 'eip' | 'eni' | 'bandwidth-package-ip';
  readonly id: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Cloud time, ms. */
  readonly at: number;
}

interface Rewritten<T> {
  /** Undefined for what is new. */
  readonly before: T | undefined;
  /** Undefined for what is gone. */
  readonly after: T | undefined;
  /** Cloud time, ms. */
  readonly at: number;
}

/** One write of a record, with all that it changes: private IPs come and go without a change of any state. */
export type RecordWrite =
  | ({ readonly resource: 'eip' } & Rewritten<Eip>)
  | ({ readonly resource: 'eni' } & Rewritten<Eni>);

/** One line of an EIP's life, for audits. */
export interface EipEvent {
  readonly id: string;
  readonly address: string;
  readonly from: EipStatus | undefined;
  readonly to: EipStatus | undefined;
  readonly at: number;
  readonly instanceId?: string;
  readonly privateIp?: string;
}
