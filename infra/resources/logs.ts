import { LOG_FIELDS, type LogField as WrittenField } from '../../shared/runtime/log.ts';
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
  /** Keys of the JSON lines that the functions write. */
  readonly index: Readonly<Record<string, LogField>>;
}

const INDEXED: Readonly<Record<WrittenField['as'], LogField>> = {
  word: { type: 'text', analytics: true },
  number: { type: 'long', analytics: true },
  text: { type: 'text', analytics: false },
};

/** The log store of a stage. The account id is in the project's name, as those are unique among all customers. */
export const logStore = (stage: string, { accountId }: Pick<Place, 'accountId'>): LogStore => ({
  project: `${stagePrefix(stage)}-${accountId}`,
  logstore: 'functions',
  retentionDays: 30,
  shards: 2,
  index: Object.fromEntries(
    Object.entries<WrittenField>(LOG_FIELDS).map(([name, { as }]) => [name, INDEXED[as]]),
  ),
});
