import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { Refusal } from './refusal.ts';

/** An element of a request's body. */
export interface XmlElement {
  readonly name: string;
  /** Its own text, entities and CDATA resolved, the text of its children left out. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** Source: MNS developer reference, every request and answer body. */
const NAMESPACE = 'http://mns.aliyuncs.com/doc/v1/';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** What XML 1.0 does not let into a document, not even escaped. Source: XML 1.0, production [2] Char. */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

export const fitsXml = (text: string): boolean => !FORBIDDEN.test(text);

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

const character = (digits: string, base: number) => {
  const point = Number.parseInt(digits, base);
  if (!(point <= 0x10ffff)) throw new Refusal('MalformedXML');
  return String.fromCodePoint(point);
};

function resolveEntity(_whole: string, hex?: string, decimal?: string, name?: string): string {
  if (hex !== undefined) return character(hex, 16);
  if (decimal !== undefined) return character(decimal, 10);
  const named = name === undefined ? undefined : NAMED[name];
  if (named === undefined) throw new Refusal('MalformedXML');
  return named;
}

const parser = new XMLParser({
  preserveOrder: true,
  parseTagValue: false,
  trimValues: false,
  removeNSPrefix: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // The parser's own decoder knows no numeric references and caps the length of a text at 100,000 characters.
  entityDecoder: {
    decode: (text: string) => text.replace(/&(?:#x([0-9a-fA-F]+);|#(\d+);|(\w+);)?/g, resolveEntity),
    reset() {},
    setXmlVersion() {},
    addInputEntities() {},
    setExternalEntities() {},
  },
});

/** A DOCTYPE where it may stand: before the root, after declarations and comments. */
const DOCTYPE = /^\s*(?:<\?[\s\S]*?\?>\s*|<!--[\s\S]*?-->\s*)*<!DOCTYPE/;

type Ordered = Readonly<Record<string, readonly Ordered[] | string>>;

function toElement(node: Ordered): XmlElement | undefined {
  for (const [name, content] of Object.entries(node)) {
    if (name === ':@' || name === '#text' || typeof content === 'string') continue;
    return {
      name,
      text: textOf(content),
      children: content.map(toElement).filter((child) => child !== undefined),
    };
  }
  return undefined;
}

const textOf = (nodes: readonly Ordered[]) =>
  nodes.map((node) => (typeof node['#text'] === 'string' ? node['#text'] : '')).join('');

/**
 * The root element of a request's body. Throws MalformedXML for what is no well-formed UTF-8 document; a DOCTYPE
 * counts as that, since no request of this protocol needs one and entities of one's own are a known weapon.
 */
export function readXml(body: Buffer): XmlElement {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    if (DOCTYPE.test(text) || XMLValidator.validate(text) !== true) throw new Refusal('MalformedXML');
    const nodes = parser.parse(text) as readonly Ordered[];
    const [root, ...more] = nodes.map(toElement).filter((element) => element !== undefined);
    if (!root || more.length > 0 || textOf(nodes).trim() !== '' || !wholeFits(root)) {
      throw new Refusal('MalformedXML');
    }
    return root;
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal('MalformedXML');
  }
}

const wholeFits = (element: XmlElement): boolean =>
  fitsXml(element.text) && element.children.every(wholeFits);

/** The name of a body's root element, told without parsing the rest; undefined where it is not plain to see. */
export function rootName(body: Buffer): string | undefined {
  const head = body.toString('utf8', 0, 512);
  return /^\uFEFF?\s*(?:<\?[^>]*\?>\s*)?<([\w.-]+:)?([\w.-]+)/.exec(head)?.[2];
}

/** A text, or child elements in their order; `undefined` leaves an element out. */
export type XmlContent = string | number | boolean | undefined | readonly (readonly [string, XmlContent])[];

// A carriage return that is not escaped would reach the reader as a line feed. Source: XML 1.0, section 2.11.
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };

const escapeText = (text: string) => text.replace(/[&<>\r]/g, (found) => ESCAPES[found] ?? found);

function writeContent(content: XmlContent): string {
  if (!Array.isArray(content)) return escapeText(String(content));
  return content.map(([name, inner]) => writeElement(name, inner)).join('');
}

const writeElement = (name: string, content: XmlContent) =>
  content === undefined ? '' : `<${name}>${writeContent(content)}</${name}>`;

/** A whole document in the service's namespace. */
export const writeXml = (root: string, content: XmlContent): string =>
  `${DECLARATION}<${root} xmlns="${NAMESPACE}">${writeContent(content)}</${root}>`;
