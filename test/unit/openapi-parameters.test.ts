import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readParameters } from '../../infra/local/openapi/parameters.ts';

const TABLE = {
  Id: { type: 'string', required: true },
  Kind: { type: 'string', default: 'A', values: ['A', 'B'] },
  Note: { type: 'string', maxLength: 3 },
  Size: { type: 'integer', default: 10, min: 1, max: 100 },
  Most: { type: 'integer', min: 10, max: 500, clamp: true },
  Force: { type: 'boolean', default: false },
  Ip: { type: 'list', max: 2 },
  Tag: { type: 'tags' },
} as const;

const read = (input: Record<string, string>) => readParameters(TABLE, new Map(Object.entries(input)));

const codeOf = (input: Record<string, string>) => {
  try {
    read(input);
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('parameters of a call', () => {
  it('take their defaults where they are left out or empty', () => {
    expect(read({ Id: 'x', Kind: '' })).toEqual({
      Id: 'x',
      Kind: 'A',
      Note: undefined,
      Size: 10,
      Most: undefined,
      Force: false,
      Ip: [],
      Tag: [],
    });
  });

  it('are read by their types, lists and tags in the order of their numbers', () => {
    const input = {
      'Ip.10': 'later',
      'Ip.2': 'first',
      'Tag.1.Key': 'k',
      'Tag.1.Value': 'v',
      'Tag.2.Key': 'bare',
    };
    expect(read({ Id: 'x', Size: '7', Most: '9999', Force: 'True', ...input })).toMatchObject({
      Size: 7,
      Most: 500,
      Force: true,
      Ip: ['first', 'later'],
      Tag: [
        { key: 'k', value: 'v' },
        { key: 'bare', value: '' },
      ],
    });
  });

  it('are refused by name where they are missing or out of range', () => {
    expect(codeOf({})).toBe('MissingId');
    for (const bad of [
      { Kind: 'C' },
      { Note: 'long' },
      { Size: '0' },
      { Size: '101' },
      { Size: '1e1' },
      { Size: '1.5' },
      { Force: 'yes' },
      { 'Ip.1': 'a', 'Ip.2': 'b', 'Ip.3': 'c' },
      { 'Tag.1.Key': '' },
      { 'Tag.1.Key': 'acs:x' },
      { 'Tag.1.Key': 'k', 'Tag.2.Key': 'k' },
      { 'Tag.1.Key': 'k', 'Tag.1.Value': 'v'.repeat(129) },
      Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`Tag.${index + 1}.Key`, `k${index}`])),
    ]) {
      expect(codeOf({ Id: 'x', ...bad }), JSON.stringify(bad)).toBe('InvalidParameter');
    }
  });

  it('never fail in any other way', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom('Id', 'Size', 'Force', 'Ip.1', 'Ip.x', 'Tag.1.Key', 'Tag.'),
          fc.string(),
        ),
        (input) => {
          expect(['accepted', 'MissingId', 'InvalidParameter']).toContain(codeOf(input));
        },
      ),
    );
  });
});
