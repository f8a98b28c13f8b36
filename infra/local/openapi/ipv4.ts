import { isIPv4 } from 'node:net';

/** A block of IPv4 addresses; `base` is its first address as a number, `size` how many it holds. */
export interface Cidr {
  readonly base: number;
  readonly size: number;
}

/** The address as a number; undefined for anything but four plain decimal parts. */
export function parseIpv4(text: string): number | undefined {
  if (!isIPv4(text)) return undefined;
  return text.split('.').reduce((value, part) => value * 256 + Number(part), 0);
}

export const formatIpv4 = (value: number): string =>
  [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');

/** Undefined where the text is no block or has bits set beyond its prefix. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const base = parseIpv4(address);
  if (base === undefined || rest.length > 0 || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32)
    return undefined;
  const size = 2 ** (32 - Number(prefix));
  return base % size === 0 ? { base, size } : undefined;
}

export const contains = (outer: Cidr, inner: Cidr): boolean =>
  inner.base >= outer.base && inner.base + inner.size <= outer.base + outer.size;

export const overlaps = (one: Cidr, other: Cidr): boolean =>
  one.base < other.base + other.size && other.base < one.base + one.size;
