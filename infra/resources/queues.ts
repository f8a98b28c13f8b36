export interface DeadLetter {
  /** The declared name of the queue that takes what was received too often. */
  readonly queue: string;
  readonly maxReceiveCount: number;
}

/** Times in seconds. Ranges are those of MNS: visibility 1 to 43200, retention 60 to 604800, long poll 0 to 30. */
export interface Queue {
  readonly name: string;
  readonly visibilityTimeout: number;
  readonly messageRetention: number;
  readonly pollingWait: number;
  readonly deadLetter?: DeadLetter;
}

const DAY = 86_400;

/**
 * A message that is being worked on stays hidden for this many times the timeout of its function, so that a slow call,
 * its retry and a cold start fit before it shows again. Deployment checks it against serverless.yml.
 */
export const VISIBILITY_PER_TIMEOUT = 6;

export const QUEUES = [
  {
    name: 'hints',
    visibilityTimeout: 360,
    // As long as the queue service keeps anything: a hint may be delayed for days, and its age runs meanwhile.
    messageRetention: 7 * DAY,
    pollingWait: 20,
    // A hint can be lost without harm, the sweeps find what it told: five tries are enough to call it poison.
    deadLetter: { queue: 'hints-dead', maxReceiveCount: 5 },
  },
  { name: 'hints-dead', visibilityTimeout: 60, messageRetention: 7 * DAY, pollingWait: 20 },
  // Where Function Compute puts the timer events whose function failed to the last retry.
  { name: 'failed', visibilityTimeout: 60, messageRetention: 7 * DAY, pollingWait: 20 },
] as const satisfies readonly Queue[];

export type QueueName = (typeof QUEUES)[number]['name'];

/** The declaration of a queue. Throws when there is none, naming those that are. */
export function queueOf(name: string): Queue {
  const found = QUEUES.find((queue) => queue.name === name);
  if (!found) {
    const known = QUEUES.map((queue) => queue.name).join(', ');
    throw new Error(`no queue "${name}" is declared in infra/resources/queues.ts; declared are ${known}`);
  }
  return found;
}
