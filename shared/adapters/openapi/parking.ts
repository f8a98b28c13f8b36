import { randomUUID } from 'node:crypto';
import type { Allocation } from '../../claim/claim.ts';
import type { ParkingEni } from '../../reconcile/ports.ts';
import { failure, isVerdict } from '../failure.ts';
import type { OpenApiCall } from './call.ts';
import { ownerTag, parkingTag } from './tags.ts';

/** Which parking ENIs a vSwitch has, and which of them is thought to have room. */
export interface ParkingBook {
  readonly rev: number;
  readonly enis: readonly string[];
  /** Index of the first ENI that is not known to be full. */
  readonly open: number;
  /** A parking ENI is being created, with this ClientToken and for this address. */
  readonly creating?: { readonly token: string; readonly address: string };
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
  /**
   * Creates an ENI that has the address from its first moment: its own IP is any idle one of the vSwitch, and could
   * otherwise be the very address that it is made for.
   */
  const create = async (
    { id: vSwitchId, address, securityGroupId }: Allocation,
    book: ParkingBook,
  ): Promise<void> => {
    // Law 1, for ENIs: the token is on record before the cloud is asked, so that a crash in between makes no second one.
    const creating = book.creating ?? { token: randomUUID(), address };
    const current = book.creating ? book : { ...book, rev: book.rev + 1, creating };
    if (!book.creating && !(await books.save(vSwitchId, current))) return;
    const { creating: _, ...settled } = { ...current, rev: current.rev + 1 };
    let id: string;
    try {
      const body = await ecs('CreateNetworkInterface', {
        VSwitchId: vSwitchId,
        SecurityGroupId: securityGroupId,
        PrivateIpAddress: [creating.address],
        NetworkInterfaceName: 'holdfast-parking',
        Description: 'Holds fixed private IPs of pods that are away',
        ClientToken: creating.token,
        Tag: [ownerTag(installation), parkingTag],
      });
      id = String((body as { NetworkInterfaceId?: unknown }).NetworkInterfaceId ?? '');
    } catch (error) {
      // Somebody has the address by now, or the token can bring nothing: the next try begins anew.
      if (isVerdict(error) && (error.verdict === 'taken' || error.verdict === 'token-spent'))
        await books.save(vSwitchId, settled);
      throw error;
    }
    if (!id) throw failure('unavailable', 'NoAnswer', 'CreateNetworkInterface: the answer names no ENI');
    const enis = settled.enis.includes(id) ? settled.enis : [...settled.enis, id];
    await books.save(vSwitchId, { ...settled, enis, open: enis.indexOf(id) });
  };

  return {
    async park(allocation: Allocation): Promise<string> {
      const { id: vSwitchId, address } = allocation;
      for (let round = 0; round < MOST_TRIES; round++) {
        const book = await books.read(vSwitchId);
        const eniId = book.enis[book.open];
        if (!eniId) {
          await create(allocation, book);
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

    /**
     * Out of the book in one pass, deleted in a later one: whoever read the book before may still park an address
     * there, and the cloud deletes an ENI with all that it holds. False where it is not deleted yet.
     */
    async drop({ id, vSwitchId }: ParkingEni): Promise<boolean> {
      const book = await books.read(vSwitchId);
      if (book.enis.includes(id)) {
        await books.save(vSwitchId, without(book, id));
        return false;
      }
      try {
        await ecs('DeleteNetworkInterface', { NetworkInterfaceId: id });
      } catch (error) {
        if (!isVerdict(error) || error.verdict !== 'gone') throw error;
      }
      return true;
    },
  };
}

const without = (book: ParkingBook, eniId: string): ParkingBook => {
  const enis = book.enis.filter((id) => id !== eniId);
  return { ...book, rev: book.rev + 1, enis, open: 0 };
};
