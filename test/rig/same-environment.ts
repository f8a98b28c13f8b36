import { afterAll, beforeAll, expect } from 'vitest';

/** The files that a worker runs one after the other share its environment: each has to leave it as it was. */
let before: NodeJS.ProcessEnv;
beforeAll(() => {
  before = { ...process.env };
});
afterAll(() => {
  expect(process.env, 'environment variables are left to the next file').toEqual(before);
});
