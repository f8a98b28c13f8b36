import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStage } from '../../infra/demo/stage.ts';
import { tellStory } from '../../infra/demo/story.ts';
import { createClock } from '../../infra/local/kernel/clock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-story-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the samples, from their first bind to a cloud in which nothing is left', () => {
  // Without any event it is told by `npm run demo -- --drop-events 1`, and by test/cluster on a real control plane.
  it('every pod that comes back has its address, and nothing is lost, leaked or released too early', async () => {
    const failures: string[] = [];
    const stage = await openStage({ folder, dropEvents: 0.5, clock: createClock({ rate: 10 }) });
    try {
      const verdict = await tellStory(stage, (scene) => {
        if (scene.kind === 'failed') failures.push(scene.why);
      });
      expect(failures).toEqual([]);
      expect(verdict).toMatchObject({ lost: 0, wrongReleases: 0, leaked: 0 });
      expect(verdict.rebinds).toBeGreaterThan(0);
      expect(verdict.kept).toBe(verdict.rebinds);
    } finally {
      await stage.close();
    }
  });
});
