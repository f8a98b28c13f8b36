import { logStore } from './logs.ts';
import { instanceName, type Place, queueArn, queueName } from './names.ts';
import { QUEUES } from './queues.ts';
import { TABLES } from './tables.ts';

export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

export interface Policy {
  readonly Version: '1';
  readonly Statement: readonly Statement[];
}

/** Who may take the role: Function Compute. Source: RAM, trust policy of a service role. */
export const TRUST_POLICY = {
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: ['fc.aliyuncs.com'] } }],
} as const;

const EIP_ACTIONS = [
  'vpc:AllocateEipAddress',
  'vpc:AssociateEipAddress',
  'vpc:UnassociateEipAddress',
  'vpc:ReleaseEipAddress',
  'vpc:DescribeEipAddresses',
  'vpc:TagResources',
];

const ENI_ACTIONS = [
  'ecs:DescribeNetworkInterfaces',
  'ecs:CreateNetworkInterface',
  'ecs:DeleteNetworkInterface',
  'ecs:AssignPrivateIpAddresses',
  'ecs:UnassignPrivateIpAddresses',
  // The API is of the VPC, yet older accounts authorize it under ECS.
  'ecs:DescribeVSwitches',
  'vpc:DescribeVSwitches',
];

// No table is created, changed or dropped by a function, and no row is read outside of a key or a range.
const ROW_ACTIONS = [
  'ots:GetRow',
  'ots:PutRow',
  'ots:UpdateRow',
  'ots:DeleteRow',
  'ots:GetRange',
  'ots:BatchGetRow',
  'ots:BatchWriteRow',
];

const MESSAGE_ACTIONS = [
  'mns:SendMessage',
  'mns:BatchSendMessage',
  'mns:ReceiveMessage',
  'mns:BatchReceiveMessage',
  'mns:PeekMessage',
  'mns:BatchPeekMessage',
  'mns:DeleteMessage',
  'mns:BatchDeleteMessage',
  'mns:ChangeMessageVisibility',
  'mns:GetQueueAttributes',
];

/**
 * What the functions of a stage may do, as a RAM policy document. EIPs and ENIs cannot be narrowed to names that do not
 * exist yet, so those statements are of the region; what protects foreign ones are the tags that every release checks.
 */
export function functionPolicy(
  stage: string,
  place: Place,
  tablestoreInstance = instanceName(stage),
): Policy {
  const { region, accountId } = place;
  const logs = logStore(stage, place);
  // Instance names are case-blind, resources in policies are written small. Source: Tablestore, custom RAM policy.
  const instance = tablestoreInstance.toLowerCase();
  return {
    Version: '1',
    Statement: [
      {
        Effect: 'Allow',
        Action: ROW_ACTIONS,
        Resource: TABLES.map(
          ({ name }) => `acs:ots:${region}:${accountId}:instance/${instance}/table/${name}`,
        ),
      },
      {
        Effect: 'Allow',
        Action: MESSAGE_ACTIONS,
        // Sending and receiving are authorized on `.../messages`, attributes on the queue itself.
        // Source: MNS API reference, SendMessage, GetQueueAttributes.
        Resource: QUEUES.flatMap(({ name }) => {
          const arn = queueArn(place, queueName(stage, name));
          return [arn, `${arn}/messages`];
        }),
      },
      { Effect: 'Allow', Action: EIP_ACTIONS, Resource: [`acs:vpc:${region}:${accountId}:*`] },
      {
        Effect: 'Allow',
        Action: ENI_ACTIONS,
        Resource: [`acs:ecs:${region}:${accountId}:*`, `acs:vpc:${region}:${accountId}:*`],
      },
      {
        Effect: 'Allow',
        Action: ['log:PostLogStoreLogs'],
        Resource: [`acs:log:${region}:${accountId}:project/${logs.project}/logstore/${logs.logstore}`],
      },
    ],
  };
}

/** The policy as the text that RAM's console and `CreatePolicy` take. */
export const functionPolicyJson = (...parameters: Parameters<typeof functionPolicy>): string =>
  JSON.stringify(functionPolicy(...parameters), undefined, 2);
