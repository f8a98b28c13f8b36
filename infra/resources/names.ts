/** Everything that Holdfast owns in an account carries this word. */
export const PRODUCT = 'holdfast';

/**
 * The part of a name that tells the stages of a shared account apart: service, queues, role, log project. Tables need
 * none, they live inside an instance of their own.
 */
export const stagePrefix = (stage: string): string => `${PRODUCT}-${stage}`;

/** The service of Function Compute that holds all functions of a stage. */
export const serviceName = (stage: string): string => stagePrefix(stage);

/** The queue's name in the account; `queue` is the name it is declared by. */
export const queueName = (stage: string, queue: string): string => `${stagePrefix(stage)}-${queue}`;

/** The Tablestore instance of a stage. Instances are created by hand, as they carry the account's network policy. */
export const instanceName = (stage: string): string => stagePrefix(stage);

/** The RAM role that the functions of a stage act as. */
export const roleName = (stage: string): string => stagePrefix(stage);

export interface Place {
  readonly region: string;
  readonly accountId: string;
}

/** Source: MNS, RAM policies: `acs:mns:<region>:<account>:/queues/<queue>`. */
export const queueArn = ({ region, accountId }: Place, queue: string): string =>
  `acs:mns:${region}:${accountId}:/queues/${queue}`;

export const roleArn = ({ accountId }: Pick<Place, 'accountId'>, role: string): string =>
  `acs:ram::${accountId}:role/${role.toLowerCase()}`;
