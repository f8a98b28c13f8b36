import { randomUUID } from 'node:crypto';
import type { ParkingEni } from '../../reconcile/ports.ts';
import { failure, isVerdict } from '../failure.ts';
import { listIn, type OpenApiCall } from './call.ts';
import { ownerTag, parkingTag } from './tags.ts';

/** Which parking ENIs a vSwitch has, and which of them is thought to have room. */
export interface ParkingBook {
  readonly rev: number;
  readonly enis: readonly string[];
  /** Index of the first ENI that is not known to be full. */
  readonly open: number;
  /** A parking ENI is being created with this ClientToken. */
  readonly token?: string;
}

export interface ParkingBooks {
  read(vSwitchId: string): Promise<ParkingBook>;
  /** Compare and set on the revision before `book.rev`. */
  save(vSwitchId: string, book: ParkingBook): Promise<boolean>;
}

interface ParkingOptions {
  readonly installation: string;
  assign(eniId: string, address: string): Promise<void>;
}

/** Full ENIs that are passed on the way, and rivals that write the book at the same time. */
const MOST_TRIES = 8;

/**
 * Parking ENIs belong to no instance and hold up to 49 private IPs each for pods that are away; they cost nothing.
 * The book in the store says which there are, so that parking an address needs no read of the cloud.
 */
export function createParking(
  ecs: OpenApiCall,
  books: ParkingBooks,
  { installation, assign }: ParkingOptions,
) {
  const create = async (vSwitchId: string, book: ParkingBook): Promise<void> => {
    // Law 1, for ENIs: the token is on record before the cloud is asked, so that a crash in between makes no second one.
    const token = book.token ?? randomUUID();
    if (!book.token && !(await books.save(vSwitchId, { ...book, rev: book.rev + 1, token }))) return;
    const current = book.token ? book : { ...book, rev: book.rev + 1, token };
    const body = await ecs('CreateNetworkInterface', {
      VSwitchId: vSwitchId,
      SecurityGroupId: await securityGroupIn(vSwitchId),
      NetworkInterfaceName: 'holdfast-parking',
      Description: 'Holds fixed private IPs of pods that are away',
      ClientToken: token,
      Tag: [ownerTag(installation), parkingTag],
    });
    const id = String((body as { NetworkInterfaceId?: unknown }).NetworkInterfaceId ?? '');
    if (!id) throw failure('unavailable', 'NoAnswer', 'CreateNetworkInterface: the answer names no ENI');
    const enis = current.enis.includes(id) ? current.enis : [...current.enis, id];
    await books.save(vSwitchId, { rev: current.rev + 1, enis, open: enis.indexOf(id) });
  };

  /** An ENI must be in some security group of its VPC; any that the vSwitch's ENIs are in will do for one without traffic. */
  const securityGroupIn = async (vSwitchId: string): Promise<string> => {
    const body = await ecs('DescribeNetworkInterfaces', { VSwitchId: vSwitchId, MaxResults: 10 });
    for (const eni of listIn(body, 'NetworkInterfaceSets', 'NetworkInterfaceSet')) {
      const groups = (eni.SecurityGroupIds as { SecurityGroupId?: readonly unknown[] } | undefined)
        ?.SecurityGroupId;
      if (groups?.[0]) return String(groups[0]);
    }
    throw failure(
      'refused',
      'NoSecurityGroup',
      `no ENI in ${vSwitchId} is in a security group, and a parking ENI needs one`,
    );
  };

  return {
    async park(vSwitchId: string, address: string): Promise<string> {
      for (let round = 0; round < MOST_TRIES; round++) {
        const book = await books.read(vSwitchId);
        const eniId = book.enis[book.open];
        if (!eniId) {
          await create(vSwitchId, book);
          continue;
        }
        try {
          await assign(eniId, address);
          return eniId;
        } catch (error) {
          const verdict = isVerdict(error) ? error.verdict : undefined;
          if (verdict === 'full')
            await books.save(vSwitchId, { ...book, rev: book.rev + 1, open: book.open + 1 });
          else if (verdict === 'gone') await books.save(vSwitchId, without(book, eniId));
          else throw error;
        }
      }
      throw failure(
        'busy',
        'ParkingBusy',
        `no parking ENI of ${vSwitchId} took ${address} in ${MOST_TRIES} tries`,
      );
    },

    /** Out of the book before it is deleted: who parks there at the same time is refused and finds another. */
    async drop({ id, vSwitchId }: ParkingEni): Promise<void> {
      const book = await books.read(vSwitchId);
      if (book.enis.includes(id) && !(await books.save(vSwitchId, without(book, id)))) return;
      try {
        await ecs('DeleteNetworkInterface', { NetworkInterfaceId: id });
      } catch (error) {
        if (!isVerdict(error) || error.verdict !== 'gone') throw error;
      }
    },
  };
}

const without = (book: ParkingBook, eniId: string): ParkingBook => {
  const enis = book.enis.filter((id) => id !== eniId);
  return { ...book, rev: book.rev + 1, enis, open: 0 };
};
