import { addVSwitch } from './actions/v-switches.ts';
import type { Cloud } from './cloud.ts';
import { addEni } from './enis.ts';
import { Refusal } from './failure.ts';
import { parseCidr } from './ipv4.ts';
import type { QuotaName } from './options.ts';
import type { Eip, EipEvent, Eni, Instance, RecordWrite, StateChange, Tag, Vpc, VSwitch } from './records.ts';
import { removeEni } from './transitions.ts';

/** The in-process door to the cloud: to set the stage, and for audits that must not go through the code under test. */
export interface VpcWorld {
  /** What exists from the start. */
  readonly defaults: {
    readonly vpcId: string;
    readonly vSwitchIds: readonly [string, string];
    readonly securityGroupId: string;
  };
  createVpc(wishes?: { cidr?: string; name?: string }): Vpc;
  /** Default VPC: the one that exists from the start. */
  createVSwitch(wishes: { cidr: string; zone: string; vpcId?: string; name?: string }): VSwitch;
  /** An ECS instance, to which ENIs and EIPs can be attached. */
  registerInstance(wishes: { id?: string; zone: string; type?: string }): Instance;
  /** The instance goes: its ENIs go with it or, without DeleteOnRelease, become Available. */
  releaseInstance(id: string): void;
  /** An ENI as a node's network plugin would have made it, without a call that counts; throws a `Refusal`. */
  createEni(wishes: EniStage): Eni;
  deleteEni(id: string): void;
  /** An ENI of a cloud service, as ECI pods have them: ServiceManaged, so that its user can only look at it. */
  createManagedEni(wishes: EniStage): Eni;
  deleteManagedEni(id: string): void;
  vSwitches(): readonly VSwitch[];
  eips(): readonly Eip[];
  eip(allocationId: string): Eip | undefined;
  enis(): readonly Eni[];
  eni(id: string): Eni | undefined;
  /** Idle private IPs of a vSwitch. */
  idleAddresses(vSwitchId: string): number;
  setQuota(name: QuotaName, value: number): void;
  /** Called at each change of a state, within the call or timer that makes it. Returns the way to stop listening. */
  onChange(listener: (change: StateChange) => void): () => void;
  /** Called at each write of an EIP or an ENI, changed state or not. Returns the way to stop listening. */
  onWrite(listener: (write: RecordWrite) => void): () => void;
  /** Every change of every EIP's state, oldest first. */
  eipHistory(): readonly EipEvent[];
}

export interface EniStage {
  /** Default: the first vSwitch that exists from the start. */
  readonly vSwitchId?: string;
  /** Default: any idle address. */
  readonly primaryIp?: string;
  readonly secondaryIps?: readonly string[];
  /** Given, the ENI starts InUse on it; otherwise Available. It need not be a registered instance. */
  readonly instanceId?: string;
  readonly name?: string;
  readonly description?: string;
  readonly tags?: readonly Tag[];
}

const DEFAULT_CIDR = '192.168.0.0/16';

export function createWorld(cloud: Cloud): VpcWorld {
  const vpc =
    [...cloud.vpcs.values()].find(({ isDefault }) => isDefault) ??
    addVpc(cloud, DEFAULT_CIDR, 'default', true);
  const first = defaultVSwitch(cloud, vpc.id, '192.168.1.0/24', `${cloud.region}-h`);
  const second = defaultVSwitch(cloud, vpc.id, '192.168.2.0/24', `${cloud.region}-i`);

  const stageEni = (wishes: EniStage, serviceManaged: boolean): Eni => {
    const vSwitch = cloud.vSwitches.get(wishes.vSwitchId ?? first.id);
    if (!vSwitch) throw unknown('vSwitch', wishes.vSwitchId);
    const { securityGroupId = '' } = cloud.vpcs.get(vSwitch.vpcId) ?? {};
    return addEni(cloud, { ...wishes, vSwitch, serviceManaged, securityGroupIds: [securityGroupId] });
  };
  const dropEni = (id: string): void => {
    const eni = cloud.enis.get(id);
    if (!eni) throw unknown('ENI', id);
    removeEni(cloud, eni);
  };

  return {
    defaults: { vpcId: vpc.id, vSwitchIds: [first.id, second.id], securityGroupId: vpc.securityGroupId },
    createVpc: ({ cidr = DEFAULT_CIDR, name = '' } = {}) => addVpc(cloud, cidr, name, false),
    createVSwitch: (wishes) => addVSwitch(cloud, { vpcId: vpc.id, ...wishes }),
    registerInstance({ id = cloud.newId('i'), zone, type = 'ecs.g7.xlarge' }) {
      const instance = { id, zone, type };
      cloud.instances.set(id, instance);
      wrote(cloud);
      return instance;
    },
    releaseInstance(id) {
      if (!cloud.instances.delete(id)) throw unknown('instance', id);
      for (const eni of [...cloud.enis.values()]) {
        if (eni.instanceId !== id) continue;
        if (eni.deleteOnRelease) removeEni(cloud, eni);
        else cloud.enis.put(detached(eni, cloud.nextNumber()));
      }
      wrote(cloud);
    },
    createEni: (wishes) => stageEni(wishes, false),
    deleteEni: dropEni,
    createManagedEni: (wishes) => stageEni(wishes, true),
    deleteManagedEni: dropEni,
    vSwitches: () => [...cloud.vSwitches.values()],
    eips: () => [...cloud.eips.values()],
    eip: (id) => cloud.eips.get(id),
    enis: () => [...cloud.enis.values()],
    eni: (id) => cloud.enis.get(id),
    idleAddresses: (vSwitchId) => cloud.addressesOf(vSwitchId).available(),
    setQuota(name, value) {
      cloud.quotas[name] = value;
    },
    onChange(listener) {
      cloud.changeListeners.add(listener);
      return () => cloud.changeListeners.delete(listener);
    },
    onWrite(listener) {
      cloud.recordListeners.add(listener);
      return () => cloud.recordListeners.delete(listener);
    },
    eipHistory: () => [...cloud.history],
  };
}

function addVpc(cloud: Cloud, cidr: string, name: string, isDefault: boolean): Vpc {
  if (!parseCidr(cidr)) throw new RangeError(`createVpc: "${cidr}" is no IPv4 block such as ${DEFAULT_CIDR}`);
  const vpc = { id: cloud.newId('vpc'), cidr, name, isDefault, securityGroupId: cloud.newId('sg') };
  cloud.vpcs.set(vpc.id, vpc);
  wrote(cloud);
  return vpc;
}

/** The vSwitch of a restored cloud, or a new one. */
function defaultVSwitch(cloud: Cloud, vpcId: string, cidr: string, zone: string): VSwitch {
  const existing = [...cloud.vSwitches.values()].find((one) => one.vpcId === vpcId && one.cidr === cidr);
  return existing ?? addVSwitch(cloud, { vpcId, cidr, zone, name: 'default', isDefault: true });
}

function detached({ instanceId: _, ...eni }: Eni, task: number): Eni {
  return { ...eni, status: 'Available', task };
}

function wrote(cloud: Cloud): void {
  for (const listener of cloud.writeListeners) listener();
}

const unknown = (kind: string, id: string | undefined): Refusal =>
  new Refusal('NotFound', 404, `the local cloud has no ${kind} "${id}"`);
