import { z } from 'zod';
import { createRandom } from '../../infra/local/kernel/random.ts';
import { drawStory } from './draw-story.ts';
import { FAULTS } from './faults.ts';
import type { Case } from './run.ts';

const number = z.int().min(0);

const schema = z.strictObject({
  seed: number,
  acts: z.array(number).optional(),
  strikes: z.array(number).optional(),
  without: z.array(z.enum(FAULTS)).optional(),
});

/** A story's seed, or a case as it is printed with a violation. Throws an Error that says what is wrong with it. */
export function readCase(text: string): Case {
  const { success, data, error } = schema.safeParse(
    /^\d+$/.test(text) ? { seed: Number(text) } : parse(text),
  );
  if (!success) throw wrong(text, z.prettifyError(error));
  const { seed, acts, strikes, without } = data;
  const told = drawStory(createRandom(seed).fork('story')).acts.length;
  const missing = acts?.find((act) => act >= told);
  if (missing !== undefined)
    throw wrong(text, `story ${seed} has ${told} acts, numbered from 0; ${missing} is none of them`);
  return {
    seed,
    ...(acts ? { acts } : {}),
    ...(strikes ? { strikes } : {}),
    ...(without ? { without } : {}),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(text, (error as Error).message);
  }
}

const wrong = (text: string, why: string): Error =>
  new Error(
    `--replay takes a seed such as 17 or a case such as '{"seed":17,"acts":[0,2]}', got ${text}\n${why}`,
  );
