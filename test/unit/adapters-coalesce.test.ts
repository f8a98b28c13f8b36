import { describe, expect, it } from 'vitest';
import { coalesce } from '../../shared/adapters/coalesce.ts';
import { createEipCloud } from '../../shared/adapters/openapi/eips.ts';
import { createEniCloud } from '../../shared/adapters/openapi/enis.ts';
import type { TaggedEip } from '../../shared/reconcile/ports.ts';

const outcomesOf = async (calls: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(calls)).map((end) =>
    end.status === 'fulfilled' ? end.value : String((end.reason as Error).message),
  );

describe('calls that are joined', () => {
  const lengthOf = (loads: (readonly string[])[] = []) =>
    coalesce<string, number>(
      async (keys) => {
        loads.push(keys);
        return keys.map((key) => (key === 'bad' ? new Error('bad key') : key.length));
      },
      { most: 3, nameOf: (key) => key },
    );

  it('are made once for each key, as many at a time as one call takes', async () => {
    const loads: (readonly string[])[] = [];
    const ask = lengthOf(loads);
    expect(await outcomesOf(['a', 'bb', 'a', 'ccc', 'dddd'].map(ask))).toEqual([1, 2, 1, 3, 4]);
    expect(loads).toEqual([['a', 'bb', 'ccc'], ['dddd']]);
  });

  it('fail for those who asked for what fails, and for nobody else', async () => {
    const ask = lengthOf();
    expect(await outcomesOf(['a', 'bad', 'bb', 'bad'].map(ask))).toEqual([1, 'bad key', 2, 'bad key']);
  });

  it('fail for all where the call does, or where its answers cannot be told apart', async () => {
    const options = { most: 9, nameOf: (key: string) => key };
    const broken = coalesce<string, number>(() => Promise.reject(new Error('no answer')), options);
    expect(await outcomesOf(['a', 'b'].map(broken))).toEqual(['no answer', 'no answer']);
    const short = coalesce<string, number>(async () => [1], options);
    expect(await outcomesOf(['a', 'b'].map(short))).toEqual(Array(2).fill('asked for 2, got 1'));
  });
});

describe('one strange resource among others', () => {
  const eip = (AllocationId: string, Status: string) => ({
    AllocationId,
    Status,
    IpAddress: '47.0.0.1',
    AllocationTime: '2024-01-01T00:00:00Z',
    Tags: { Tag: [{ Key: 'holdfast/owner', Value: 'here' }] },
  });
  const eips = createEipCloud(
    async () => ({ EipAddresses: { EipAddress: [eip('eip-1', 'Available'), eip('eip-2', 'Frozen')] } }),
    { installation: 'here' },
  );

  it('an EIP in an unknown state fails for those who look at it', async () => {
    const [known, strange, absent] = await outcomesOf(['eip-1', 'eip-2', 'eip-3'].map(eips.describe));
    expect(known).toMatchObject({ allocationId: 'eip-1', status: 'Available' });
    expect(strange).toBe('eip-2 is "Frozen"');
    expect(absent).toBe('absent');
  });

  it('an EIP in an unknown state is no orphan, and hides none', async () => {
    const { value: page } = await eips.tagged()[Symbol.asyncIterator]().next();
    expect(page?.map(({ allocationId }: TaggedEip) => allocationId)).toEqual(['eip-1']);
  });

  it('a private IP on two ENIs fails for the pod that has it', async () => {
    const eni = (NetworkInterfaceId: string, PrivateIpAddress: string) => ({
      NetworkInterfaceId,
      VSwitchId: 'vsw-1',
      PrivateIpSets: { PrivateIpSet: [{ PrivateIpAddress }] },
    });
    const all = [eni('eni-1', '10.0.0.1'), eni('eni-2', '10.0.0.2'), eni('eni-3', '10.0.0.2')];
    const books = { read: async () => ({ rev: 0, enis: [], open: 0 }), save: async () => true };
    const enis = createEniCloud(async () => ({ NetworkInterfaceSets: { NetworkInterfaceSet: all } }), {
      installation: 'here',
      books,
    });
    const [sound, twice] = await outcomesOf(['10.0.0.1', '10.0.0.2'].map(enis.ofPrivateIp));
    expect(sound).toMatchObject({ id: 'eni-1' });
    expect(twice).toContain('10.0.0.2 is on eni-2, eni-3');
  });
});
