import type { Cloud } from './cloud.ts';
import type { ActionName } from './options.ts';
import { type Input, type ParameterTable, readParameters, type Values } from './parameters.ts';

/** One action of the API, ready to be called. */
export interface Action {
  readonly name: ActionName;
  /** Whether it honours a ClientToken. */
  readonly token: boolean;
  /** Its latency is that of a state in the background, not that of the answer. */
  readonly background: boolean;
  /** Reads the parameters and acts; the answer is without its RequestId. Throws a `Refusal` and has then no effect. */
  call(cloud: Cloud, input: Input): object;
}

interface ActionDeclaration<T extends ParameterTable> {
  readonly name: ActionName;
  readonly token?: boolean;
  readonly background?: boolean;
  readonly parameters: T;
  readonly run: (cloud: Cloud, parameters: Values<T>) => object;
}

export function action<const T extends ParameterTable>(declaration: ActionDeclaration<T>): Action {
  const { name, token = false, background = false, parameters, run } = declaration;
  return {
    name,
    token,
    background,
    call: (cloud, input) => run(cloud, readParameters(parameters, input)),
  };
}

/** ISO 8601 to the second, UTC, as both APIs write times. */
export const isoTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');

/** One page of a list, with the fields that say which. Source: VPC API reference, PageNumber and PageSize. */
export function page<T>(all: readonly T[], pageNumber: number, pageSize: number) {
  const items = all.slice((pageNumber - 1) * pageSize, pageNumber * pageSize);
  return { items, fields: { PageNumber: pageNumber, PageSize: pageSize, TotalCount: all.length } };
}

/** Whether a resource carries all the wanted tags; a wanted tag without a value matches any value. */
export function hasTags(
  tags: readonly { readonly key: string; readonly value: string }[],
  wanted: readonly { readonly key: string; readonly value: string }[],
): boolean {
  return wanted.every(({ key, value }) =>
    tags.some((tag) => tag.key === key && (value === '' || tag.value === value)),
  );
}
