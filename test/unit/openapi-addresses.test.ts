import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../infra/local/kernel/random.ts';
import { type AddressOrder, createAddressPool } from '../../infra/local/openapi/address-pool.ts';
import { contains, formatIpv4, overlaps, parseCidr, parseIpv4 } from '../../infra/local/openapi/ipv4.ts';

describe('IPv4 addresses and blocks', () => {
  it('survive being read and written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (value) => {
        expect(parseIpv4(formatIpv4(value))).toBe(value);
      }),
    );
  });

  it('are only read in their plain form', () => {
    for (const text of ['', '10.1', '010.0.0.1', '1.2.3.256', '1.2.3.4 ', '::1'])
      expect(parseIpv4(text)).toBeUndefined();
    for (const text of [
      '10.0.0.0',
      '10.0.0.1/24',
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '10.0.0.0/x',
    ]) {
      expect(parseCidr(text), text).toBeUndefined();
    }
    expect(parseCidr('10.0.0.0/24')).toEqual({ base: 10 * 2 ** 24, size: 256 });
    expect(parseCidr('0.0.0.0/0')).toEqual({ base: 0, size: 2 ** 32 });
  });

  it('lie within each other or overlap as sets do', () => {
    const [outer, inner, beside] = ['10.0.0.0/16', '10.0.1.0/24', '10.1.0.0/24'].map((text) =>
      parseCidr(text),
    );
    if (!outer || !inner || !beside) throw new Error('blocks that are fine were not read');
    expect([contains(outer, inner), contains(inner, outer), contains(outer, beside)]).toEqual([
      true,
      false,
      false,
    ]);
    expect([overlaps(inner, outer), overlaps(outer, inner), overlaps(outer, beside)]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('a pool of addresses', () => {
  const FIRST = parseIpv4('10.0.0.1') ?? 0;
  const pool = (order: AddressOrder, count = 4) =>
    createAddressPool('10.0.0.1', count, order, createRandom(1));

  it('never gives an address to two holders, and all of them in the end', () => {
    const steps = fc.array(
      fc.oneof(
        fc.constant('any' as const),
        fc.nat(5),
        fc.nat(3).map((index) => `back ${index}`),
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom<AddressOrder>('longest-idle', 'random'), steps, (order, taken) => {
        const addresses = pool(order);
        const held = new Set<string>();
        for (const step of taken) {
          if (step === 'any') {
            const address = addresses.takeAny();
            expect(address === undefined).toBe(held.size === 4);
            if (address) expect(held.has(address)).toBe(false);
            if (address) held.add(address);
          } else if (typeof step === 'number') {
            const address = formatIpv4(FIRST + step);
            expect(addresses.has(address)).toBe(step < 4);
            expect(addresses.isIdle(address)).toBe(step < 4 && !held.has(address));
            if (addresses.isIdle(address)) {
              addresses.take(address);
              held.add(address);
            }
          } else {
            const address = formatIpv4(FIRST + Number(step.slice(5)));
            addresses.giveBack(address);
            held.delete(address);
          }
          expect(addresses.available()).toBe(4 - held.size);
        }
      }),
    );
  });

  it('goes on with the same order of idle addresses after a restart', () => {
    const before = pool('longest-idle');
    for (let count = 0; count < 4; count++) before.takeAny();
    for (const address of ['10.0.0.3', '10.0.0.1']) before.giveBack(address);
    const after = createAddressPool('10.0.0.1', 4, 'longest-idle', createRandom(1), before.returned());
    for (const address of ['10.0.0.2', '10.0.0.4']) after.take(address);
    expect([after.takeAny(), after.takeAny(), after.takeAny()]).toEqual(['10.0.0.3', '10.0.0.1', undefined]);
  });
});
