/**
 * What the service and the process of an instance say to each other, over Node's IPC with structured clones, so that
 * events travel as bytes.
 */

/** The cloud's time as of a moment of the machine's monotonic clock, which both processes read. */
export interface TimeReading {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How fast the cloud's time goes on from there; 0 stands still. */
  readonly rate: number;
  /** `process.hrtime` in milliseconds at that moment. */
  readonly at: number;
}

/** Source: Function Compute 2.0, Node.js runtime, "Context". All but the logger, which the instance adds. */
export interface InvocationContext {
  readonly requestId: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly accessKeySecret: string;
    readonly securityToken: string;
  };
  readonly function: {
    readonly name: string;
    readonly handler: string;
    /** MB */
    readonly memory: number;
    /** Seconds. */
    readonly timeout: number;
    readonly initializer?: string;
    readonly initializationTimeout?: number;
  };
  readonly service: {
    readonly name: string;
    readonly logProject: string;
    readonly logStore: string;
    readonly qualifier: string;
    readonly versionId: string;
  };
  readonly region: string;
  readonly accountId: string;
  readonly tracing: {
    readonly openTracingSpanContext: string;
    readonly openTracingSpanBaggages: Readonly<Record<string, string>>;
    readonly jaegerEndpoint: string;
  };
  readonly retryCount: number;
}

/** What an HTTP trigger's request tells the handler; the body is the message's event. */
export interface HttpRequestParts {
  readonly method: string;
  /** Below the function, with its slash. */
  readonly path: string;
  readonly url: string;
  readonly queries: Readonly<Record<string, string | readonly string[]>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly clientIP: string;
}

export interface HttpResponseParts {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** `id` comes back with the answer, and is what the output is reported under: the id of the request. */
export type Order =
  | {
      readonly kind: 'load';
      readonly id: string;
      readonly time: TimeReading;
      readonly codeFolder: string;
      /** `file.export` */
      readonly handler: string;
      /** Empty when there is none. */
      readonly initializer: string;
    }
  | {
      readonly kind: 'initialize';
      readonly id: string;
      readonly time: TimeReading;
      readonly context: InvocationContext;
    }
  | {
      readonly kind: 'invoke';
      readonly id: string;
      readonly time: TimeReading;
      readonly context: InvocationContext;
      readonly event: Uint8Array;
      readonly http?: HttpRequestParts;
    };

export type ToInstance = Order | { readonly kind: 'time'; readonly time: TimeReading };

export type Stream = 'stdout' | 'stderr';

/** Source: Function Compute, "Error handling" of the Node.js runtime. */
export interface ErrorBody {
  readonly errorMessage: string;
  readonly errorType?: string;
  readonly stackTrace?: readonly string[];
}

/** Source: Function Compute, "Error types": handled is what the function itself gave to its callback. */
export type ErrorKind = 'HandledInvocationError' | 'UnhandledInvocationError';

export type Answer =
  | {
      readonly kind: 'done';
      readonly id: string;
      /** The largest resident size that the process had so far. */
      readonly memoryMb: number;
      readonly body: Uint8Array;
      readonly http?: HttpResponseParts;
    }
  | {
      readonly kind: 'failed';
      readonly id: string;
      readonly memoryMb: number;
      readonly errorKind: ErrorKind;
      readonly error: ErrorBody;
    };

export type FromInstance =
  | Answer
  | { readonly kind: 'output'; readonly id: string; readonly stream: Stream; readonly text: string };
