import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

/** What is started with tsx, by the name of its script. */
const COMMANDS = Object.entries(scripts).flatMap(([name, script]) =>
  script.startsWith('tsx ') ? [[name, script.slice('tsx '.length).split(' ')] as const] : [],
);
const PATIENCE_MS = 60_000;

function start(command: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', ...command], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    timeout: PATIENCE_MS / 2,
  });
  return { status, stdout, stderr };
}

describe('a command', () => {
  it.each(COMMANDS)(
    'tells how it is used when it is asked: %s',
    { timeout: PATIENCE_MS },
    (name, command) => {
      expect(start([...command, '--help'])).toEqual({
        status: 0,
        stdout: expect.stringMatching(new RegExp(`^npm (?:run )?${name}\\b`, 'm')),
        stderr: '',
      });
    },
  );

  it('tells what it does not know, and how it is used', { timeout: PATIENCE_MS }, () => {
    const { status, stderr } = start(['test/bench/main.ts', '--jsn']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^Unknown option '--jsn'\n\nnpm run bench /);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('that is to try nothing is refused, and finds nothing good', { timeout: PATIENCE_MS }, () => {
    expect(start(['test/property/main.ts', '--runs', '0'])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^--runs is "0"; it is a whole number from 1/),
    });
  });

  it('that tells one story again is refused what tells others', { timeout: PATIENCE_MS }, () => {
    expect(start(['test/simulation/main.ts', '--replay', '17', '--sabotage', '--runs', '3'])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^--replay tells one story: --runs and --sabotage cannot go with it/),
    });
  });

  it('that tells one story again ends with a JSON object where it is asked for one', {
    timeout: PATIENCE_MS,
  }, () => {
    const { status, stdout } = start(['test/simulation/main.ts', '--replay', '17', '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual({
      seed: 17,
      steps: expect.any(Number),
      violations: [],
    });
  });

  it.each([
    ['', 2, '--data-dir is empty; it is a folder'],
    ['package.json', 1, '--data-dir is "package.json"; it is a folder, and that is a file, or below one'],
  ])(
    'that is to keep its data in no folder says so: "%s"',
    { timeout: PATIENCE_MS },
    (folder, status, why) => {
      expect(start(['infra/local/main.ts', '--data-dir', folder])).toMatchObject({
        status,
        stdout: '',
        stderr: expect.stringContaining(why),
      });
    },
  );

  it('that cannot begin leaves no folder behind', { timeout: PATIENCE_MS }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'command-line-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { status, stderr } = start(['infra/demo/main.ts', '--real-kubernetes'], {
      TMPDIR: folder,
      KUBEBUILDER_ASSETS: '',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('--real-kubernetes needs KUBEBUILDER_ASSETS');
    expect(readdirSync(folder).filter((name) => name.startsWith('holdfast-'))).toEqual([]);
  });
});
