import { expect, it } from 'vitest';
import { measureCycles } from '../bench/cycles.ts';

// What each cycle may cost: the account's quota is two pods a second, so that calls, and not time, are what is scarce.
it('a retained pod cycle and a bind stay within their budget of calls and round trips', async () => {
  const { eip, ip, storeRoundTripsPerBind } = await measureCycles(5);
  expect(eip.writesPerCycle).toBeLessThanOrEqual(2.2);
  expect(eip.readsPerCycle).toBeLessThanOrEqual(1);
  expect(ip.writesPerCycle).toBeLessThanOrEqual(4.2);
  expect(ip.readsPerCycle).toBeLessThanOrEqual(1);
  expect(storeRoundTripsPerBind.first).toBeLessThanOrEqual(4);
  expect(storeRoundTripsPerBind.again).toBeLessThanOrEqual(4);
});
