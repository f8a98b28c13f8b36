import middy from '@middy/core';
import { resyncPass } from '../shared/reconcile/resync.ts';
import type { TimedContext } from '../shared/runtime/function-compute.ts';
import { knowDeadline, logInvocation } from '../shared/runtime/middleware.ts';
import { log } from './instance.ts';
import { portsFor } from './ports.ts';

/** Timer: claims against pods against the cloud, and what no claim names. */
export const handler = middy((_event: unknown, context: unknown) =>
  resyncPass(portsFor(context as TimedContext)),
)
  .use(knowDeadline())
  .use(logInvocation(log));
