import type { CloudContext } from '../kernel/context.ts';
import { type Endpoint, listen, type Reply, type Request } from '../kernel/http.ts';
import { openBroker } from './broker.ts';
import { type Answer, OPERATIONS } from './operations.ts';
import { createQueues, type Queues } from './queues.ts';
import { Refusal } from './refusal.ts';
import { routeOf } from './route.ts';
import { authenticate } from './signature.ts';
import { writeXml } from './xml.ts';

/** The message queue service of the local cloud. */
export interface Mns {
  /** The endpoint for the vendor's SDK, `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly port: number;
  /** The same queues without a connection. */
  readonly queues: Queues;
  /** Ends every long poll with nothing, and closes the store when the last write is in. */
  close(): Promise<void>;
}

/**
 * Starts the queue service: the REST and XML protocol of 2015-06-06, queues only. With the context's `dataDir` set it
 * finds the queues and messages that an earlier one left there. `port` 0 or none takes any free one.
 */
export async function startMns(context: CloudContext, options: { port?: number } = {}): Promise<Mns> {
  const broker = await openBroker(context);
  const random = context.random.fork('mns-requests');

  const reply = (
    status: number,
    body?: string,
    location?: string,
    requestId = random.requestId(),
  ): Reply => ({
    status,
    headers: {
      'x-mns-request-id': requestId,
      'x-mns-version': '2015-06-06',
      ...(location === undefined ? {} : { location }),
      ...(body === undefined ? {} : { 'content-type': 'text/xml;charset=utf-8' }),
    },
    ...(body === undefined ? {} : { body }),
  });

  const refuse = (error: { status: number; code: string; message: string }, request: Request): Reply => {
    const requestId = random.requestId();
    const body = writeXml('Error', [
      ['Code', error.code],
      ['Message', error.message],
      ['RequestId', requestId],
      ['HostId', originOf(request)],
    ]);
    return reply(error.status, body, undefined, requestId);
  };

  const perform = async (request: Request): Promise<Answer> => {
    const { operation, queue } = routeOf(request);
    if (operation === 'Unknown') throw new Refusal('InvalidRequestURL');
    authenticate(context, request);
    checkContentType(request);
    return OPERATIONS[operation]({ broker, request, queue, origin: originOf(request) });
  };

  const endpoint: Endpoint = {
    service: 'mns',
    operation: (request) => routeOf(request).operation,
    async handle(request) {
      try {
        const { status, document, location } = await perform(request);
        return reply(status, document && writeXml(...document), location);
      } catch (error) {
        if (error instanceof Refusal) return refuse(error, request);
        context.log(`mns: ${request.method} ${request.path} failed: ${(error as Error).stack}`);
        return refuse(new Refusal('InternalError'), request);
      }
    },
    fail: refuse,
  };

  const listening = await listen(context, endpoint, options.port).catch(async (error) => {
    await broker.close();
    throw error;
  });
  return {
    url: listening.url,
    port: listening.port,
    queues: createQueues(context, broker),
    async close() {
      await listening.close();
      await broker.close();
    },
  };
}

const originOf = ({ headers }: Request) => `http://${headers.host ?? 'mns.invalid'}`;

function checkContentType({ headers, body }: Request): void {
  const type = headers['content-type'] ?? '';
  if (body.length > 0 && !/^(text|application)\/xml\b/i.test(type)) throw new Refusal('InvalidContentType');
}
