import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../infra/local/kubernetes/control-plane.ts';
import { type Case, COLLECTOR_CASES, runCase, SERVER_CASES } from '../contract/kubernetes-battery.ts';
import type { Target } from '../contract/kubernetes-probe.ts';
import { assetsFolder } from './plane-rig.ts';

const file = fileURLToPath(new URL('../fixtures/kubernetes-1.20-answers.json', import.meta.url));
const recorded = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
/** Set to write the recording anew, from the control plane at hand. */
const record = process.env.RECORD_ANSWERS === '1';

/** A test for each case; `controllers` says whether the control plane runs its controller manager. */
function compare(title: string, cases: readonly Case[], controllers: boolean): void {
  describe(title, () => {
    let plane: ControlPlane;
    let target: Target;
    beforeAll(async () => {
      plane = await startControlPlane({ assets: assetsFolder(), controllers });
      target = { url: plane.url, token: plane.token, ca: Buffer.from(plane.caData, 'base64').toString() };
    });
    afterAll(async () => {
      await plane?.close();
      if (record) writeFileSync(file, `${JSON.stringify(recorded, null, 1)}\n`);
    });
    for (const [index, one] of cases.entries()) {
      it(one.name, async () => {
        const answers: unknown = JSON.parse(JSON.stringify(await runCase(target, one, `battery-${index}`)));
        if (record) recorded[one.name] = answers;
        expect(answers).toEqual(recorded[one.name]);
      });
    }
  });
}

// Without controllers, so that nobody else writes what a case watches.
compare('a real API server answers as recorded', SERVER_CASES, false);
compare('a real controller manager collects as recorded', COLLECTOR_CASES, true);
