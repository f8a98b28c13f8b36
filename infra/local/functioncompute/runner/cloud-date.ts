import type { TimeReading } from '../protocol.ts';

/** The machine's monotonic clock in milliseconds: the same in every process. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

let reading: TimeReading | undefined;

/** Sets the time that `Date` goes on from. */
export function setCloudTime(time: TimeReading): void {
  reading = time;
}

/**
 * Makes `Date` tell the cloud's time instead of the machine's. The functions run here as they run in the cloud,
 * without knowing of a clock that can be stopped or moved, and yet a retention of two days must pass in a test within
 * milliseconds: when the cloud's clock is advanced, so must be what the function reads. Timers and `performance` stay
 * those of the machine, because the work of a function is real.
 */
export function installCloudDate(): void {
  const RealDate = globalThis.Date;
  const realNow = RealDate.now;
  const now = () =>
    reading ? Math.floor(reading.now + (monotonicMs() - reading.at) * reading.rate) : realNow();
  const CloudDate = new Proxy(RealDate, {
    apply: () => new RealDate(now()).toString(),
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  });
  RealDate.now = now;
  RealDate.prototype.constructor = CloudDate;
  globalThis.Date = CloudDate;
}
