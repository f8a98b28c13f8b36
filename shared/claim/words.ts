import type { Told } from './observation.ts';
import { REASONS, type Reason } from './reason.ts';

const withoutStop = (text: string): string => text.replace(/[.\s]+$/, '');

/** The reason's sentence, with the details behind it, as condition and Event carry it. Ends with a full stop. */
export function wordTold({ reason, message = '' }: Pick<Told, 'reason' | 'message'>): string {
  const sentence = REASONS[reason];
  const details = withoutStop(message);
  return details === '' ? sentence : `${withoutStop(sentence)}: ${details}.`;
}

/**
 * The details in such a text, without their full stop; undefined where it has none. What is in other words, such as those
 * of another version, is all details: then the pod is told in ours.
 */
export function detailsIn(reason: Reason, text: string): string | undefined {
  const sentence = REASONS[reason];
  const before = `${withoutStop(sentence)}: `;
  if (text === '' || text === sentence) return undefined;
  return text.startsWith(before) ? withoutStop(text.slice(before.length)) : text;
}
