import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { logStore } from '../../infra/resources/logs.ts';
import { LOG_FIELDS } from '../../shared/runtime/log.ts';

const root = join(import.meta.dirname, '../..');
const known = Object.keys(LOG_FIELDS);
const LEVELS = ['debug', 'info', 'warn', 'error'];
/** What an invocation's line tells of its function's result. Source: the functions' summaries. */
const SUMMARIES = ['BatchSummary', 'RetainSummary', 'ResyncSummary', 'OrphanSummary', 'HttpReply'];
/** Written by the logger itself, by its middleware, and beside the summary of `reconcile`. */
const BUILT_IN = ['level', 'time', 'msg', 'function', 'requestId', 'ms', 'err', 'ignored'];

const files = ['shared', 'functions'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(root, folder, name)),
);

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

/** The names in an object literal, and in those that are spread into it. */
function namesIn(literal: ts.Node): string[] {
  if (ts.isParenthesizedExpression(literal)) return namesIn(literal.expression);
  if (ts.isConditionalExpression(literal)) return [literal.whenTrue, literal.whenFalse].flatMap(namesIn);
  if (!ts.isObjectLiteralExpression(literal)) return [];
  return literal.properties.flatMap((property) =>
    ts.isSpreadAssignment(property) ? namesIn(property.expression) : [property.name.getText()],
  );
}

const isLogCall = ({ expression: callee }: ts.CallExpression): boolean =>
  ts.isPropertyAccessExpression(callee) &&
  LEVELS.includes(callee.name.text) &&
  /(?:^|\.)log$/.test(callee.expression.getText().replaceAll(/\s/g, ''));

const written = new Set(BUILT_IN);
for (const file of files) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  visit(source, (node) => {
    if (ts.isCallExpression(node) && isLogCall(node) && node.arguments[1])
      for (const name of namesIn(node.arguments[1])) written.add(name);
    if (ts.isInterfaceDeclaration(node) && SUMMARIES.includes(node.name.text))
      for (const { name } of node.members) if (name) written.add(name.getText());
  });
}

describe('the fields of log lines', () => {
  it('are all in the table, and no other', () => {
    expect([...written].sort()).toEqual([...known].sort());
  });

  it('are what the log store indexes, numbers as numbers', () => {
    const { index } = logStore('prod', { accountId: '1234567890123456' });
    expect(Object.keys(index)).toEqual(known);
    expect(index).toMatchObject({
      key: { type: 'text', analytics: true },
      ms: { type: 'long', analytics: true },
      err: { type: 'text', analytics: false },
    });
  });
});
