import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ClientTokens, TokenRecord } from './client-tokens.ts';
import type { Cloud } from './cloud.ts';
import type { BandwidthPackage, Eip, Eni, Instance, ReleasedEip, Vpc, VSwitch } from './records.ts';

/** All that a restarted cloud needs to go on where it stopped. */
export interface Snapshot {
  readonly format: 1;
  readonly lastNumber: number;
  readonly vpcs: readonly Vpc[];
  readonly vSwitches: readonly { readonly vSwitch: VSwitch; readonly returned: readonly string[] }[];
  readonly instances: readonly Instance[];
  readonly eips: readonly Eip[];
  readonly enis: readonly Eni[];
  readonly packages: readonly BandwidthPackage[];
  readonly released: readonly ReleasedEip[];
  readonly returnedPublicAddresses: readonly string[];
  readonly tokens: readonly TokenRecord[];
}

/** Undefined where nothing was ever saved. */
export function loadSnapshot(file: string): Snapshot | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const snapshot = JSON.parse(text) as Snapshot;
  if (snapshot.format !== 1)
    throw new Error(`${file}: format ${snapshot.format} is not 1; remove the file to start anew`);
  return snapshot;
}

/** Fills a new cloud; addresses that resources hold are taken from their pools. */
export function restore(cloud: Cloud, snapshot: Snapshot): void {
  cloud.skipNumbers(snapshot.lastNumber);
  for (const vpc of snapshot.vpcs) cloud.vpcs.set(vpc.id, vpc);
  for (const { vSwitch, returned } of snapshot.vSwitches) cloud.addVSwitch(vSwitch, returned);
  for (const instance of snapshot.instances) cloud.instances.set(instance.id, instance);
  for (const released of snapshot.released) cloud.released.set(released.id, released);
  for (const eip of snapshot.eips) cloud.publicAddresses.take(eip.address);
  for (const eni of snapshot.enis) {
    const pool = cloud.addressesOf(eni.vSwitchId);
    for (const { ip } of eni.addresses) pool.take(ip);
  }
  cloud.eips.restore(snapshot.eips);
  cloud.enis.restore(snapshot.enis);
  cloud.packages.restore(snapshot.packages);
}

const take = (cloud: Cloud, tokens: ClientTokens): Snapshot => ({
  format: 1,
  lastNumber: cloud.nextNumber(),
  vpcs: [...cloud.vpcs.values()],
  vSwitches: [...cloud.vSwitches.values()].map((vSwitch) => ({
    vSwitch,
    returned: cloud.addressesOf(vSwitch.id).returned(),
  })),
  instances: [...cloud.instances.values()],
  eips: [...cloud.eips.values()],
  enis: [...cloud.enis.values()],
  packages: [...cloud.packages.values()],
  released: [...cloud.released.values()],
  returnedPublicAddresses: cloud.publicAddresses.returned(),
  tokens: tokens.answered(),
});

/** How long writes are gathered before they go to disk, ms of real time: what a crash of this process can lose. */
const GATHER_MS = 100;

/** Saves the cloud now, after its writes, and once more when it is closed. */
export function keepSnapshot(cloud: Cloud, tokens: ClientTokens, file: string): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  mkdirSync(dirname(file), { recursive: true });

  const save = () => {
    clearTimeout(timer);
    timer = undefined;
    // A rename replaces the old snapshot at once: a reader finds the old or the new one, never a part.
    writeFileSync(`${file}.new`, JSON.stringify(take(cloud, tokens)));
    renameSync(`${file}.new`, file);
  };
  const onWrite = () => {
    // The disk is not the cloud's business: this timer runs by the machine's time, however fast the cloud's goes.
    timer ??= setTimeout(save, GATHER_MS);
  };
  cloud.writeListeners.add(onWrite);
  save();
  return {
    close() {
      cloud.writeListeners.delete(onWrite);
      save();
    },
  };
}
