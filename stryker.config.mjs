/**
 * `npm run mutate`: does a test fail where the code is wrong? The reports are in reports/mutation.
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  mutate: ['shared/{claim,net,intake}/**/*.ts'],
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts' },
  coverageAnalysis: 'perTest',
  plugins: ['@stryker-mutator/vitest-runner', './test/mutation/folder-gate.mjs'],
  reporters: ['clear-text', 'html', 'json', 'folder-gate'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 100, low: 95, break: 95 },
  concurrency: 2,
  // An endless loop is found by counting. Time must not decide: on a busy machine, it would take survivors for killed.
  timeoutMS: 60_000,
  tempDirName: '.stryker-tmp',
  incrementalFile: 'reports/mutation/incremental.json',
  ignorePatterns: [
    '**/*.md',
    'docs',
    'infra',
    'functions',
    'reports',
    '.holdfast',
    '.serverless',
    'test/{contract,integration,cluster,bench}',
  ],
};
