import { describe, expect, it } from 'vitest';
import { readCase } from '../simulation/read-case.ts';

describe('a case to tell again', () => {
  it.each([
    ['17', { seed: 17 }],
    ['{"seed":17,"acts":[0,2]}', { seed: 17, acts: [0, 2] }],
    [
      '{"seed":17,"acts":[],"strikes":[4],"without":["lost event"]}',
      { seed: 17, acts: [], strikes: [4], without: ['lost event'] },
    ],
  ])('is a seed, or what was printed with a violation: %s', (text, read) => {
    expect(readCase(text)).toEqual(read);
  });

  it.each([
    ['{"seed":17,"acts":"x"}', /expected array.*\n.*at acts/],
    ['{"seed":17,"acts":[99]}', /story 17 has \d+ acts, numbered from 0; 99 is none of them/],
    ['{"seed":17,"acts":[-1]}', /at acts\[0\]/],
    ['{"seed":17.5}', /at seed/],
    ['{"seed":-1}', /at seed/],
    ['-1', /at seed|expected object/],
    ['99999999999999999999', /at seed/],
    ['{"seed":17,"act":[0]}', /Unrecognized key: "act"/],
    ['{"seed":17,"without":["rain"]}', /at without\[0\]/],
    ['{"acts":[0]}', /at seed/],
    ['{"seed":', /JSON/],
    ['', /JSON/],
  ])('is refused where it cannot be meant, with what is wrong: %s', (text, why) => {
    expect(() => readCase(text)).toThrow(why);
    expect(() => readCase(text)).toThrow('--replay takes a seed such as 17');
  });
});
