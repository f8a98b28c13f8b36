import type { Clock } from '../kernel/clock.ts';
import type { CloudContext } from '../kernel/context.ts';
import type { Random } from '../kernel/random.ts';
import { type AddressOrder, type AddressPool, createAddressPool } from './address-pool.ts';
import { type Collection, createCollection } from './collection.ts';
import { formatIpv4, parseCidr } from './ipv4.ts';
import {
  type ActionName,
  DEFAULT_LATENCY,
  DEFAULT_QUOTAS,
  type OpenApiOptions,
  type QuotaName,
  type Span,
} from './options.ts';
import type {
  BandwidthPackage,
  Eip,
  EipEvent,
  Eni,
  Instance,
  RecordWrite,
  ReleasedEip,
  StateChange,
  Vpc,
  VSwitch,
} from './records.ts';

/** All that the account owns in VPC and ECS, and what changes it. */
export interface Cloud {
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  readonly quotas: Record<QuotaName, number>;
  readonly vpcs: Map<string, Vpc>;
  readonly vSwitches: Map<string, VSwitch>;
  readonly instances: Map<string, Instance>;
  readonly eips: Collection<Eip>;
  readonly enis: Collection<Eni>;
  readonly packages: Collection<BandwidthPackage>;
  /** By former allocation id. */
  readonly released: Map<string, ReleasedEip>;
  readonly publicAddresses: AddressPool;
  readonly history: EipEvent[];
  readonly changeListeners: Set<(change: StateChange) => void>;
  /** Called after every write, for whoever keeps the state on disk. */
  readonly writeListeners: Set<() => void>;
  readonly recordListeners: Set<(write: RecordWrite) => void>;
  /** The idle private IPs of a vSwitch. */
  addressesOf(vSwitchId: string): AddressPool;
  /** Puts a vSwitch in place, with the addresses that were used before, the longest idle first. */
  addVSwitch(vSwitch: VSwitch, idleSince?: readonly string[]): void;
  /** An id as the cloud writes them (`eip-bp1...`), that no resource has or had. */
  newId(prefix: string): string;
  newMac(): string;
  /** Rises with each call: numbers records and transitions. */
  nextNumber(): number;
  /** No later number will be this one or lower. */
  skipNumbers(upTo: number): void;
  /** Draws how long an action takes, ms of cloud time. */
  latencyOf(action: ActionName): number;
}

/**
 * EIPs come from 198.18.0.0/15, which is set aside for benchmarks of networks (RFC 2544): large enough, never routed.
 */
const PUBLIC = { first: '198.18.0.1', count: 2 ** 17 - 2 };

/** Source: VPC API reference, CreateVSwitch: the first and the last three addresses of a vSwitch are reserved. */
const RESERVED_FIRST = 1;
const RESERVED_LAST = 3;

export function createCloud(
  context: CloudContext,
  options: OpenApiOptions,
  returnedPublicAddresses: readonly string[] = [],
): Cloud {
  const { clock, account } = context;
  const random = context.random.fork('openapi');
  const { addressOrder = 'longest-idle', readLagMs = 0 } = options;
  const latency = { ...DEFAULT_LATENCY, ...options.latency };
  const latencyRandom = random.fork('latency');
  const pools = new Map<string, AddressPool>();
  const writeListeners = new Set<() => void>();
  const changeListeners = new Set<(change: StateChange) => void>();
  const recordListeners = new Set<(write: RecordWrite) => void>();
  const history: EipEvent[] = [];
  let lastNumber = 0;

  const wrote = () => {
    for (const listener of writeListeners) listener();
  };
  const show = (write: RecordWrite) => {
    for (const listener of recordListeners) listener(write);
  };
  const tell = (
    resource: StateChange['resource'],
    id: string,
    from: string | undefined,
    to: string | undefined,
  ) => {
    if (from === to) return;
    const change = { resource, id, from, to, at: clock.now() };
    for (const listener of changeListeners) listener(change);
  };

  const cloud: Cloud = {
    clock,
    region: account.region,
    accountId: account.id,
    quotas: { ...DEFAULT_QUOTAS, ...options.quotas },
    vpcs: new Map(),
    vSwitches: new Map(),
    instances: new Map(),
    eips: createCollection<Eip>(clock, readLagMs, (before, after) => {
      const id = (after ?? before)?.id ?? '';
      record(before, after);
      wrote();
      tell('bandwidth-package-ip', id, before?.membership?.status, after?.membership?.status);
      tell('eip', id, before?.status, after?.status);
      show({ resource: 'eip', before, after, at: clock.now() });
    }),
    enis: createCollection<Eni>(clock, readLagMs, (before, after) => {
      wrote();
      tell('eni', (after ?? before)?.id ?? '', before?.status, after?.status);
      show({ resource: 'eni', before, after, at: clock.now() });
    }),
    packages: createCollection<BandwidthPackage>(clock, readLagMs, wrote),
    released: new Map(),
    publicAddresses: createAddressPool(
      PUBLIC.first,
      PUBLIC.count,
      addressOrder,
      random.fork('public-addresses'),
      returnedPublicAddresses,
    ),
    history,
    changeListeners,
    writeListeners,
    recordListeners,
    addressesOf(vSwitchId) {
      const pool = pools.get(vSwitchId);
      if (!pool) throw new Error(`no vSwitch ${vSwitchId} in the local cloud`);
      return pool;
    },
    addVSwitch(vSwitch, idleSince) {
      pools.set(vSwitch.id, poolOf(vSwitch, addressOrder, random.fork(vSwitch.cidr), idleSince));
      cloud.vSwitches.set(vSwitch.id, vSwitch);
      wrote();
    },
    newId(prefix) {
      let id: string;
      // A cloud that was restarted draws the same ids again.
      do id = `${prefix}-bp1${random.id(17)}`;
      while (isKnown(id));
      return id;
    },
    newMac: () =>
      [
        '00',
        '16',
        '3e',
        ...Array.from({ length: 3 }, () => random.integer(0, 255).toString(16).padStart(2, '0')),
      ].join(':'),
    nextNumber: () => ++lastNumber,
    skipNumbers(upTo) {
      lastNumber = Math.max(lastNumber, upTo);
    },
    latencyOf: (action) => draw(latency[action], latencyRandom),
  };

  function isKnown(id: string): boolean {
    const { eips, enis, packages, released, vpcs, vSwitches, instances } = cloud;
    return [eips, enis, packages, released, vpcs, vSwitches, instances].some(
      (ids) => ids.get(id) !== undefined,
    );
  }

  function record(before: Eip | undefined, after: Eip | undefined): void {
    const eip = after ?? before;
    if (!eip || before?.status === after?.status) return;
    const binding = after?.binding ?? before?.binding;
    history.push({
      id: eip.id,
      address: eip.address,
      from: before?.status,
      to: after?.status,
      at: clock.now(),
      ...(binding && { instanceId: binding.instanceId, privateIp: binding.privateIp }),
    });
  }

  return cloud;
}

function poolOf(
  vSwitch: VSwitch,
  order: AddressOrder,
  random: Random,
  idleSince?: readonly string[],
): AddressPool {
  const cidr = parseCidr(vSwitch.cidr);
  if (!cidr) throw new RangeError(`vSwitch ${vSwitch.id}: "${vSwitch.cidr}" is no IPv4 block`);
  const usable = cidr.size - RESERVED_FIRST - RESERVED_LAST;
  return createAddressPool(formatIpv4(cidr.base + RESERVED_FIRST), usable, order, random, idleSince);
}

function draw(span: Span | undefined, random: Random): number {
  if (!span) return 0;
  return span.min === span.max ? span.min : random.integer(span.min, span.max);
}
