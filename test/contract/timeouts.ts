import http from 'node:http';
import { vi } from 'vitest';

/** What a client allows itself while `call` runs, ms: for each connection, and the delays that its timers are set to. */
export async function timeoutsOf(
  call: () => Promise<unknown>,
): Promise<{ connect: number[]; timers: number[] }> {
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const requests = vi.spyOn(http, 'request');
  await call();
  const limits = {
    connect: requests.mock.calls.map(([options]) => Number((options as http.RequestOptions).timeout)),
    timers: timers.mock.calls.map(([, delay]) => Number(delay)),
  };
  timers.mockRestore();
  requests.mockRestore();
  return limits;
}
