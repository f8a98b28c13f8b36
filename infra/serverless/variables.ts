import { logStore } from '../resources/logs.ts';
import { queueName, roleArn, roleName } from '../resources/names.ts';
import { QUEUES } from '../resources/queues.ts';
import type { Target } from './target.ts';

/** What `${cloud:<name>}` in serverless.yml stands for; `${cloud:queue.<name>}` for a queue's name in the account. */
const NAMED = {
  region: (target) => target.region,
  accountId: (target) => target.accountId,
  role: (target) => roleArn(target, roleName(target.stage)),
  logProject: (target) => logStore(target.stage, target).project,
  mnsEndpoint: (target) => target.functionEndpoints.mns,
  tablestoreEndpoint: (target) => target.functionEndpoints.tablestore,
  tablestoreInstance: (target) => target.tablestoreInstance,
  vpcEndpoint: (target) => target.functionEndpoints.vpc,
  ecsEndpoint: (target) => target.functionEndpoints.ecs,
  kubeconfig: (target) => target.kubeconfig,
  clusters: (target) => target.clusterIds.join(','),
  intakeToken: (target) => target.intakeToken,
} as const satisfies Record<string, (target: Target) => string>;

const QUEUE_PREFIX = 'queue.';

/**
 * The value of a variable; without a target, as when a package is built far from any cloud, a text that says so. Throws
 * an Error that lists the known names.
 */
export function cloudVariable(name: string, target: Target | undefined): string {
  const read = namedVariable(name);
  if (!read) {
    const known = [...Object.keys(NAMED), ...QUEUES.map((queue) => `${QUEUE_PREFIX}${queue.name}`)];
    throw new Error(`there is no \${cloud:${name}}; known are ${known.join(', ')}`);
  }
  return target ? read(target) : `(${name}, known when deployed)`;
}

function namedVariable(name: string): ((target: Target) => string) | undefined {
  if (name.startsWith(QUEUE_PREFIX)) {
    const queue = name.slice(QUEUE_PREFIX.length);
    const declared = QUEUES.some((other) => other.name === queue);
    return declared ? (target) => queueName(target.stage, queue) : undefined;
  }
  return Object.hasOwn(NAMED, name) ? NAMED[name as keyof typeof NAMED] : undefined;
}
