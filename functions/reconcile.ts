import middy from '@middy/core';
import { countIgnored } from '../shared/intake/accept.ts';
import { readEnvelope } from '../shared/intake/envelope.ts';
import { reconcileBatch } from '../shared/reconcile/hints.ts';
import type { TimedContext } from '../shared/runtime/function-compute.ts';
import { knowDeadline, logInvocation, parseEvent } from '../shared/runtime/middleware.ts';
import { clusterIds, log } from './instance.ts';
import { portsFor } from './ports.ts';

/** Queue: hints become reconciled claims. */
export const handler = middy(async (event: unknown, context: unknown) => {
  const { hints, ignored } = readEnvelope(event, { ids: clusterIds });
  const counts = countIgnored(ignored, log);
  return { ...(await reconcileBatch(portsFor(context as TimedContext), hints)), ignored: counts };
})
  .use(knowDeadline())
  .use(logInvocation(log))
  .use(parseEvent());
