import { describe, expect, it } from 'vitest';
import type { OpenApiCall } from '../../shared/adapters/openapi/call.ts';
import { createEipCloud } from '../../shared/adapters/openapi/eips.ts';
import { createEniCloud } from '../../shared/adapters/openapi/enis.ts';
import { type Gate, gated } from '../../shared/adapters/openapi/gate.ts';
import type { ParkingBook } from '../../shared/adapters/openapi/parking.ts';

/** A cloud that notes what reaches it, and time that passes where a test lets it. */
function createScene({ leftMs = 60_000, callMs = 0, permitMs = 0, waitMs = 0 } = {}) {
  const calls: string[] = [];
  const permits: string[] = [];
  let left = leftMs;
  const cloud: OpenApiCall = async (action) => {
    calls.push(action);
    left -= callMs;
    return {};
  };
  const gate: Gate = {
    lane: 'bind',
    remainingMs: () => left,
    quota: {
      async take(api, lane) {
        permits.push(`${api} ${lane}`);
        left -= permitMs;
        return waitMs;
      },
    },
  };
  return { calls, permits, gate, cloud };
}

describe('a call of the cloud', () => {
  it('goes through with a permit of its lane, where there is time', async () => {
    const { calls, permits, gate, cloud } = createScene();
    await gated(cloud, gate)('AssociateEipAddress', {});
    expect(permits).toEqual(['AssociateEipAddress bind']);
    expect(calls).toEqual(['AssociateEipAddress']);
  });

  it('is not begun with less time left than it may take, and costs no permit', async () => {
    const { calls, permits, gate, cloud } = createScene({ leftMs: 9_999 });
    await expect(gated(cloud, gate)('AssociateEipAddress', {})).rejects.toMatchObject({ verdict: 'late' });
    expect([...calls, ...permits]).toEqual([]);
  });

  it('is not begun when its permit was waited for too long', async () => {
    const { calls, gate, cloud } = createScene({ leftMs: 15_000, permitMs: 6_000 });
    await expect(gated(cloud, gate)('AssociateEipAddress', {})).rejects.toMatchObject({ verdict: 'late' });
    expect(calls).toEqual([]);
  });

  it('is not made where its window is used up; the refusal names the time, in words that stay the same', async () => {
    const { calls, gate, cloud } = createScene({ waitMs: 12_345 });
    const refusal = gated(cloud, gate)('DescribeEipAddresses', {});
    await expect(refusal).rejects.toMatchObject({
      verdict: 'throttled',
      afterMs: 12_345,
      message: 'DescribeEipAddresses: no calls are left for this minute',
    });
    expect(calls).toEqual([]);
  });

  it('that asks for thirty pods at once takes one permit, not thirty', async () => {
    const { calls, permits, gate, cloud } = createScene();
    const { describe: look } = createEipCloud(gated(cloud, gate), { installation: 'holdfast' });
    await Promise.all(Array.from({ length: 30 }, (_, index) => look(`eip-${index}`)));
    expect(calls).toHaveLength(1);
    expect(permits).toHaveLength(1);
  });
});

describe('an address that is being parked', () => {
  const scene = (leftMs: number, callMs: number) => {
    const { calls, gate, cloud } = createScene({ leftMs, callMs });
    let book: ParkingBook = { rev: 1, enis: ['eni-1', 'eni-2', 'eni-3'], open: 0 };
    const full: OpenApiCall = async (...call) => {
      await cloud(...call);
      throw Object.assign(new Error('full'), { verdict: 'full', code: 'InvalidOperation.Ipv4CountExceeded' });
    };
    const { park } = createEniCloud(gated(full, gate), {
      installation: 'holdfast',
      books: {
        read: async () => book,
        save: async (_, next) => {
          book = next;
          return true;
        },
      },
    });
    return { calls, park: () => park({ id: 'vsw-1', address: '10.0.0.50' }), bookNow: () => book };
  };

  it('is put off between two rounds where the time for another is not left', async () => {
    const { calls, park, bookNow } = scene(25_000, 8_000);
    await expect(park()).rejects.toMatchObject({ verdict: 'late' });
    expect(calls).toEqual(['AssignPrivateIpAddresses', 'AssignPrivateIpAddresses']);
    // What the rounds learnt is not lost: the next function begins at the third ENI.
    expect(bookNow().open).toBe(2);
  });

  it('goes from one ENI to the next as long as there is time', async () => {
    const { calls, park } = scene(60_000, 8_000);
    await expect(park()).rejects.toThrow();
    expect(calls).toContain('CreateNetworkInterface');
  });
});
