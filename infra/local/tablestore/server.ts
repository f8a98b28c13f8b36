import type { CloudContext } from '../kernel/context.ts';
import { type Endpoint, listen, type Reply, type Request } from '../kernel/http.ts';
import { openStore } from '../kernel/store.ts';
import { answerHeaders, authenticate, type Caller } from './authentication.ts';
import { loadCatalog } from './catalog.ts';
import { bodyTooLarge, methodNotAllowed, TablestoreFailure, unsupportedOperation } from './failure.ts';
import { LIMITS } from './limits.ts';
import { MESSAGES } from './messages.ts';
import { createOperations } from './operations.ts';
import { createRows } from './rows.ts';

export interface Tablestore {
  /** `http://127.0.0.1:<port>`: the SDK's `endpoint`. */
  readonly url: string;
  readonly port: number;
  /** The SDK's `instancename`. */
  readonly instance: string;
  close(): Promise<void>;
}

export interface TablestoreOptions {
  /** Default: any free one. */
  readonly port?: number;
  /** Default `holdfast`. */
  readonly instance?: string;
  /** Cloud time until a new table serves its rows, and until a deleted one frees its name, ms. Default 500. */
  readonly tableReadyMs?: number;
}

/** Serves one Tablestore instance on loopback; its tables live in memory, or in the context's `dataDir`. */
export async function startTablestore(
  context: CloudContext,
  options: TablestoreOptions = {},
): Promise<Tablestore> {
  const { port = 0, instance = 'holdfast', tableReadyMs = 500 } = options;
  const { now } = context.clock;
  const random = context.random.fork('tablestore');
  const store = await openStore<Buffer>(context, 'tablestore', 'buffer');
  const catalog = await loadCatalog({ store, now, readyMs: tableReadyMs });
  const operations = createOperations(catalog, createRows(store, now));

  const reply = (request: Request, status: number, body: Buffer, caller?: Caller): Reply => ({
    status,
    headers: answerHeaders(request.path, body, {
      requestId: random.requestId().toLowerCase(),
      now: now(),
      caller,
    }),
    body,
  });

  const fail = (
    request: Request,
    { status, code, message }: { status: number; code: string; message: string },
    caller?: Caller,
  ) => reply(request, status, MESSAGES.error.encode({ code, message }), caller);

  const endpoint: Endpoint = {
    service: 'tablestore',
    operation: ({ path }) => path.slice(1),
    fail: (fault, request) => fail(request, fault),
    async handle(request, operation) {
      let caller: Caller | undefined;
      try {
        if (request.method !== 'POST') throw methodNotAllowed();
        if (request.body.length > LIMITS.body) throw bodyTooLarge();
        caller = authenticate(request, context.account, instance, now());
        const serve = operations.get(operation);
        if (!serve) throw unsupportedOperation(operation);
        return reply(request, 200, await serve(request.body), caller);
      } catch (error) {
        if (!(error instanceof TablestoreFailure)) throw error;
        return fail(request, error, caller);
      }
    },
  };

  const {
    url,
    port: bound,
    close,
  } = await listen(context, endpoint, port).catch(async (error) => {
    await store.close();
    throw error;
  });
  return {
    url,
    port: bound,
    instance,
    async close() {
      await close();
      await store.close();
    },
  };
}
