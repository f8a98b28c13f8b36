import fc from 'fast-check';
import { expect, it } from 'vitest';
import { REASONS, type Reason } from '../../shared/claim/reason.ts';
import { detailsIn, wordTold } from '../../shared/claim/words.ts';
import { runs } from './effort.ts';

const reason = fc.constantFrom(...(Object.keys(REASONS) as Reason[]));
const message = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('.', ' ', ':', 'a', '\n') }));

it('whatever a pod is told, reading it back gives what is told in the same words', () => {
  fc.assert(
    fc.property(reason, message, (why, details) => {
      const text = wordTold({ reason: why, message: details });
      const back = detailsIn(why, text);
      expect(wordTold({ reason: why, ...(back === undefined ? {} : { message: back }) })).toBe(text);
      expect(text).toMatch(/[^.\s]\.$/);
    }),
    runs(500),
  );
});
