import type { Answer, ErrorBody, FromInstance, InvocationContext, Order, ToInstance } from '../protocol.ts';
import { installCloudDate, setCloudTime } from './cloud-date.ts';
import { type Exported, loadExport } from './code.ts';
import { callWith, HandledFailure, serialize } from './event-call.ts';
import { callHttpHandler } from './http-exchange.ts';
import { captureOutput, createLogger } from './output.ts';

/** The process of one instance: it loads the customer's code once, then does one order after the other. */

interface Loaded {
  readonly handler: Exported;
  readonly initializer: Exported | undefined;
}

type Outcome = Pick<Extract<Answer, { kind: 'done' }>, 'body' | 'http'>;

const NOTHING: Outcome = { body: new Uint8Array() };

const tell = process.send?.bind(process);
if (!tell) throw new Error('the runner of an instance is started by the service, with an IPC channel');
const send = (message: FromInstance) => {
  tell(message);
};
// The customer's code has no parent to talk to in the cloud, and some libraries behave otherwise when there is one.
Object.assign(process, { send: undefined });

installCloudDate();
const requests = captureOutput((id, stream, text) => send({ kind: 'output', id, stream, text }));

let loaded: Loaded | undefined;

const code = (): Loaded => {
  if (!loaded) throw new Error('an order came before the code was loaded');
  return loaded;
};

const withLogger = (context: InvocationContext) => ({ ...context, logger: createLogger(context.requestId) });

async function carryOut(order: Order): Promise<Outcome> {
  switch (order.kind) {
    case 'load': {
      const { codeFolder, handler, initializer } = order;
      loaded = {
        handler: await loadExport(codeFolder, handler),
        initializer: initializer === '' ? undefined : await loadExport(codeFolder, initializer),
      };
      return NOTHING;
    }
    case 'initialize': {
      const { initializer } = code();
      if (initializer) await callWith(initializer, withLogger(order.context));
      return NOTHING;
    }
    case 'invoke': {
      const { handler } = code();
      const context = withLogger(order.context);
      if (order.http) return callHttpHandler(handler, order.http, order.event, context);
      const { buffer, byteOffset, byteLength } = order.event;
      const event = Buffer.from(buffer, byteOffset, byteLength);
      return { body: serialize(await callWith(handler, event, context)) };
    }
  }
}

const memoryMb = () => process.resourceUsage().maxRSS / 1024;

function describe(thrown: unknown): ErrorBody {
  if (!(thrown instanceof Error)) {
    return { errorMessage: typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? String(thrown)) };
  }
  return {
    errorMessage: thrown.message,
    errorType: thrown.name,
    stackTrace: (thrown.stack ?? '').split('\n'),
  };
}

async function answer(order: Order): Promise<Answer> {
  const { id } = order;
  try {
    return { kind: 'done', id, ...(await carryOut(order)), memoryMb: memoryMb() };
  } catch (thrown) {
    const handled = thrown instanceof HandledFailure;
    const error = describe(handled ? thrown.given : thrown);
    const errorKind = handled ? 'HandledInvocationError' : 'UnhandledInvocationError';
    return { kind: 'failed', id, errorKind, error, memoryMb: memoryMb() };
  }
}

process.on('message', (message: ToInstance) => {
  setCloudTime(message.time);
  if (message.kind === 'time') return;
  requests.run(message.id, () => answer(message).then(send));
});

// The service is gone: so is the reason to live.
process.on('disconnect', () => process.exit(0));
