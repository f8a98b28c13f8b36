/** What Function Compute hands to a handler beside its event. Source: Function Compute, Node.js runtime. */
export interface FunctionContext {
  readonly requestId: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly accessKeySecret: string;
    readonly securityToken?: string;
  };
  readonly function: {
    readonly name: string;
    /** Seconds. */
    readonly timeout: number;
  };
  readonly region: string;
  readonly accountId: string;
}

/** A context that also knows how long the function may still run, as middy and our own deadline checks ask it. */
export interface TimedContext extends FunctionContext {
  getRemainingTimeInMillis(): number;
}

/**
 * Function Compute's context says how long a function may run, and not since when. Measured by the monotonic clock, so
 * that a wall clock that jumps ends nothing early.
 */
export function timed(context: FunctionContext): TimedContext {
  const end = performance.now() + context.function.timeout * 1_000;
  return { ...context, getRemainingTimeInMillis: () => Math.max(0, end - performance.now()) };
}
