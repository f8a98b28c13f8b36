import middy from '@middy/core';
import { createHintQueue } from '../shared/adapters/mns/hint-queue.ts';
import { accept } from '../shared/intake/accept.ts';
import { requireBearer } from '../shared/runtime/bearer.ts';
import { readConfig } from '../shared/runtime/config.ts';
import type { TimedContext } from '../shared/runtime/function-compute.ts';
import { type HttpReply, type HttpRequest, serveHttp } from '../shared/runtime/http.ts';
import { createLogger } from '../shared/runtime/log.ts';
import { knowDeadline, logInvocation } from '../shared/runtime/middleware.ts';

const config = readConfig(process.env, [
  'HOLDFAST_MNS_ENDPOINT',
  'HOLDFAST_QUEUE',
  'HOLDFAST_CLUSTERS',
  'HOLDFAST_INTAKE_TOKEN',
  'HOLDFAST_LOG_LEVEL',
]);
const log = createLogger({ level: config.HOLDFAST_LOG_LEVEL });

/** HTTP: an exporter's webhook becomes hints on the queue. */
const take = async (request: HttpRequest, context: unknown): Promise<HttpReply> => {
  const { accountId, credentials, getRemainingTimeInMillis: remainingMs } = context as TimedContext;
  const queue = createHintQueue({
    endpoint: config.HOLDFAST_MNS_ENDPOINT,
    queue: config.HOLDFAST_QUEUE,
    accountId,
    credentials,
    remainingMs,
  });
  return { status: 202, body: await accept(request, config.HOLDFAST_CLUSTERS, queue, log) };
};

const handle = middy(requireBearer(config.HOLDFAST_INTAKE_TOKEN, take))
  .use(knowDeadline())
  .use(logInvocation(log));

export const handler = serveHttp(
  (request, context) => handle(request, context as never) as Promise<HttpReply>,
);
