import { describe, expect, it } from 'vitest';
import { createLogger, type Level, LOG_FIELDS } from '../../shared/runtime/log.ts';

const AT = Date.UTC(2026, 7, 21, 8, 15, 30, 5);

function logger(level: Level = 'debug') {
  const lines: string[] = [];
  const log = createLogger({ level, write: (line) => lines.push(line), now: () => AT });
  return { log, lines, entries: () => lines.map((line) => JSON.parse(line)) };
}

describe('a log line', () => {
  it('is one line of JSON, whatever is in it', () => {
    const { log, lines } = logger();
    log.info('claim saved', { key: 'c/ns/web-0/eip', why: 'two\nlines "quoted"' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('\n');
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'info',
      time: '2026-08-21T08:15:30.005Z',
      msg: 'claim saved',
      key: 'c/ns/web-0/eip',
      why: 'two\nlines "quoted"',
    });
  });

  it('is written from the least level on', () => {
    const levels = (least: Level) => {
      const { log, entries } = logger(least);
      for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]('x');
      return entries().map(({ level }) => level);
    };
    expect(levels('debug')).toEqual(['debug', 'info', 'warn', 'error']);
    expect(levels('info')).toEqual(['info', 'warn', 'error']);
    expect(levels('warn')).toEqual(['warn', 'error']);
  });

  it('carries the fields of the logger that it was derived from; its own go first', () => {
    const { log, entries } = logger();
    log.with({ function: 'retain', ms: 1 }).with({ requestId: 'r' }).warn('x', { ms: 2 });
    expect(entries()).toMatchObject([{ function: 'retain', requestId: 'r', ms: 2 }]);
  });

  it('tells an error with its causes, and one stack', () => {
    const { log, entries } = logger();
    const root = Object.assign(new Error('connection reset'), { code: 'ECONNRESET' });
    log.error('failed', { err: new Error('could not bind', { cause: root }) });
    const [{ err }] = entries();
    expect(err).toMatchObject({
      name: 'Error',
      message: 'could not bind',
      stack: expect.stringContaining('runtime-log.test.ts'),
      cause: { name: 'Error', message: 'connection reset', code: 'ECONNRESET' },
    });
    expect(err.cause).not.toHaveProperty('stack');
  });

  it('tells an error that is its own cause without end only so deep', () => {
    const { log, entries } = logger();
    const error = new Error('round');
    error.cause = error;
    log.error('failed', { err: error });
    expect(JSON.stringify(entries()[0]).match(/"cause"/g)).toHaveLength(4);
  });

  it('tells what was thrown and is no error', () => {
    const { log, entries } = logger();
    log.error('failed', { err: 'just text' });
    expect(entries()[0].err).toBe('just text');
  });

  it('has documented names', () => {
    expect(Object.keys(LOG_FIELDS)).toEqual(expect.arrayContaining(['level', 'time', 'msg', 'key', 'err']));
  });
});
