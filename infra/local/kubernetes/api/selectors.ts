import type { Fields, KubeObject } from './objects.ts';
import { badRequest } from './status.ts';

/** Decides whether an object belongs to a list or a watch. */
export type Predicate = (object: KubeObject) => boolean;

interface Requirement {
  readonly key: string;
  readonly holds: (value: string | undefined) => boolean;
}

const SET_FORM = /^([^\s!=,()]+)\s+(in|notin)\s*\(([^)]*)\)$/;
const EQUALITY_FORM = /^([^\s!=,()<>]+)\s*(==|=|!=)\s*([^\s!=,()<>]*)$/;
const ORDER_FORM = /^([^\s!=,()<>]+)\s*([<>])\s*(-?\d+)$/;
const EXISTENCE_FORM = /^(!?)\s*([^\s!=,()<>]+)$/;

/** Parses a label selector; 400 for one that is no selector. Source: apimachinery, pkg/labels. */
export function labelPredicate(selector: string | null): Predicate | undefined {
  const requirements = splitTopLevel(selector ?? '').map(labelRequirement);
  if (requirements.length === 0) return undefined;
  return (object) =>
    requirements.every(({ key, holds }) =>
      holds((object.metadata.labels as Fields | undefined)?.[key] as string),
    );
}

/** Commas inside parentheses do not separate requirements. */
function splitTopLevel(selector: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index <= selector.length; index++) {
    const character = selector[index];
    if (character === '(') depth++;
    if (character === ')') depth--;
    if ((character === ',' && depth === 0) || index === selector.length) {
      const part = selector.slice(start, index).trim();
      if (part !== '') parts.push(part);
      start = index + 1;
    }
  }
  return parts;
}

function labelRequirement(text: string): Requirement {
  const set = SET_FORM.exec(text);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = new Set(list.split(',').map((value) => value.trim()));
    return operator === 'in'
      ? { key, holds: (value) => value !== undefined && values.has(value) }
      : { key, holds: (value) => value === undefined || !values.has(value) };
  }
  const equality = EQUALITY_FORM.exec(text);
  if (equality) {
    const [, key = '', operator, wanted = ''] = equality;
    return operator === '!='
      ? { key, holds: (value) => value !== wanted }
      : { key, holds: (value) => value === wanted };
  }
  const order = ORDER_FORM.exec(text);
  if (order) {
    const [, key = '', operator, bound] = order;
    const limit = Number(bound);
    return {
      key,
      holds: (value) =>
        value !== undefined && (operator === '<' ? Number(value) < limit : Number(value) > limit),
    };
  }
  const existence = EXISTENCE_FORM.exec(text);
  if (existence) {
    const [, negation, key = ''] = existence;
    return { key, holds: (value) => (value === undefined) === (negation === '!') };
  }
  throw badRequest(`unable to parse requirement: found '${text}', expected: a label requirement`);
}

/** Reads the fields that a kind's field selectors may name. */
export type FieldReaders = Readonly<Record<string, (object: KubeObject) => string>>;

export const METADATA_READERS: FieldReaders = {
  'metadata.name': (object) => object.metadata.name,
  'metadata.namespace': (object) => object.metadata.namespace ?? '',
};

/** Parses a field selector; 400 where it names a field that the kind does not offer. */
export function fieldPredicate(selector: string | null, readers: FieldReaders, unsupported: string) {
  const requirements = splitTopLevel(selector ?? '').map((text) => {
    const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(text);
    if (!match) throw badRequest(`invalid selector: '${selector}'; can't understand '${text}'`);
    const [, key = '', operator, wanted = ''] = match;
    const reader = readers[key];
    if (!reader) throw badRequest(unsupported.replace('%s', key));
    return (object: KubeObject) => (reader(object) === wanted) === (operator !== '!=');
  });
  if (requirements.length === 0) return undefined;
  return (object: KubeObject) => requirements.every((holds) => holds(object));
}

/** Both must hold; undefined when there is nothing to check. */
export function both(left: Predicate | undefined, right: Predicate | undefined): Predicate | undefined {
  if (!left || !right) return left ?? right;
  return (object) => left(object) && right(object);
}
