import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const isProperty = ({ moduleId }: TestSpecification): boolean => moduleId.includes('/test/property/');

/** The first failure ends a mutant, and a sentence of a unit test says more, and sooner, than a drawn example. */
class UnitTestsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter((file) => !isProperty(file)), ...sorted.filter(isProperty)];
  }
}

/** Of all tests only those about what is mutated: nobody else's may kill a mutant by chance. */
export default defineConfig({
  test: {
    include: ['test/{unit,property}/{claim,net,intake}-*.test.ts'],
    exclude: [
      'test/property/claim-codec.test.ts',
      // Decides every scene while it is loaded, where no test has begun yet that could be said to cover a mutant.
      'test/unit/claim-decide-laws.test.ts',
    ],
    setupFiles: ['test/mutation/seed.ts'],
    env: { FUZZ_RUNS: '200' },
    sequence: { sequencer: UnitTestsFirst },
    // What is mutated keeps no state, and starting a worker for each file takes longer than its tests.
    isolate: false,
    deps: { interopDefault: false },
  },
});
