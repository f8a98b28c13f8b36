import { labelValue, qualifiedName } from './names.ts';
import type { KubeObject } from './objects.ts';
import { badRequest } from './status.ts';

interface Token {
  readonly kind: 'word' | 'symbol' | 'end';
  readonly text: string;
}

interface Requirement {
  readonly key: string;
  readonly holds: (value: string | undefined) => boolean;
}

const SYMBOLS = /\s*(==|!=|[=!,()<>]|[^\s=!,()<>]+)/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  SYMBOLS.lastIndex = 0;
  for (let match = SYMBOLS.exec(text); match; match = SYMBOLS.exec(text)) {
    const [, token = ''] = match;
    tokens.push({ kind: /^[=!,()<>]/.test(token) ? 'symbol' : 'word', text: token });
  }
  return tokens;
}

/**
 * Parses a label selector into a predicate; undefined for an empty one.
 * 400, worded as the server words it, for one that is no selector. Source: apimachinery, pkg/labels/selector.go.
 */
export function parseLabelSelector(selector: string): ((object: KubeObject) => boolean) | undefined {
  const tokens = tokenize(selector);
  let at = 0;
  const peek = (): Token => tokens[at] ?? { kind: 'end', text: '' };
  const next = (): Token => {
    const token = peek();
    at++;
    return token;
  };
  const refuse = (message: string) => badRequest(message);
  const refuseRequirement = (message: string) => badRequest(`unable to parse requirement: ${message}`);

  const key = (): string => {
    const token = next();
    const [wrong] = token.kind === 'word' ? qualifiedName('', token.text) : [];
    if (token.kind !== 'word') throw refuseRequirement(`found '${token.text}', expected: identifier`);
    if (wrong) {
      const detail = wrong.message.replace(/^Invalid value: "[^"]*": /, '');
      throw refuseRequirement(`invalid label key ${JSON.stringify(token.text)}: ${detail}`);
    }
    return token.text;
  };

  const checked = (name: string, value: string): string => {
    const [wrong] = labelValue('', value);
    if (!wrong) return value;
    const detail = wrong.message.replace(/^Invalid value: "[^"]*": /, '');
    throw refuseRequirement(
      `invalid label value: ${JSON.stringify(value)}: at key: ${JSON.stringify(name)}: ${detail}`,
    );
  };

  const exactValue = (name: string): string => {
    const token = peek();
    if (token.kind === 'end' || token.text === ',') return '';
    if (token.kind !== 'word') throw refuseRequirement(`found '${token.text}', expected: identifier`);
    at++;
    return checked(name, token.text);
  };

  const values = (name: string): Set<string> => {
    const opening = next();
    if (opening.text !== '(') throw refuseRequirement(`found '${opening.text}' expected: '('`);
    const found = new Set<string>();
    if (peek().text === ')') {
      at++;
      return found.add('');
    }
    for (;;) {
      const token = next();
      if (token.kind === 'word') found.add(checked(name, token.text));
      else if (token.text === ',') found.add('');
      else throw refuseRequirement(`found '${token.text}', expected: ',', or identifier`);
      const separator = next();
      if (separator.text === ')') return found;
      if (separator.text !== ',') throw refuseRequirement(`found '${separator.text}', expected: ',' or ')'`);
    }
  };

  const requirement = (): Requirement => {
    if (peek().text === '!') {
      at++;
      return { key: key(), holds: (value) => value === undefined };
    }
    const name = key();
    const operator = peek();
    if (operator.kind === 'end' || operator.text === ',')
      return { key: name, holds: (value) => value !== undefined };
    at++;
    return { key: name, holds: comparison(name, operator.text) };
  };

  const comparison = (name: string, operator: string): Requirement['holds'] => {
    switch (operator) {
      case 'in': {
        const wanted = values(name);
        return (value) => value !== undefined && wanted.has(value);
      }
      case 'notin': {
        const unwanted = values(name);
        return (value) => value === undefined || !unwanted.has(value);
      }
      case '=':
      case '==': {
        const wanted = exactValue(name);
        return (value) => value === wanted;
      }
      case '!=': {
        const unwanted = exactValue(name);
        return (value) => value !== unwanted;
      }
      case '<':
      case '>': {
        const limit = Number(exactValue(name));
        return (value) =>
          value !== undefined && (operator === '<' ? Number(value) < limit : Number(value) > limit);
      }
      default:
        throw refuseRequirement(`found '${operator}', expected: '=', '!=', '==', 'in', notin'`);
    }
  };

  const requirements: Requirement[] = [];
  while (peek().kind !== 'end') {
    const first = peek();
    if (first.kind !== 'word' && first.text !== '!') {
      throw refuse(`found '${first.text}', expected: !, identifier, or 'end of string'`);
    }
    requirements.push(requirement());
    const separator = next();
    if (separator.kind === 'end') break;
    if (separator.text !== ',') throw refuse(`found '${separator.text}', expected: ',' or 'end of string'`);
    const following = peek();
    if (following.kind !== 'word' && following.text !== '!') {
      throw refuse(`found '${following.text}', expected: identifier after ','`);
    }
  }
  if (requirements.length === 0) return undefined;
  return ({ metadata }) => requirements.every(({ key: name, holds }) => holds(metadata.labels?.[name]));
}
