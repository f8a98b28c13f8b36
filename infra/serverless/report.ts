import type { StageDescription, Told } from './deployment.ts';

const MARKS = { created: '+', updated: '~', deleted: '-', unchanged: ' ' } as const;
const KIND_WIDTH = 9;
const NAME_WIDTH = 28;

/** One line for one thing: `+ function  intake                created  82 KB`. */
export const lineOf = ({ kind, name, outcome, detail }: Told): string =>
  `${MARKS[outcome]} ${kind.padEnd(KIND_WIDTH)} ${name.padEnd(NAME_WIDTH)} ${outcome}${detail ? `  ${detail}` : ''}`;

/** `3 created, 1 updated`; undefined when nothing changed. */
export function tally(told: readonly Told[]): string | undefined {
  const counted = (['created', 'updated', 'deleted'] as const)
    .map((outcome) => ({ outcome, count: told.filter((one) => one.outcome === outcome).length }))
    .filter(({ count }) => count > 0)
    .map(({ outcome, count }) => `${count} ${outcome}`);
  return counted.length > 0 ? counted.join(', ') : undefined;
}

/** The lines of `serverless info`. */
export function descriptionLines({
  service,
  functions,
  triggers,
  urls,
}: StageDescription): readonly string[] {
  const list = (title: string, entries: readonly (readonly [string, string])[]) =>
    entries.length > 0
      ? [`${title}:`, ...entries.map(([name, text]) => `  ${name.padEnd(NAME_WIDTH)} ${text}`)]
      : [];
  return [
    `service: ${service}`,
    ...list(
      'functions',
      functions.map(({ name, summary }) => [name, summary]),
    ),
    ...list(
      'triggers',
      triggers.map(({ name, summary }) => [name, summary]),
    ),
    ...list(
      'urls',
      urls.map(({ name, url }) => [name, url]),
    ),
  ];
}
