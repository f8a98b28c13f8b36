import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../infra/local/kernel/context.ts';
import { type KubernetesApi, startKubernetesApi } from '../../infra/local/kubernetes/api/server.ts';
import { COLLECTOR_CASES, runCase, SERVER_CASES } from './kubernetes-battery.ts';

/** What a real kube-apiserver 1.20.2 answered; test/cluster checks that it still does. */
const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/kubernetes-1.20-answers.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;

let api: KubernetesApi;
beforeAll(async () => {
  api = await startKubernetesApi(createContext());
});
afterAll(() => api.close());

describe('the local API server answers as a real one did', () => {
  for (const [index, one] of [...SERVER_CASES, ...COLLECTOR_CASES].entries()) {
    it(one.name, async () => {
      const answers = await runCase(api, one, `battery-${index}`);
      // Through JSON, where what is undefined is absent, as in the recording.
      expect(JSON.parse(JSON.stringify(answers))).toEqual(recorded[one.name]);
    });
  }
});
