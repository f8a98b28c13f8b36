import middy from '@middy/core';
import { retainPass } from '../shared/reconcile/retain.ts';
import type { TimedContext } from '../shared/runtime/function-compute.ts';
import { knowDeadline, logInvocation } from '../shared/runtime/middleware.ts';
import { log } from './instance.ts';
import { portsFor } from './ports.ts';

/** Timer: claims whose retention is over. */
export const handler = middy((_event: unknown, context: unknown) =>
  retainPass(portsFor(context as TimedContext)),
)
  .use(knowDeadline())
  .use(logInvocation(log));
