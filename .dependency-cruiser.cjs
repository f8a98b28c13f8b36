/**
 * Dependencies point one way (docs/architecture.md). Each rule is one line of that page.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { pathNot: [...allowed, '^node:', '^(?:buffer|crypto|http|https|events|stream|zlib)$'] },
});

const SDKS = '^node_modules/(?:@alicloud|@darabonba|tablestore|@types/tablestore|@kubernetes)/';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('net-stands-alone', '^shared/net/', ['^shared/net/'], 'net imports nothing from outside'),
    only(
      'claim-is-pure',
      '^shared/claim/',
      ['^shared/(?:claim|net)/'],
      'claim knows net and itself, and does no I/O',
    ),
    {
      name: 'claim-does-no-io',
      severity: 'error',
      from: { path: '^shared/(?:claim|net)/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev'] },
    },
    only(
      'reconcile-knows-ports',
      '^shared/reconcile/',
      ['^shared/(?:reconcile|claim)/'],
      'reconcile knows the domain and its ports',
    ),
    only(
      'intake-reads-envelopes',
      '^shared/intake/',
      ['^shared/(?:intake|claim)/', '^shared/reconcile/ports\\.ts$', '^node_modules/zod/'],
      'intake gives hints',
    ),
    only(
      'runtime-is-general',
      '^shared/runtime/',
      ['^shared/runtime/', '^node_modules/(?:zod|@middy/core)/'],
      'runtime knows Function Compute and nothing of claims',
    ),
    only(
      'adapters-implement-ports',
      '^shared/adapters/',
      ['^shared/adapters/', '^shared/(?:claim|net|intake)/', '^shared/reconcile/ports\\.ts$', SDKS],
      'adapters know the ports they implement, the pure domain and the SDKs',
    ),
    only(
      'functions-wire-parts',
      '^functions/',
      ['^functions/', '^shared/(?:runtime|reconcile|intake|adapters)/', '^node_modules/@middy/core/'],
      'functions wire what is in shared together, and neither decide nor bring a package of their own',
    ),
    {
      name: 'ports-are-types',
      comment: 'adapters take types from the ports and nothing that runs',
      severity: 'error',
      from: { path: '^shared/(?:adapters|intake)/' },
      to: { path: '^shared/reconcile/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'sdks-stay-in-adapters',
      severity: 'error',
      from: { path: '^(?:functions|shared)/', pathNot: '^shared/adapters/' },
      to: { path: SDKS },
    },
    {
      name: 'nothing-imports-functions',
      severity: 'error',
      from: { pathNot: '^functions/' },
      to: { path: '^functions/' },
    },
    {
      name: 'the-cloud-knows-no-claims',
      severity: 'error',
      from: { path: '^infra/local/' },
      to: { path: '^(?:functions|shared)/' },
    },
    {
      name: 'product-knows-no-infra',
      severity: 'error',
      from: { path: '^(?:functions|shared)/' },
      to: { path: '^infra/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    parser: 'tsc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json', '.d.ts'],
    },
  },
};
