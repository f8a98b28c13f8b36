import { ECS, VPC } from './cloud-stage.ts';
import { begins, LONG_ENOUGH_MS, type Scenario, type Step, sweeps, waits } from './crash-matrix.ts';
import type { Act, Annotations, WorkloadPlan } from './story.ts';
import { INSTALLATION } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const EIP = { 'k8s.aliyun.com/pod-with-eip': 'true' };
const KEPT_EIP = { ...EIP, 'k8s.aliyun.com/pod-eip-release-strategy': '60m' };
const SHORTLY_KEPT_EIP = { ...EIP, 'k8s.aliyun.com/pod-eip-release-strategy': '5m' };
const GIVEN_EIP = { 'k8s.aliyun.com/pod-eip-instanceid': '<given-0>' };
const FIXED_IP = {
  'network.alibabacloud.com/enable-fixed-ip': 'true',
  'network.alibabacloud.com/fixed-ip-release-after': '1',
};
const BRIEF_IP = { ...FIXED_IP, 'network.alibabacloud.com/fixed-ip-release-after': '0' };

const pods = (annotations: Annotations, replicas = 1, name = 'web'): WorkloadPlan => ({
  name,
  namespace: 'default',
  cluster: 0,
  kind: 'StatefulSet',
  replicas,
  annotations,
});

/** An act, and the time for what follows from it. */
const does =
  (act: Act, ms = LONG_ENOUGH_MS): Step =>
  async ({ people, world }) => {
    await people.act(act);
    await world.clock.advance(ms);
  };
const web = { workload: 0, ordinal: 0 };
const deletes = does({ kind: 'delete a pod', ...web });
const goes = does({ kind: 'scale', workload: 0, replicas: 0 });
const comes = does({ kind: 'scale', workload: 0, replicas: 1 });

const TAGS = [{ Key: 'holdfast/owner', Value: INSTALLATION }];
const PARKING_TAGS = [...TAGS, { Key: 'holdfast/role', Value: 'parking' }];

/** An EIP that was bought on an intent that is gone. */
const strandsEip: Step = ({ world }) =>
  world.stage.byHand(VPC, 'AllocateEipAddress', {
    ClientToken: 'of-a-claim-that-is-gone',
    Tag: [
      ...TAGS,
      { Key: 'holdfast/token', Value: 'of-a-claim-that-is-gone' },
      { Key: 'holdfast/claim', Value: 'c-0/default/gone-0/eip' },
    ],
  });

/** A parking ENI; with an address, one that a call has left there that came late. */
const strandsParking =
  (...addresses: readonly string[]): Step =>
  ({ world: { stage } }) =>
    stage.byHand(ECS, 'CreateNetworkInterface', {
      VSwitchId: stage.world.defaults.vSwitchIds[0],
      SecurityGroupId: stage.world.defaults.securityGroupId,
      ...(addresses.length > 0 ? { PrivateIpAddress: addresses } : {}),
      Tag: PARKING_TAGS,
    });

export const EIP_SCENARIOS: readonly Scenario[] = [
  {
    name: 'a pod gets its first EIP',
    workloads: [pods(KEPT_EIP)],
    before: [],
    struck: [begins],
    strikes: ['write claims', 'AllocateEipAddress', 'AssociateEipAddress', 'tell'],
  },
  {
    name: 'a pod whose node does not name its ENI gets its first EIP',
    workloads: [pods(KEPT_EIP)],
    hintsEni: false,
    before: [],
    struck: [begins],
    strikes: ['DescribeNetworkInterfaces', 'AllocateEipAddress', 'AssociateEipAddress', 'tell'],
  },
  {
    name: 'a pod is rebuilt and gets its EIP back',
    workloads: [pods(KEPT_EIP)],
    before: [begins],
    struck: [deletes],
    strikes: ['write claims', 'AssociateEipAddress', 'tell'],
  },
  {
    name: 'a pod goes, and its EIP is kept',
    workloads: [pods(KEPT_EIP)],
    before: [begins],
    struck: [goes],
    strikes: ['write claims', 'write deadlines', 'send'],
  },
  {
    name: 'a pod comes while its EIP is kept',
    workloads: [pods(KEPT_EIP)],
    before: [begins, goes],
    struck: [comes],
    strikes: ['write claims', 'AssociateEipAddress', 'tell'],
  },
  {
    name: 'the retention of an EIP ends',
    workloads: [pods(SHORTLY_KEPT_EIP)],
    before: [begins, goes],
    struck: [waits(6 * MINUTE), sweeps],
    strikes: ['write claims', 'ReleaseEipAddress', 'write deadlines'],
  },
  {
    name: 'an EIP follows its pod',
    workloads: [pods(EIP)],
    before: [begins],
    struck: [goes],
    strikes: ['write claims', 'ReleaseEipAddress'],
  },
  {
    name: 'a pod gets an EIP of its owner',
    workloads: [pods(GIVEN_EIP)],
    before: [],
    struck: [begins],
    strikes: ['write claims', 'AssociateEipAddress', 'tell'],
  },
  {
    name: 'a pod with an EIP of its owner is rebuilt',
    workloads: [pods(GIVEN_EIP)],
    before: [begins],
    struck: [deletes],
    strikes: ['write claims', 'AssociateEipAddress', 'tell'],
  },
  {
    name: 'a pod with an EIP of its owner goes',
    workloads: [pods(GIVEN_EIP)],
    before: [begins],
    struck: [goes],
    strikes: ['write claims'],
  },
  {
    name: 'an EIP is released by hand while it is bound',
    workloads: [pods(KEPT_EIP)],
    before: [begins, does({ kind: 'release by hand', ...web }, 20_000)],
    struck: [sweeps],
    strikes: ['write claims', 'AllocateEipAddress', 'AssociateEipAddress', 'tell'],
  },
  {
    name: 'an EIP is unbound by hand',
    workloads: [pods(KEPT_EIP)],
    before: [begins, does({ kind: 'unbind by hand', ...web }, 20_000)],
    struck: [sweeps],
    strikes: ['AssociateEipAddress'],
  },
  {
    name: 'a bound pod asks for no EIP any more',
    workloads: [pods(KEPT_EIP)],
    before: [begins, does({ kind: 'annotate', workload: 0, annotations: {} }, 1_000)],
    struck: [sweeps],
    strikes: ['write claims', 'UnassociateEipAddress', 'tell'],
  },
  {
    name: 'the network of a pod with an EIP is made anew',
    workloads: [pods(KEPT_EIP)],
    before: [begins],
    struck: [does({ kind: 'rebuild the network', ...web })],
    strikes: ['write claims', 'AssociateEipAddress', 'tell'],
  },
  {
    name: 'a pod with an EIP is evicted',
    workloads: [pods(KEPT_EIP)],
    before: [begins],
    struck: [does({ kind: 'evict a pod', ...web }, 2 * LONG_ENOUGH_MS)],
    strikes: ['write claims', 'AssociateEipAddress', 'tell'],
  },
  {
    name: 'releases are frozen, and thawed again',
    workloads: [pods(EIP)],
    before: [begins],
    struck: [does({ kind: 'freeze releases' }, 1_000), goes, does({ kind: 'thaw releases' }, 1_000), sweeps],
    strikes: ['read control', 'write claims', 'ReleaseEipAddress'],
  },
];

export const IP_SCENARIOS: readonly Scenario[] = [
  {
    name: 'a pod gets its first fixed IP',
    workloads: [pods(FIXED_IP)],
    before: [],
    struck: [begins],
    strikes: ['write claims', 'AssignPrivateIpAddresses', 'tell'],
  },
  {
    name: 'a fixed IP is parked, for which the first parking ENI is made',
    workloads: [pods(FIXED_IP)],
    before: [begins],
    struck: [goes],
    strikes: ['write claims', 'write control', 'CreateNetworkInterface', 'write deadlines'],
  },
  {
    name: 'two fixed IPs are parked at once, for which the first parking ENI is made',
    workloads: [pods(FIXED_IP, 2)],
    before: [begins],
    struck: [goes],
    strikes: ['write control', 'CreateNetworkInterface', 'AssignPrivateIpAddresses'],
  },
  {
    name: 'a fixed IP is parked on an ENI that is there',
    workloads: [pods(FIXED_IP), pods(FIXED_IP, 1, 'other')],
    before: [begins, does({ kind: 'scale', workload: 1, replicas: 0 })],
    struck: [goes],
    strikes: ['write claims', 'AssignPrivateIpAddresses', 'write deadlines'],
  },
  {
    name: 'a pod comes while its fixed IP is parked',
    workloads: [pods(FIXED_IP)],
    before: [begins, goes],
    struck: [comes],
    strikes: ['write claims', 'UnassignPrivateIpAddresses', 'AssignPrivateIpAddresses', 'tell'],
  },
  {
    name: 'a pod is rebuilt and gets its fixed IP back',
    workloads: [pods(FIXED_IP)],
    before: [begins],
    struck: [deletes],
    strikes: ['write claims', 'AssignPrivateIpAddresses', 'tell'],
  },
  {
    name: 'the retention of a fixed IP ends',
    workloads: [pods(FIXED_IP)],
    before: [begins, goes],
    struck: [waits(HOUR), sweeps],
    strikes: ['write claims', 'UnassignPrivateIpAddresses', 'write deadlines'],
  },
  {
    name: 'a fixed IP is kept for its shortest time',
    workloads: [pods(BRIEF_IP)],
    before: [begins],
    struck: [goes, sweeps],
    strikes: ['write claims', 'UnassignPrivateIpAddresses'],
  },
  {
    name: 'the network of a pod with a fixed IP is made anew',
    workloads: [pods(FIXED_IP)],
    before: [begins],
    struck: [does({ kind: 'rebuild the network', ...web })],
    strikes: ['write claims', 'AssignPrivateIpAddresses', 'tell'],
  },
  {
    name: 'a fixed IP is taken off by hand',
    workloads: [pods(FIXED_IP)],
    before: [begins, does({ kind: 'unassign by hand', ...web }, 1_000)],
    struck: [sweeps],
    strikes: ['AssignPrivateIpAddresses'],
  },
  {
    name: 'a bound pod asks for no fixed IP any more',
    workloads: [pods(FIXED_IP)],
    before: [begins, does({ kind: 'annotate', workload: 0, annotations: {} }, 1_000)],
    struck: [sweeps],
    strikes: ['write claims', 'UnassignPrivateIpAddresses', 'tell'],
  },
];

export const OTHER_SCENARIOS: readonly Scenario[] = [
  {
    name: 'a pod gets both an EIP and a fixed IP',
    workloads: [pods({ ...KEPT_EIP, ...FIXED_IP })],
    before: [],
    struck: [begins],
    strikes: ['AllocateEipAddress', 'AssociateEipAddress', 'AssignPrivateIpAddresses', 'tell'],
  },
  {
    name: 'a pod with both is rebuilt',
    workloads: [pods({ ...KEPT_EIP, ...FIXED_IP })],
    before: [begins],
    struck: [deletes],
    strikes: ['AssociateEipAddress', 'AssignPrivateIpAddresses', 'tell'],
  },
  {
    name: 'a sweep finds an EIP that no claim names',
    workloads: [pods(KEPT_EIP)],
    before: [begins, strandsEip, waits(11 * MINUTE)],
    struck: [sweeps, sweeps],
    strikes: ['write addresses', 'ReleaseEipAddress'],
  },
  {
    name: 'a sweep finds a parked private IP that no claim names',
    workloads: [pods(FIXED_IP)],
    before: [begins, strandsParking('192.168.1.250'), waits(11 * MINUTE)],
    struck: [sweeps, sweeps],
    strikes: ['write addresses', 'UnassignPrivateIpAddresses'],
  },
  {
    name: 'a sweep finds a parking ENI that holds nothing and is in no book',
    workloads: [pods(FIXED_IP)],
    before: [begins, strandsParking(), waits(11 * MINUTE)],
    struck: [sweeps, sweeps],
    strikes: ['write addresses', 'DeleteNetworkInterface'],
  },
  {
    name: 'a sweep finds a parking ENI of the book that holds nothing',
    workloads: [pods(FIXED_IP)],
    before: [begins, goes, comes, waits(11 * MINUTE)],
    struck: [sweeps, sweeps, sweeps],
    strikes: ['write addresses', 'write control', 'DeleteNetworkInterface'],
  },
];
