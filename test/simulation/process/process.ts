/** A service that functions call, as the trace names it. */
export type Service = 'store' | 'cloud' | 'cluster' | 'queue';

/** What a call is about: put into words only where somebody reads them. */
export type Words = () => string;

/** One run of a function: alive until it has returned, was killed, or is out of time. */
export interface Process {
  readonly number: number;
  readonly name: string;
  readonly startedAt: number;
  readonly alive: boolean;
  /** The clock on the wall of this process: the world's, and what it is wrong by. */
  now(): number;
  remainingMs(): number;
  /** A call of a service: `act` has its effect in one instant; before and after it, anything may happen. */
  call<T>(service: Service, what: Words, act: () => T | Promise<T>): Promise<T>;
}
