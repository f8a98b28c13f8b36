import { parseLabelSelector } from './label-selector.ts';
import type { KubeObject } from './objects.ts';
import { badRequest } from './status.ts';

/** Decides whether an object belongs to a list or a watch. */
export type Predicate = (object: KubeObject) => boolean;

/** Parses a label selector; 400 for one that is no selector. */
export function labelPredicate(selector: string | null): Predicate | undefined {
  return parseLabelSelector(selector ?? '');
}

/** Reads the fields that a kind's field selectors may name. */
export type FieldReaders = Readonly<Record<string, (object: KubeObject) => string>>;

export const METADATA_READERS: FieldReaders = {
  'metadata.name': (object) => object.metadata.name,
  'metadata.namespace': (object) => object.metadata.namespace ?? '',
};

/** Parses a field selector; 400 where it names a field that the kind does not offer. */
export function fieldPredicate(selector: string | null, readers: FieldReaders, unsupported: string) {
  const parts = (selector ?? '').split(',').filter((part) => part.trim() !== '');
  const requirements = parts.map((text) => {
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
