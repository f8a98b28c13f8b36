import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { XMLValidator } from 'fast-xml-parser';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { brokenCommands } from '../../infra/docs/commands.ts';
import { neededVariables } from '../../infra/docs/deploy-environment.ts';
import { deadLinks } from '../../infra/docs/links.ts';
import { slugOf } from '../../infra/docs/markdown.ts';
import { missingTests } from '../../infra/docs/named-tests.ts';
import { fillPage, type Page, readPages } from '../../infra/docs/pages.ts';
import { brokenProofs } from '../../infra/docs/proofs.ts';
import { drawTables } from '../../infra/docs/tables.ts';
import { RECOMMENDED_ROUTE } from '../../infra/local/exporter/route.ts';
import { encodeClaim } from '../../shared/adapters/tablestore/claim-codec.ts';
import type { Claim } from '../../shared/claim/claim.ts';
import { SETTINGS } from '../../shared/runtime/config.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = (path: string, text: string): Page => ({ path, text });

let pages: readonly Page[];
let tables: ReadonlyMap<string, string>;
beforeAll(async () => {
  pages = await readPages(root);
  tables = await drawTables(root);
});

const textOf = (path: string) => pages.find((one) => one.path === path)?.text ?? '';

describe('the pages', () => {
  it('have the tables that the code says; npm run docs draws them anew', () => {
    const drifted = pages.filter((one) => fillPage(one, tables) !== one.text).map(({ path }) => path);
    expect(drifted).toEqual([]);
  });

  it('show every table that can be drawn', () => {
    const all = pages.map(({ text }) => text).join('\n');
    expect([...tables.keys()].filter((name) => !all.includes(`<!-- generated: ${name} -->`))).toEqual([]);
  });

  it('have no dead links and name no file that is not there', () => {
    expect(deadLinks(pages, root)).toEqual([]);
  });

  it('name only tests that exist', () => {
    expect(missingTests(pages, root)).toEqual([]);
  });

  it('name only commands that exist', () => {
    expect(brokenCommands(pages, root)).toEqual([]);
  });

  it('name every variable that a deployment asks for, and every setting', () => {
    const asked = neededVariables().map(({ name }) => name);
    expect(asked.filter((name) => !textOf('docs/deployment.md').includes(name))).toEqual([]);
    expect(Object.keys(SETTINGS).filter((name) => !textOf('docs/settings.md').includes(name))).toEqual([]);
  });

  it('name every variable that a deployment hands on where it is set', () => {
    const handedOn = [...readFileSync(join(root, 'serverless.yml'), 'utf8').matchAll(/\$\{env:(\w+)/g)];
    const page = textOf('docs/deployment.md');
    expect(handedOn.flatMap(([, name = '']) => (page.includes(`\`${name}\``) ? [] : [name]))).toEqual([]);
  });

  it('name every column that a claim is stored in', () => {
    const columns = new Set(CLAIMS.flatMap((claim) => Object.keys(encodeClaim(claim))));
    const store = textOf('docs/store.md');
    expect([...columns].filter((column) => !store.includes(`\`${column}\``))).toEqual([]);
  });

  it('name every line that the functions log, and no other', () => {
    const logged = new Set(
      sources('shared').flatMap((text) =>
        [...text.matchAll(/log\s*\.(?:debug|info|warn|error)\(\s*'([^']+)'/g)].map(([, message]) => message),
      ),
    );
    const described = new Set(
      [...textOf('docs/logging.md').matchAll(/^\| `([^`]+)` \| (?:debug|info|warn|error) \|/gm)].map(
        ([, message]) => message,
      ),
    );
    expect(described).toEqual(logged);
  });

  it('show each case by tests that exist, or say that it is not covered', () => {
    const cases = pages.filter(({ path }) => path === 'docs/cases.md');
    expect(cases).toHaveLength(1);
    expect(cases.flatMap((one) => brokenProofs(one, root))).toEqual([]);
  });

  it('have pictures that are well formed', () => {
    for (const name of readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.svg'))) {
      expect([name, XMLValidator.validate(readFileSync(join(root, 'docs', name), 'utf8'))]).toEqual([
        name,
        true,
      ]);
    }
  });
});

describe('the settings for a cluster', () => {
  const manifests = (file: string) =>
    parseAllDocuments(readFileSync(join(root, 'infra/kubernetes', file), 'utf8')).map(
      (document) => document.toJS() as Record<string, unknown>,
    );

  it('have the exporter forward what the local exporter forwards', () => {
    const { data } = manifests('event-exporter.yaml').find(({ kind }) => kind === 'ConfigMap') as {
      data: Record<string, string>;
    };
    const { route } = parse(data['config.yaml'] ?? '') as { route: unknown };
    const named = JSON.parse(JSON.stringify(RECOMMENDED_ROUTE).replaceAll('webhook', 'holdfast')) as unknown;
    expect(route).toEqual(named);
  });

  it('let the functions do with pods what their adapter does, and nothing else', () => {
    const { rules } = manifests('rbac.yaml').find(({ kind }) => kind === 'ClusterRole') as {
      rules: { resources: string[]; verbs: string[] }[];
    };
    const allowed = rules.flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
    );
    expect(allowed.sort()).toEqual(
      ['create events', 'get pods', 'list pods', 'patch pods', 'patch pods/status'].sort(),
    );
  });
});

describe('the check of the pages', () => {
  it('finds a table that drifted, and names an unknown one', () => {
    const old = page('a.md', '<!-- generated: settings -->\nold\n<!-- /generated -->\n');
    expect(fillPage(old, tables)).toContain('HOLDFAST_QUEUE');
    const unknown = page('a.md', '<!-- generated: nothing -->\n<!-- /generated -->');
    expect(() => fillPage(unknown, tables)).toThrow('a.md: there is no table "nothing"');
  });

  it('finds links to missing files and headings, and leaves code alone', () => {
    const found = deadLinks(
      [
        page(
          'docs/a.md',
          [
            '# One & two',
            '[gone](gone.md) [here](#one--two) [nowhere](#three) [out](https://example.com/x)',
            '`[code](no.md)` and `shared/nothing.ts`',
            '```',
            '[fenced](no.md)',
            '```',
          ].join('\n'),
        ),
      ],
      root,
    );
    expect(found).toEqual([
      'docs/a.md: gone.md leads to no file',
      'docs/a.md: #three leads to no heading of docs/a.md',
      'docs/a.md: `shared/nothing.ts` is no file of the repository',
    ]);
  });

  it('finds commands that do not exist, and options that nobody reads', () => {
    const text = [
      '`npm run nothing` and `npm test`',
      '```sh',
      'npm run demo -- --json --faster  # --not-this',
      'npx serverless deploy --stage prod',
      'npx nonsense',
      'npx tsx infra/nothing.ts',
      '```',
    ].join('\n');
    expect(brokenCommands([page('a.md', text)], root)).toEqual([
      'a.md: npm run nothing is no script of package.json',
      'a.md: npm run demo does not know --faster',
      'a.md: no dependency brings the program nonsense',
      'a.md: there is no infra/nothing.ts',
    ]);
  });

  it('finds cases whose tests do not exist, and cases that nothing shows', () => {
    const file = 'test/unit/claim-steps.test.ts';
    const text = [
      '| Case | What Holdfast does | Shown by |',
      '| --- | --- | --- |',
      `| One | It does. | \`${file}\`: *a binding is another one*, *is nowhere* |`,
      `| Two | It does. | \`test/unit/nothing.test.ts\`: *is kept*; \`${file}\` |`,
      '| Three | It does. | – |',
      '| Four | **Not covered yet:** no time. | – |',
    ].join('\n');
    expect(brokenProofs(page('a.md', text), root)).toEqual([
      `a.md: no test of ${file} is called "is nowhere"`,
      'a.md: there is no test/unit/nothing.test.ts',
      `a.md: "Two" names no test of ${file}`,
      'a.md: "Three" is shown by nothing',
    ]);
  });

  it('finds tests that nobody has written', () => {
    const file = '../test/unit/mns-heap.test.ts';
    const text = [
      `[a heap > always gives the least of what is in it, whatever is pushed, popped and removed](${file})`,
      `[a heap > is a stack](${file})`,
      '[one > two](../test/unit/nothing.test.ts)',
      `[a link like any other](${file})`,
    ].join('\n');
    expect(missingTests([page('docs/a.md', text)], root)).toEqual([
      'docs/a.md: no test of test/unit/mns-heap.test.ts says "is a stack"',
      'docs/a.md: no test of test/unit/nothing.test.ts says "one"',
      'docs/a.md: no test of test/unit/nothing.test.ts says "two"',
    ]);
  });

  it('makes anchors as code hosts do', () => {
    expect(slugOf('What is `true`, and [what](x.md) is not?')).toBe('what-is-true-and-what-is-not');
  });
});

const sources = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));

const common = {
  key: { clusterId: 'c', namespace: 'default', pod: 'web-0', kind: 'ip' },
  rev: 1,
  origin: 'auto',
  retention: { kind: 'never' },
  createdAt: 1,
} as const;
const binding = { podUid: 'u', eniId: 'eni-1', privateIp: '192.0.2.1' };
const held = {
  allocation: { id: 'vsw-1', address: '192.0.2.2', securityGroupId: 'sg-1' },
  holdEniId: 'eni-2',
  lastBinding: binding,
};

/** One of each phase, with every field that it can have. */
const CLAIMS: readonly Claim[] = [
  {
    ...common,
    phase: 'Allocating',
    token: 't',
    podUid: 'u',
    eniId: 'eni-1',
    bandwidth: 5,
    reclaim: '192.0.2.3',
  },
  { ...common, ...held, phase: 'Bound', binding, boundAt: 1 },
  { ...common, ...held, phase: 'Retained', retainUntil: 1 },
  { ...common, ...held, phase: 'Releasing' },
  { ...common, phase: 'Released', releasedAt: 1 },
];
