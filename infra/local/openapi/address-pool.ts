import type { Random } from '../kernel/random.ts';
import { formatIpv4, parseIpv4 } from './ipv4.ts';

/** How an address is chosen when the caller names none. */
export type AddressOrder = 'longest-idle' | 'random';

/** Hands out the addresses of a range, each to one holder at a time. */
export interface AddressPool {
  /** False where the address is outside of the range, and so can never be had. */
  has(address: string): boolean;
  isIdle(address: string): boolean;
  available(): number;
  /** Takes a given idle address. */
  take(address: string): void;
  /** Takes any idle address; undefined when there is none. */
  takeAny(): string | undefined;
  giveBack(address: string): void;
  /** Idle addresses that once were taken, the longest idle first. */
  returned(): readonly string[];
}

/**
 * @param firstAddress where the range begins
 * @param count how many addresses it has
 * @param idleSince addresses that were given back before, the longest idle first
 */
export function createAddressPool(
  firstAddress: string,
  count: number,
  order: AddressOrder,
  random: Random,
  idleSince: readonly string[] = [],
): AddressPool {
  const first = toNumber(firstAddress);
  const taken = new Set<number>();
  // Sets iterate in the order of insertion: the address that has been idle the longest comes first.
  const idle = new Set<number>(idleSince.map(toOffset));
  let untouched = 0;

  function toOffset(address: string): number {
    return toNumber(address) - first;
  }
  const inRange = (offset: number) => offset >= 0 && offset < count;
  const claim = (offset: number): string => {
    taken.add(offset);
    idle.delete(offset);
    return formatIpv4(first + offset);
  };
  const neverUsed = (): number | undefined => {
    while (untouched < count && (taken.has(untouched) || idle.has(untouched))) untouched++;
    return untouched < count ? untouched : undefined;
  };
  const anyAtRandom = (): number => {
    let offset = random.integer(0, count - 1);
    while (taken.has(offset)) offset = (offset + 1) % count;
    return offset;
  };

  return {
    has: (address) => inRange(toOffset(address)),
    isIdle(address) {
      const offset = toOffset(address);
      return inRange(offset) && !taken.has(offset);
    },
    available: () => count - taken.size,
    take(address) {
      claim(toOffset(address));
    },
    takeAny() {
      if (taken.size >= count) return undefined;
      if (order === 'random') return claim(anyAtRandom());
      const [longestIdle] = idle;
      const offset = neverUsed() ?? longestIdle;
      return offset === undefined ? undefined : claim(offset);
    },
    giveBack(address) {
      const offset = toOffset(address);
      if (taken.delete(offset)) idle.add(offset);
    },
    returned: () => [...idle].map((offset) => formatIpv4(first + offset)),
  };
}

const toNumber = (address: string): number => parseIpv4(address) ?? Number.NaN;
