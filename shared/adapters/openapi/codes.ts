import type { Verdict } from '../../reconcile/ports.ts';

/**
 * What the cloud's error codes mean for us, for each API. A code ends in `*` where a family is meant; the first match
 * wins, those of the API before the common ones. `docs/errors.md` is generated from this table.
 * Sources: the error code lists of the VPC and ECS API references; the retry lists of the cloud's Terraform provider.
 */
type Codes = readonly (readonly [code: string, verdict: Verdict])[];

export const COMMON_CODES: Codes = [
  ['Throttling*', 'throttled'],
  ['QpsLimitExceeded', 'throttled'],
  ['ServiceUnavailable', 'unavailable'],
  ['InternalError', 'unavailable'],
  ['UnknownError', 'unavailable'],
  ['SystemBusy', 'busy'],
  ['LastTokenProcessing', 'busy'],
  ['OperationFailed.LastTokenProcessing', 'busy'],
  ['IdempotentProcessing', 'busy'],
  ['IdempotentFailed', 'token-spent'],
  ['IdempotentParameterMismatch', 'token-spent'],
  ['IdempotenceParamNotMatch', 'token-spent'],
  // Until somebody takes the EIP off the Global Accelerator: to try again soon is of no use.
  ['TaskConflict.AssociateGlobalAccelerationInstance', 'refused'],
  ['TaskConflict*', 'busy'],
  ['OperationConflict', 'busy'],
  ['Operation.Conflict', 'busy'],
  ['IncorrectStatus*', 'busy'],
  ['IncorrectEipStatus', 'busy'],
  ['IncorrectInstanceStatus', 'busy'],
  ['InvalidBindingStatus', 'busy'],
  ['InvalidStatus.*', 'busy'],
  ['InvalidOperation.InvalidEniState', 'busy'],
  ['OperationFailed.EipStatusInvalid', 'busy'],
  ['InvalidOperation.EniServiceManaged', 'managed'],
  ['OperationUnsupported.ServiceManaged', 'managed'],
  ['Forbidden*', 'forbidden'],
  ['Forbbiden', 'forbidden'],
  ['NoPermission', 'forbidden'],
  ['InvalidAccessKeyId*', 'forbidden'],
  ['SignatureDoesNotMatch', 'forbidden'],
  ['InvalidSecurityToken*', 'forbidden'],
  ['InsufficientBalance*', 'unpaid'],
  ['QuotaExceeded*', 'exhausted'],
  ['MaxEniCountExceeded', 'exhausted'],
  ['InvalidVSwitchId.IpNotEnough', 'drained'],
  ['InvalidAllocationId.NotFound', 'gone'],
  ['InvalidEniId.NotFound', 'gone'],
];

export const API_CODES: Readonly<Record<string, Codes>> = {
  AllocateEipAddress: [
    ['ReserveIpFail', 'taken'],
    ['Ip.Allocated', 'taken'],
    ['OperationFailed.AllocateUnfamiliarIp', 'taken'],
  ],
  AssociateEipAddress: [
    ['InvalidAssociation.Duplicated', 'taken'],
    ['BIND_INSTANCE_HAVE_PORTMAP_OR_BIND_EIP', 'occupied'],
    ['InvalidInstanId.NotFound', 'misplaced'],
    ['InvalidInstanceId.NotFound', 'misplaced'],
    ['InvalidEniId.NotFound', 'misplaced'],
    ['InvalidParameter', 'misplaced'],
    ['InvalidParameter.Mismatch', 'misplaced'],
    ['InvalidPrivateIpAddress*', 'misplaced'],
  ],
  UnassociateEipAddress: [
    ['IncorrectEipStatus', 'unbound'],
    ['InvalidParameter', 'elsewhere'],
    ['InvalidParameter.Mismatch', 'elsewhere'],
    ['InvalidInstanId.NotFound', 'elsewhere'],
    ['InvalidInstanceId.NotFound', 'elsewhere'],
  ],
  ReleaseEipAddress: [
    ['InvalidOperation.DeletionProtection', 'refused'],
    ['Forbidden.ChargeTypeIsPrepaid', 'refused'],
  ],
  AssignPrivateIpAddresses: [
    ['InvalidPrivateIpAddress.Duplicated', 'taken'],
    ['InvalidIPAddress.AlreadyUsed', 'taken'],
    ['InvalidVSwitchId.IpInvalid', 'misplaced'],
    ['InvalidPrivateIpAddress*', 'misplaced'],
    ['InvalidOperation.Ipv4CountExceeded', 'full'],
    ['QuotaExceeded.PrivateIpAddress', 'full'],
    ['SecondaryPrivateIpCountExceeded*', 'full'],
  ],
  CreateNetworkInterface: [
    ['InvalidPrivateIpAddress.Duplicated', 'taken'],
    ['InvalidIPAddress.AlreadyUsed', 'taken'],
  ],
  UnassignPrivateIpAddresses: [
    ['InvalidIp.IpUnassigned', 'unbound'],
    ['InvalidIp.Address*', 'unbound'],
  ],
};

export function verdictOfCode(api: string, code: string, status: number | undefined): Verdict {
  for (const [pattern, verdict] of [...(API_CODES[api] ?? []), ...COMMON_CODES]) {
    if (pattern.endsWith('*') ? code.startsWith(pattern.slice(0, -1)) : code === pattern) return verdict;
  }
  if (status !== undefined && status >= 500) return 'unavailable';
  return 'refused';
}
