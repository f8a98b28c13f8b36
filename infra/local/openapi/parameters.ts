import { missing, type Refusal, refusal } from './failure.ts';
import type { Tag } from './records.ts';

/** One parameter of an action, as the API reference describes it. */
export type Parameter =
  | {
      readonly type: 'string';
      readonly required?: true;
      readonly default?: string;
      readonly values?: readonly string[];
      readonly maxLength?: number;
    }
  | {
      readonly type: 'integer';
      readonly required?: true;
      readonly default?: number;
      readonly min?: number;
      readonly max?: number;
      /** Values beyond the range become its ends; without it they are refused. */
      readonly clamp?: true;
    }
  | { readonly type: 'boolean'; readonly default?: boolean }
  /** `Name.1`, `Name.2`, ... */
  | { readonly type: 'list'; readonly required?: true; readonly max: number }
  /** `Name.1.Key`, `Name.1.Value`, ... */
  | { readonly type: 'tags'; readonly required?: true };

export type ParameterTable = Readonly<Record<string, Parameter>>;

type Given<P, T> = P extends { required: true } | { default: T } ? T : T | undefined;

type ValueOf<P extends Parameter> = P extends { type: 'string' }
  ? Given<P, string>
  : P extends { type: 'integer' }
    ? Given<P, number>
    : P extends { type: 'boolean' }
      ? Given<P, boolean>
      : P extends { type: 'list' }
        ? readonly string[]
        : readonly Tag[];

export type Values<T extends ParameterTable> = { readonly [Name in keyof T]: ValueOf<T[Name]> };

/** Flattened parameters of a call, from the query and a form body. */
export type Input = ReadonlyMap<string, string>;

/** Source: VPC API reference, TagResources: up to 20 tags a call. */
const MOST_TAGS = 20;

/** The typed values of a call's parameters; throws a `Refusal` that names the first bad one. */
export function readParameters<T extends ParameterTable>(table: T, input: Input): Values<T> {
  const values: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(table)) values[name] = readOne(name, parameter, input);
  return values as Values<T>;
}

function readOne(name: string, parameter: Parameter, input: Input): unknown {
  if (parameter.type === 'list') return readList(name, parameter, input);
  if (parameter.type === 'tags') return readTags(name, parameter, input);
  // An empty value counts as none: SDKs of some languages send those for parameters that are not set.
  const text = input.get(name) || undefined;
  if (text === undefined) {
    if ('required' in parameter && parameter.required) throw missing(name);
    return parameter.default;
  }
  if (parameter.type === 'integer') return readInteger(name, parameter, text);
  if (parameter.type === 'boolean') return readBoolean(name, text);
  return readString(name, parameter, text);
}

const invalid = (name: string, wanted: string, got: string): Refusal =>
  refusal('InvalidParameter', `${name} must be ${wanted}, got "${got}".`);

function readString(
  name: string,
  { values, maxLength }: Parameter & { type: 'string' },
  text: string,
): string {
  if (values && !values.includes(text)) throw invalid(name, `one of ${values.join(', ')}`, text);
  if (maxLength !== undefined && text.length > maxLength) {
    throw invalid(name, `at most ${maxLength} characters long`, text);
  }
  return text;
}

function readInteger(name: string, parameter: Parameter & { type: 'integer' }, text: string): number {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER, clamp } = parameter;
  if (!/^-?\d{1,15}$/.test(text)) throw invalid(name, 'an integer', text);
  const value = Number(text);
  if (clamp) return Math.min(max, Math.max(min, value));
  if (value < min || value > max) throw invalid(name, `from ${min} to ${max}`, text);
  return value;
}

function readBoolean(name: string, text: string): boolean {
  const lower = text.toLowerCase();
  if (lower !== 'true' && lower !== 'false') throw invalid(name, 'true or false', text);
  return lower === 'true';
}

function readList(
  name: string,
  { max, required }: Parameter & { type: 'list' },
  input: Input,
): readonly string[] {
  const items = indexed(name, input).flatMap((index) => input.get(`${name}.${index}`) || []);
  if (items.length > max) throw invalid(name, `a list of at most ${max}`, `${items.length} items`);
  if (required && items.length === 0) throw missing(name);
  return items;
}

function readTags(name: string, { required }: Parameter & { type: 'tags' }, input: Input): readonly Tag[] {
  const tags = indexed(name, input).map((index) => ({
    key: input.get(`${name}.${index}.Key`) ?? '',
    value: input.get(`${name}.${index}.Value`) ?? '',
  }));
  if (tags.length > MOST_TAGS) throw invalid(name, `a list of at most ${MOST_TAGS}`, `${tags.length} tags`);
  if (required && tags.length === 0) throw missing(name);
  const seen = new Set<string>();
  for (const { key, value } of tags) {
    if (!isLegalTagKey(key))
      throw invalid(`${name}.N.Key`, '1 to 128 characters, with no reserved prefix', key);
    if (value.length > 128) throw invalid(`${name}.N.Value`, 'at most 128 characters long', value);
    if (seen.has(key)) throw invalid(`${name}.N.Key`, 'unique', key);
    seen.add(key);
  }
  return tags;
}

/** Source: VPC and ECS API reference, Tag.N.Key. */
const isLegalTagKey = (key: string): boolean =>
  key.length >= 1 && key.length <= 128 && !/^(aliyun|acs:)|https?:\/\//.test(key);

/** The numbers N for which the input has `name.N` or `name.N.something`, in order. */
function indexed(name: string, input: Input): readonly number[] {
  const numbers = new Set<number>();
  const prefix = `${name}.`;
  for (const key of input.keys()) {
    if (!key.startsWith(prefix)) continue;
    const number = Number.parseInt(key.slice(prefix.length), 10);
    if (number > 0) numbers.add(number);
  }
  return [...numbers].sort((one, other) => one - other);
}
