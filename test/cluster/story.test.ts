import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStage } from '../../infra/demo/stage.ts';
import { type Scene, tellStory } from '../../infra/demo/story.ts';
import { type ControlPlane, startControlPlane } from '../../infra/local/kubernetes/control-plane.ts';
import { assetsFolder } from './plane-rig.ts';

const CLUSTER = 'c-real';

let folder: string;
let plane: ControlPlane;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'story-'));
  plane = await startControlPlane({ assets: assetsFolder() });
});
afterEach(async () => {
  await plane.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the demo's story on a real control plane", () => {
  it.each([
    ['with every event', 0],
    ['with no event at all, on the sweeps alone', 1],
  ])('keeps every address and leaves nothing behind, %s', async (_, dropEvents) => {
    const stage = await openStage({
      folder,
      clusterId: CLUSTER,
      kubeconfig: plane.kubeconfig(CLUSTER),
      dropEvents,
    });
    const failures: Scene[] = [];
    try {
      const verdict = await tellStory(stage, (scene) => {
        if (scene.kind === 'failed') failures.push(scene);
      });
      expect(failures).toEqual([]);
      expect(verdict).toMatchObject({ lost: 0, wrongReleases: 0, leaked: 0 });
      expect(verdict.rebinds).toBeGreaterThanOrEqual(6);
      expect(verdict.kept).toBe(verdict.rebinds);
    } finally {
      await stage.close();
    }
  });
});
