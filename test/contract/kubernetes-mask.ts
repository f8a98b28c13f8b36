import type { Fields } from './kubernetes-probe.ts';

const UID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

/** Kept by each server in its own way: owners of fields, help texts, hashes. */
const UNEQUAL = new Set(['managedFields', 'selfLink', 'description', 'storageVersionHash']);

/** Version 1.20 names some causes twice, and conflicts in any order. */
const distinct = (causes: unknown[]) => {
  const texts = new Set(causes.map((cause) => JSON.stringify(cause)));
  return [...texts].sort().map((text) => JSON.parse(text) as unknown);
};

const ALL_THAT_IS_INVALID = /(?<= is invalid: \[).*(?=\]$)/s;
const NEXT_FIELD = /, (?=[\w.[\]]+: (?:Duplicate|Forbidden|Invalid|Required|Unsupported) )/;

/** A real server goes through labels in any order, and so names what is wrong with them. */
const ordered = (message: string): string =>
  message.replace(ALL_THAT_IS_INVALID, (all) => all.split(NEXT_FIELD).sort().join(', '));

/**
 * Replaces what differs between two runs by what does not: uids and revisions by their order within the case, times by a
 * word. So a write that should not have counted shows as a revision that moved.
 */
export function mask(answers: readonly unknown[], namespace: string): unknown[] {
  const uids = new Map<string, string>();
  const revisions = new Map<string, string>();
  const found: number[] = [];
  walk(answers, (name, value) => {
    if (name === 'resourceVersion' && typeof value === 'string') found.push(Number(value));
  });
  [...new Set(found)]
    .sort((a, b) => a - b)
    .forEach((revision, index) => {
      revisions.set(String(revision), `#${index + 1}`);
    });
  const text = (value: string) =>
    value
      // The server shows what changed in an immutable spec, in Go's own words.
      .replace(/\n\s+core\.[\s\S]*/, '')
      .replaceAll(namespace, '<namespace>')
      .replace(UID, (uid) => {
        if (!uids.has(uid)) uids.set(uid, `uid-${uids.size + 1}`);
        return uids.get(uid) ?? uid;
      })
      .replace(TIME, '<time>')
      .replace(/(ResourceVersion in record|too old resource version: \d+) \((\d+)\)/g, '$1 (<revision>)');
  const replace = (value: unknown, name?: string): unknown => {
    if (name === 'resourceVersion') return revisions.get(String(value)) ?? value;
    if (name === 'cells' && Array.isArray(value)) {
      return value.map((cell) => (/^\d+s$/.test(String(cell)) ? '<age>' : replace(cell)));
    }
    if (typeof value === 'string')
      return name === 'continue' ? '<continue>' : name === 'message' ? ordered(text(value)) : text(value);
    if (Array.isArray(value)) return value.map((item) => replace(item));
    if (typeof value !== 'object' || value === null) return value;
    const masked: Fields = {};
    for (const [key, item] of Object.entries(value)) {
      if (UNEQUAL.has(key) || (key === 'continue' && item === '')) continue;
      masked[key] = key === 'causes' ? distinct(replace(item) as unknown[]) : replace(item, key);
    }
    return masked;
  };
  return answers.map((answer) => replace(answer));
}

function walk(value: unknown, visit: (name: string, value: unknown) => void): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, item] of Object.entries(value)) {
    // A list's own revision follows whatever else the server is doing.
    if (name === 'metadata' && 'items' in value) {
      delete (item as Fields).resourceVersion;
    }
    visit(name, item);
    walk(item, visit);
  }
}
