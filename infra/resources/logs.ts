import { type Place, stagePrefix } from './names.ts';

export interface LogField {
  readonly type: 'text' | 'long' | 'double';
  /** Whether the field can be used in GROUP BY and in charts. */
  readonly analytics: boolean;
}

export interface LogStore {
  readonly project: string;
  readonly logstore: string;
  /** Days that a line is kept. */
  readonly retentionDays: number;
  readonly shards: number;
  /** Keys of the JSON lines that the functions write, below `message`. */
  readonly index: Readonly<Record<string, LogField>>;
}

const word: LogField = { type: 'text', analytics: true };
const number: LogField = { type: 'long', analytics: true };

/** The log store of a stage. The account id is in the project's name, as those are unique among all customers. */
export const logStore = (stage: string, { accountId }: Pick<Place, 'accountId'>): LogStore => ({
  project: `${stagePrefix(stage)}-${accountId}`,
  logstore: 'functions',
  retentionDays: 30,
  shards: 2,
  index: {
    level: word,
    event: word,
    requestId: word,
    claim: word,
    cluster: word,
    namespace: word,
    pod: word,
    address: word,
    allocation: word,
    action: word,
    outcome: word,
    code: word,
    durationMs: number,
    message: { type: 'text', analytics: false },
  },
});
