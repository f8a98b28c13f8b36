/**
 * Error codes with the HTTP status and the wording that the cloud documents for them.
 * Sources: the "Error codes" tables of the VPC (2016-04-28) and ECS (2014-05-26) API reference, page of each action;
 * "common error codes" of the OpenAPI gateway for authentication, missing parameters and throttling.
 */
const DOCUMENTED = {
  EniPerInstanceLimitExceeded: [403, 'The maximum number of network interfaces of the instance is reached.'],
  IdempotentParameterMismatch: [
    400,
    'The request uses the same client token as a previous, but non-identical request.',
  ],
  IdempotentProcessing: [403, 'The previous idempotent request is still processing.'],
  IncompleteSignature: [400, 'The request signature does not conform to Aliyun standards.'],
  IncorrectEipStatus: [400, 'Current elastic IP status does not support this operation.'],
  'IncorrectStatus.Eip': [400, 'Eip status error.'],
  'InvalidAccessKeyId.NotFound': [404, 'Specified access key is not found.'],
  'InvalidAction.NotFound': [404, 'Specified api is not found, please check your url and method.'],
  'InvalidAllocationId.NotFound': [404, 'Specified allocation ID is not found.'],
  'InvalidAssociation.Duplicated': [400, 'Specified instance already is associated.'],
  'InvalidBandwidth.Malformed': [400, 'The specified Bandwidth is invalid.'],
  'InvalidBandwidthPackageId.NotFound': [
    404,
    'The specified bandwidthPackageId does not exist in our records.',
  ],
  'InvalidCidrBlock.Overlapped': [400, 'Specified CIDR block overlapped with other subnets.'],
  InvalidCidrBlock: [400, 'Specified CIDR block is not valid.'],
  'InvalidEcsId.NotFound': [404, 'The specified instance does not exist.'],
  'InvalidEniId.NotFound': [404, 'The specified network interface does not exist.'],
  'InvalidInstanId.NotFound': [404, 'Specified instance does not exist.'],
  'InvalidInstanceType.ValueNotSupported': [400, 'The specified value of InstanceType is not supported.'],
  'InvalidIp.IpAssigned': [403, 'The specified IP is already assigned to this network interface.'],
  'InvalidIp.IpRepeated': [403, 'The specified IP is repeated.'],
  'InvalidIp.IpUnassigned': [403, 'The specified IP is not assigned to this network interface.'],
  'InvalidIpInstanceId.NotFound': [404, 'The specified Eip InstanceId does not exist in our records.'],
  'InvalidOperation.AvailabilityZoneMismatch': [
    403,
    'The network interface and the instance are in different zones.',
  ],
  'InvalidOperation.EniServiceManaged': [403, 'The network interface is managed by a cloud service.'],
  'InvalidOperation.InvalidEniState': [400, 'The operation is not allowed in the current ENI state.'],
  'InvalidOperation.Ipv4CountExceeded': [403, 'The number of private IP addresses exceeds the limit.'],
  InvalidParameter: [400, 'The specified parameter is not valid.'],
  'InvalidParameter.Conflict': [400, 'The specified parameters exclude each other.'],
  'InvalidPrivateIpAddress.Duplicated': [400, 'Specified private IP address is duplicated.'],
  'InvalidPrivateIpAddress.Malformed': [400, 'Specified private IP address is malformed.'],
  'InvalidRegionId.NotFound': [404, 'The RegionId provided does not exist in our records.'],
  'InvalidResourceId.NotFound': [404, 'The specified ResourceIds are not found in our records.'],
  'InvalidResourceType.NotFound': [404, 'The ResourceType provided does not exist in our records.'],
  'InvalidSecurityToken.Expired': [400, 'Specified SecurityToken is expired.'],
  'InvalidSecurityToken.Malformed': [400, 'Specified SecurityToken is malformed.'],
  'InvalidStatus.EniStatusNotSupport': [
    400,
    'The status of the network interface does not support this operation.',
  ],
  'InvalidTimeStamp.Expired': [400, 'Specified time stamp or date value is expired.'],
  'InvalidTimeStamp.Format': [400, 'Specified time stamp or date value is not well formatted.'],
  'InvalidVSwitchId.IpInvalid': [
    403,
    'The specified private IP address is not valid in the CIDR block of the vSwitch.',
  ],
  'InvalidVSwitchId.IpNotEnough': [403, 'The vSwitch does not have enough idle private IP addresses.'],
  'InvalidVSwitchId.NotFound': [404, 'The specified vSwitch does not exist.'],
  InvalidVersion: [400, 'Specified parameter Version is not valid.'],
  'InvalidVpcId.NotFound': [404, 'Specified VPC does not exist.'],
  'Ip.Allocated': [400, 'The reserve ip has been allocated.'],
  'IpInstanceId.AlreadyInBandwidthPackage': [
    400,
    'The specified Eip InstanceId already in bandwidthPackage.',
  ],
  'IpInstanceId.ChargeType.NotSupport': [
    400,
    'The specified Eip instance is PrePaid type, Cannot add to BandwidthPackage.',
  ],
  'IpInstanceId.QuotaExceeded': [400, 'The specified BandwidthPackageId has too many ip in it.'],
  'IpInstanceId.UnMatchedWithBandwidthPackageISP': [
    400,
    'The line types of the EIP and of the package differ.',
  ],
  BIND_INSTANCE_HAVE_PORTMAP_OR_BIND_EIP: [400, 'The instance may have portMap or already bind eip.'],
  'Forbidden.ChargeTypeIsPrepaid': [400, "It's forbidden to release a prepaid EIP"],
  'DependencyViolation.EIP': [400, 'The package still contains elastic IP addresses.'],
  LastTokenProcessing: [400, 'The last token request is processing.'],
  MaxEniCountExceeded: [403, 'The maximum number of network interfaces is reached.'],
  MissingParameter: [
    400,
    'The input parameter that is mandatory for processing this request is not supplied.',
  ],
  MissingSecurityToken: [400, 'SecurityToken is mandatory for this action.'],
  'Operation.Conflict': [403, 'The operation conflicts with another one on the network interface.'],
  'OperationFailed.AllocateUnfamiliarIp': [
    400,
    'The operation failed because only IP addresses used within the last seven days can be allocated.',
  ],
  'OperationUnsupported.IpNotInCbwp': [400, 'The specified eip not exist in the commonBandwidthPackage.'],
  'OperationUnsupported.IpType': [400, 'Ip type does not support the operation.'],
  'QuotaExceeded.Eip': [400, 'Elastic IP address quota exceeded'],
  'QuotaExceeded.TagsPerResource': [400, 'The maximum number of tags of a resource is exceeded.'],
  SignatureDoesNotMatch: [400, 'Specified signature is not matched with our calculation.'],
  SignatureNonceUsed: [400, 'Specified signature nonce was used already.'],
  TaskConflict: [400, 'The eip operate too frequent, TaskConflict.'],
  'Throttling.User': [400, 'Request was denied due to user flow control.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type Code = keyof typeof DOCUMENTED;

/** Why a call was refused, as the cloud words it. Throwing it anywhere in an action makes it the answer. */
export class Refusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.status = status;
  }
}

/** A refusal with a documented code. `detail` says what exactly was wrong and what would be right. */
export function refusal(code: Code, detail?: string): Refusal {
  const [status, message] = DOCUMENTED[code];
  return new Refusal(code, status, detail === undefined ? message : `${message} ${detail}`);
}

/** The gateway's answer to a missing parameter: the name is part of the code. */
export const missing = (name: string): Refusal =>
  new Refusal(`Missing${name}`, 400, `${name} is mandatory for this action.`);
