import { isIPv4 as isNodesIPv4 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isIPv4 } from '../../shared/net/ipv4.ts';
import { runs } from './effort.ts';

describe('an IPv4 address', () => {
  it('is what Node takes for one', () => {
    const part = fc.oneof(
      fc.nat({ max: 300 }).map(String),
      fc.constantFrom('', '00', '01', '1e1', ' 1', '0x1', '١'),
    );
    const almost = fc.array(part, { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), almost, fc.ipV6(), fc.string()), (text) => {
        expect([text, isIPv4(text)]).toEqual([text, isNodesIPv4(text)]);
      }),
      runs(3_000),
    );
  });

  it('has four parts from 0 to 255, and nothing around them', () => {
    for (const text of ['0.0.0.0', '10.0.0.1', '99.100.199.200', '249.250.255.9'])
      expect(isIPv4(text)).toBe(true);
    for (const text of [
      '256.0.0.1',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.4\n',
      ' 1.2.3.4',
      '01.2.3.4',
      '1.2.3.260',
      '1a2.3.4',
    ])
      expect([text, isIPv4(text)]).toEqual([text, false]);
  });
});
