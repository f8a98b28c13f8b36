import type { VpcWorld } from '../../../infra/local/openapi/world.ts';
import type { Parameters } from '../../../shared/adapters/openapi/call.ts';
import type { Process } from '../process/process.ts';
import type { Broken } from '../rules.ts';
import type { Ledger } from './ledger.ts';
import type { Places } from './places.ts';
import type { Records } from './records.ts';
import type { Tokens } from './tokens.ts';
import type { Wishes } from './wishes.ts';

/** What is known when a call of the cloud is looked at. */
export interface Known {
  world(): VpcWorld;
  readonly ledger: Ledger;
  readonly places: Places;
  readonly records: Records;
  readonly tokens: Tokens;
  readonly wishes: Wishes;
  readonly broken: Broken;
}

/** What a process has the cloud do. */
export interface CloudCall {
  readonly parameters: Parameters;
  readonly by: Process;
}

export interface AnsweredCall extends CloudCall {
  readonly answer: object;
}

/** A look at a call, whether it breaks a rule. */
export type Look<C extends CloudCall> = (call: C, known: Known) => void;

/** Looks at calls, by their actions. */
export type Looks<C extends CloudCall> = Readonly<Record<string, Look<C>>>;

export const textOf = ({ parameters }: CloudCall, name: string): string => String(parameters[name] ?? '');

export const textsOf = ({ parameters }: CloudCall, name: string): readonly string[] => {
  const value = parameters[name];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
};
