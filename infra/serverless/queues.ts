import { createRequire } from 'node:module';
import { queueName } from '../resources/names.ts';
import { QUEUES, type Queue } from '../resources/queues.ts';
import { CloudError, queueError } from './cloud-error.ts';
import { createQueueControl } from './queue-control.ts';
import type { Target } from './target.ts';

/** What a queue of the account is set to, with its name in the account. Times in seconds. */
export interface QueueSettings {
  readonly name: string;
  readonly visibilityTimeout: number;
  readonly messageRetention: number;
  readonly pollingWait: number;
  readonly deadLetter?: DeadLetterPolicy;
}

/** `queue` is the name in the account. */
export interface DeadLetterPolicy {
  readonly queue: string;
  readonly maxReceiveCount: number;
}

/** The queues of an account, as deployment sees them. Every failure is a CloudError. */
export interface Queues {
  /** Undefined where there is none of this name. */
  describe(name: string): Promise<QueueSettings | undefined>;
  create(queue: QueueSettings): Promise<void>;
  update(queue: QueueSettings): Promise<void>;
  drop(name: string): Promise<void>;
}

interface MnsReply {
  readonly code: number;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** The part of @alicloud/mns that is used; it has no types of its own. */
interface Mns {
  createQueue(name: string, attributes: object): Promise<MnsReply>;
  setQueueAttributes(name: string, attributes: object): Promise<MnsReply>;
  getQueueAttributes(name: string): Promise<MnsReply>;
  deleteQueue(name: string): Promise<MnsReply>;
}

const MnsClient = createRequire(import.meta.url)('@alicloud/mns') as new (
  accountId: string,
  options: object,
) => Mns;

export function createQueues(target: Target): Queues {
  const { accountId, region, credentials, endpoints } = target;
  const client = new MnsClient(accountId, { ...credentials, region, endpoint: endpoints.mns });
  const control = target.queueControl === undefined ? undefined : createQueueControl(target);

  // An answer that is no XML, as a gateway's 503, is no error to this SDK.
  const calling = async (doing: string, call: Promise<MnsReply>): Promise<MnsReply> => {
    const reply = await call.catch((cause) => {
      throw queueError(doing, cause);
    });
    if (reply.code >= 300) throw new CloudError(doing, { code: `HTTP ${reply.code}`, status: reply.code });
    return reply;
  };
  /** The REST protocol has no element for the dead-letter policy; the local cloud understands one all the same. */
  const attributesOf = ({ deadLetter, ...queue }: QueueSettings) => ({
    VisibilityTimeout: queue.visibilityTimeout,
    MessageRetentionPeriod: queue.messageRetention,
    PollingWaitSeconds: queue.pollingWait,
    ...(deadLetter && !control && { DlqPolicy: policyOf(deadLetter) }),
  });
  const setPolicy = async ({ name, deadLetter }: QueueSettings) => {
    if (control && deadLetter) await control.setDeadLetter(name, deadLetter);
  };

  return {
    async describe(name) {
      const doing = `looking at queue ${name}`;
      try {
        const { body = {} } = await calling(doing, client.getQueueAttributes(name));
        const deadLetter = control ? await control.deadLetterOf(name) : readPolicy(body.DlqPolicy);
        return {
          name,
          visibilityTimeout: Number(body.VisibilityTimeout),
          messageRetention: Number(body.MessageRetentionPeriod),
          pollingWait: Number(body.PollingWaitSeconds),
          ...(deadLetter && { deadLetter }),
        };
      } catch (error) {
        if (error instanceof CloudError && error.code === 'QueueNotExist') return undefined;
        throw error;
      }
    },
    async create(queue) {
      await calling(`creating queue ${queue.name}`, client.createQueue(queue.name, attributesOf(queue)));
      await setPolicy(queue);
    },
    async update(queue) {
      await calling(
        `updating queue ${queue.name}`,
        client.setQueueAttributes(queue.name, attributesOf(queue)),
      );
      await setPolicy(queue);
    },
    async drop(name) {
      await calling(`deleting queue ${name}`, client.deleteQueue(name));
    },
  };
}

const policyOf = ({ queue, maxReceiveCount }: DeadLetterPolicy) => ({
  Enabled: true,
  DeadLetterTargetQueue: queue,
  MaxReceiveCount: maxReceiveCount,
});

/** The SDK leaves an element with children as a list of one object of texts. */
function readPolicy(element: unknown): DeadLetterPolicy | undefined {
  const [policy] = Array.isArray(element) ? (element as Record<string, string>[]) : [];
  if (!policy?.DeadLetterTargetQueue || policy.Enabled?.toLowerCase() === 'false') return undefined;
  return { queue: policy.DeadLetterTargetQueue, maxReceiveCount: Number(policy.MaxReceiveCount) };
}

export type QueueOutcome = 'created' | 'updated' | 'unchanged';

/** What becomes of a queue: all of its settings can be changed. */
export function compareQueue(
  wanted: QueueSettings,
  found: QueueSettings | undefined,
): { outcome: QueueOutcome; detail: string } {
  if (!found) return { outcome: 'created', detail: '' };
  const changes = (['visibilityTimeout', 'messageRetention', 'pollingWait'] as const)
    .filter((setting) => wanted[setting] !== found[setting])
    .map((setting) => `${setting} ${found[setting]} to ${wanted[setting]}`);
  const [want, have] = [letterText(wanted), letterText(found)];
  // A dead-letter queue that somebody set by hand stays: we declare where poison goes, not that it goes nowhere.
  if (wanted.deadLetter && want !== have) changes.push(`dead letters ${have} to ${want}`);
  return { outcome: changes.length > 0 ? 'updated' : 'unchanged', detail: changes.join(', ') };
}

const letterText = ({ deadLetter }: QueueSettings): string =>
  deadLetter ? `${deadLetter.queue} after ${deadLetter.maxReceiveCount}` : 'nowhere';

/** The declared queue with its names in the account. */
export function settingsOf({ deadLetter, ...queue }: Queue, stage: string): QueueSettings {
  return {
    ...queue,
    name: queueName(stage, queue.name),
    ...(deadLetter && { deadLetter: { ...deadLetter, queue: queueName(stage, deadLetter.queue) } }),
  };
}

/** Makes the queues what they are declared as; existing ones keep their messages. Tells of each as it is done. */
export async function ensureQueues(
  queues: Queues,
  stage: string,
  told: (name: string, outcome: QueueOutcome, detail: string) => void,
): Promise<void> {
  // Dead-letter queues first: a policy that names a queue which is not there is refused.
  const inOrder = [...QUEUES].sort((a, b) => Number('deadLetter' in a) - Number('deadLetter' in b));
  for (const declared of inOrder) {
    const wanted = settingsOf(declared, stage);
    const found = await queues.describe(wanted.name);
    const { outcome, detail } = compareQueue(wanted, found);
    if (outcome === 'created') await queues.create(wanted);
    if (outcome === 'updated') await queues.update(wanted);
    told(wanted.name, outcome, detail);
  }
}

/** Deletes the declared queues that are there, with all their messages. */
export async function dropQueues(queues: Queues, stage: string, told: (name: string) => void): Promise<void> {
  for (const { name: declared } of QUEUES) {
    const name = queueName(stage, declared);
    if (!(await queues.describe(name))) continue;
    await queues.drop(name);
    told(name);
  }
}
