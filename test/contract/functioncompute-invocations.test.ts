import { afterEach, describe, expect, it, vi } from 'vitest';
import { createClock } from '../../infra/local/kernel/clock.ts';
import { HELD, held, SERVICE, START, startRig, zipped } from './functioncompute-rig.ts';

const ECHO = `export const handler = async (event) => event;`;

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a handler', () => {
  it('gets the event as a Buffer, and its bytes come back untouched', async () => {
    const rig = await startRig();
    await rig.deploy(
      'bytes',
      `export const handler = async (event) => {
         if (!Buffer.isBuffer(event)) throw new Error('no Buffer');
         return Buffer.concat([event, Buffer.from([0, 255])]);
       };`,
    );
    const { data } = await rig.sdk.invokeFunction(SERVICE, 'bytes', Buffer.from([1, 200]), {}, '', {
      rawBuf: true,
    });
    expect(data).toEqual(Buffer.from([1, 200, 0, 255]));
  });

  it.each([
    ['an object, which becomes JSON', `({ a: [1] })`, '{"a":[1]}'],
    ['a string, which stays as it is', `'plain'`, 'plain'],
    ['nothing, which is empty', `undefined`, ''],
  ])('may give %s', async (_what, expression, expected) => {
    const rig = await startRig();
    await rig.deploy('fn', `export const handler = async () => ${expression};`);
    expect(await rig.call('fn')).toBe(expected);
  });

  it('may be CommonJS with a callback', async () => {
    const rig = await startRig();
    await rig.deploy(
      'old',
      { 'src/app.js': `exports.run = (event, context, callback) => callback(null, 'got ' + event);` },
      { handler: 'src/app.run', runtime: 'nodejs16' },
    );
    expect(await rig.call('old', 'it')).toBe('got it');
  });

  it('gets the context that the platform promises, with credentials of its own each time', async () => {
    const rig = await startRig();
    await rig.sdk.updateService(SERVICE, { logConfig: { project: 'p', logstore: 'l' } });
    await rig.deploy('fn', `export const handler = async (event, context) => context;`, { memorySize: 256 });
    const { headers, data } = await rig.sdk.invokeFunction(SERVICE, 'fn', '');
    const context = JSON.parse(String(data));
    expect(context).toMatchObject({
      requestId: headers['x-fc-request-id'],
      function: { name: 'fn', handler: 'index.handler', memory: 256, timeout: 10 },
      service: { name: SERVICE, logProject: 'p', logStore: 'l', qualifier: 'LATEST', versionId: '' },
      region: rig.context.account.region,
      accountId: rig.context.account.id,
      retryCount: 0,
    });
    const { accessKeyId, accessKeySecret, securityToken } = context.credentials;
    expect(rig.context.account.secretOf(accessKeyId, securityToken)).toEqual({ secret: accessKeySecret });
    expect(JSON.parse(await rig.call('fn')).credentials.accessKeyId).not.toBe(accessKeyId);
  });

  it('finds nothing in its environment but its own variables and those of the platform', async () => {
    vi.stubEnv('LEAKED_SECRET', 'of the machine');
    const rig = await startRig();
    await rig.deploy('fn', `export const handler = async () => ({ env: process.env, cwd: process.cwd() });`, {
      environmentVariables: { MINE: 'yes' },
    });
    const { env, cwd } = JSON.parse(await rig.call('fn'));
    expect(env).toMatchObject({ MINE: 'yes', TZ: 'UTC', FC_FUNCTION_NAME: 'fn', FC_SERVICE_NAME: SERVICE });
    expect(env.FC_FUNC_CODE_PATH).toBe(`${cwd}/`);
    expect(env.ALIBABA_CLOUD_SECURITY_TOKEN).toMatch(/^CAIS/);
    expect(env).not.toHaveProperty('LEAKED_SECRET');
  });

  it('reads the time of the cloud, whichever way it asks', async () => {
    const rig = await startRig();
    await rig.deploy(
      'clock',
      `export const handler = async (event) => {
         const dates = [Date.now(), new Date().getTime(), Date.parse(Date()), new Date(5).getTime()];
         return { dates, isDate: new Date() instanceof Date };
       };`,
    );
    expect(JSON.parse(await rig.call('clock'))).toEqual({ dates: [START, START, START, 5], isDate: true });
    await rig.context.clock.advance(2 * 86_400_000);
    const later = START + 2 * 86_400_000;
    expect(JSON.parse(await rig.call('clock')).dates).toEqual([later, later, later, 5]);
  });

  it('sees the clock advance while it runs', async () => {
    const rig = await startRig();
    await rig.deploy(
      'waiter',
      `export const handler = async () => {
         console.log('waiting');
         const start = Date.now();
         while (Date.now() === start) await new Promise((resolve) => setTimeout(resolve, 2));
         return String(Date.now() - start);
       };`,
    );
    const waiting = new Promise((resolve) =>
      rig.fc.onLog(({ line }) => line.endsWith('waiting') && resolve(line)),
    );
    const result = rig.call('waiter');
    await waiting;
    await rig.context.clock.advance(60_000);
    expect(await result).toBe('60000');
  });
});

describe('a handler of a cloud in a hurry', () => {
  it('reads the same time as the cloud, which goes on while it runs', async () => {
    const rig = await startRig({ context: { clock: createClock({ start: START, rate: 1000 }) } });
    await rig.deploy(
      'fn',
      `export const handler = async () => {
         const first = Date.now();
         await new Promise((resolve) => setTimeout(resolve, 20));
         return [first, Date.now()];
       };`,
    );
    const before = rig.context.clock.now();
    const [first, last] = JSON.parse(await rig.call('fn'));
    expect(first).toBeGreaterThanOrEqual(before);
    expect(last - first).toBeGreaterThanOrEqual(19_000);
    expect(last).toBeLessThanOrEqual(rig.context.clock.now());
  });
});

describe('a function that fails', () => {
  const failure = async (code: string, settings: object = {}) => {
    const rig = await startRig();
    await rig.deploy('fn', code, settings);
    const { headers, data } = await rig.sdk.invokeFunction(SERVICE, 'fn', '');
    return { type: headers['x-fc-error-type'], error: data as Record<string, unknown>, rig };
  };

  it('by throwing is answered 200, with the error and an unhandled type', async () => {
    const { type, error } = await failure(
      `export const handler = async () => { throw new TypeError('oops'); };`,
    );
    expect(type).toBe('UnhandledInvocationError');
    expect(error).toMatchObject({ errorMessage: 'oops', errorType: 'TypeError' });
    expect(error.stackTrace).toEqual(expect.arrayContaining(['TypeError: oops']));
  });

  it('by calling back with an error has handled it', async () => {
    const { type, error } = await failure(
      `export const handler = (event, context, callback) => callback('no');`,
    );
    expect(type).toBe('HandledInvocationError');
    expect(error).toEqual({ errorMessage: 'no' });
  });

  it('by ending its process is told to have exited, and the next call finds a new process', async () => {
    const code = `export const handler = async (event) => { if (!event.length) process.exit(1); return 'fine'; };`;
    const { type, error, rig } = await failure(code);
    expect(type).toBe('UnhandledInvocationError');
    expect(error.errorMessage).toMatch(
      /^Process exited unexpectedly before completing request \(duration: \d+ms, maxMemoryUsage: [\d.]+MB\)$/,
    );
    expect(await rig.call('fn', 'go')).toBe('fine');
  });

  it('by taking too long is killed at its timeout, however busy it is', async () => {
    const { type, error, rig } = await failure(`export const handler = () => { for (;;); };`, { timeout: 1 });
    expect(type).toBe('UnhandledInvocationError');
    expect(error.errorMessage).toMatch(/^Function timed out after 1 seconds \(maxMemoryUsage: [\d.]+MB\)$/);
    expect(rig.fc.instances()).toEqual([]);
  });

  it.each([
    ['a file that is not there', 'other.handler', /^Cannot find module/],
    ['an export that is not there', 'index.other', /^Handler 'other' missing on module 'index'$/],
  ])('by naming %s says so', async (_what, handler, message) => {
    const { type, error } = await failure(ECHO, { handler });
    expect(type).toBe('UnhandledInvocationError');
    expect(error.errorMessage).toMatch(message);
  });

  it('while it is loaded says what the module threw', async () => {
    const { error } = await failure(`throw new Error('no such setting'); export const handler = 1;`);
    expect(error.errorMessage).toBe('no such setting');
  });

  it('by being killed in the middle of a call is told to have exited', async () => {
    const rig = await startRig();
    await rig.deploy(
      'slow',
      `export const handler = () => new Promise(() => { console.log('in'); setTimeout(() => {}, 9e6); });`,
    );
    const inside = new Promise((resolve) => rig.fc.onLog(({ line }) => line.endsWith('in') && resolve(line)));
    const call = rig.call('slow');
    call.catch(() => {});
    await inside;
    expect(rig.fc.kill('other')).toBe(0);
    expect(rig.fc.kill('slow')).toBe(1);
    await expect(call).rejects.toThrow(/^Process exited unexpectedly/);
  });
});

describe('an instance', () => {
  const COUNTER = `let calls = 0; export const handler = async () => process.pid + ' ' + ++calls;`;

  it('is used again while it is warm, and ends when it was idle for long enough', async () => {
    const rig = await startRig({ keepWarmMs: 60_000 });
    await rig.deploy('fn', COUNTER);
    const [pid, first] = (await rig.call('fn')).split(' ');
    expect(first).toBe('1');
    await rig.context.clock.advance(59_000);
    expect(await rig.call('fn')).toBe(`${pid} 2`);
    await rig.context.clock.advance(59_000);
    expect(rig.fc.instances()).toEqual([{ functionName: 'fn', pid: Number(pid), busy: false }]);
    await rig.context.clock.advance(1_000);
    expect(rig.fc.instances()).toEqual([]);
    expect(await rig.call('fn')).toMatch(/ 1$/);
  });

  it('is initialized once, and again for as long as its initializer fails', async () => {
    const rig = await startRig();
    await rig.deploy(
      'fn',
      `let tries = 0;
       export const init = (context, callback) => callback(++tries < 2 ? new Error('not yet') : null);
       export const handler = async () => 'tries: ' + tries;`,
      { initializer: 'index.init' },
    );
    const frames: string[] = [];
    rig.fc.onLog(({ line }) => frames.push(line.split(' RequestId')[0] ?? ''));
    await expect(rig.call('fn')).rejects.toThrow('not yet');
    expect(await rig.call('fn')).toBe('tries: 2');
    frames.length = 0;
    expect(await rig.call('fn')).toBe('tries: 2');
    expect(frames).toEqual(['FC Invoke Start', 'FC Invoke End']);
  });

  it('serves one request at a time, so that parallel ones start others', async () => {
    const rig = await startRig();
    await rig.deploy('fn', HELD);
    const both = held(rig, 2);
    const calls = Promise.all([rig.call('fn'), rig.call('fn')]);
    await both;
    expect(rig.fc.instances().map(({ busy }) => busy)).toEqual([true, true]);
    await rig.context.clock.advance(1);
    expect(new Set(await calls).size).toBe(2);
  });

  it('serves as many at a time as its function says, and keeps their logs apart', async () => {
    const rig = await startRig();
    const requests: string[] = [];
    rig.fc.onLog(
      ({ requestId, line }) => line.includes(`${requestId} [verbose] held`) && requests.push(requestId),
    );
    await rig.deploy('fn', HELD, { instanceConcurrency: 2 });
    const both = held(rig, 2);
    const calls = Promise.all([rig.call('fn'), rig.call('fn')]);
    await both;
    await rig.context.clock.advance(1);
    expect(new Set(await calls).size).toBe(1);
    expect(new Set(requests).size).toBe(2);
  });

  it('is refused when the function has as many as it may have', async () => {
    const rig = await startRig();
    await rig.deploy('fn', HELD);
    await rig.sdk.putOnDemandConfig(SERVICE, 'fn', 'LATEST', { maximumInstanceCount: 1 });
    const first = held(rig, 1);
    const served = rig.call('fn');
    await first;
    await expect(rig.call('fn')).rejects.toMatchObject({
      code: 'ResourceExhausted',
      message: expect.stringContaining('429'),
    });
    await rig.context.clock.advance(1);
    expect(await served).toMatch(/^\d+$/);
  });

  it('of another function makes room when the account is at its limit and it is idle', async () => {
    const rig = await startRig({ maxInstances: 1 });
    await rig.deploy('one', ECHO);
    await rig.deploy('two', ECHO);
    expect(await rig.call('one', 'a')).toBe('a');
    expect(await rig.call('two', 'b')).toBe('b');
    expect(rig.fc.instances()).toMatchObject([{ functionName: 'two' }]);
  });

  it('runs the new code as soon as the function is updated', async () => {
    const rig = await startRig();
    await rig.deploy('fn', `export const handler = async () => 'old';`);
    expect(await rig.call('fn')).toBe('old');
    await rig.sdk.updateFunction(SERVICE, 'fn', {
      code: { zipFile: zipped({ 'index.mjs': `export const handler = async () => process.env.V;` }) },
      environmentVariables: { V: 'new' },
    });
    expect(await rig.call('fn')).toBe('new');
  });
});

describe('what a function writes', () => {
  it('comes line by line between the frames of its request, and as the tail of the log', async () => {
    const rig = await startRig();
    await rig.deploy(
      'fn',
      `export const handler = async (event, context) => {
         console.log('a %s', 'b');
         process.stdout.write('{"half":');
         process.stdout.write('1}\\n');
         context.logger.warn('careful');
         process.stderr.write('no end');
       };`,
    );
    const lines: { stream: string; line: string }[] = [];
    rig.fc.onLog(({ stream, line }) => lines.push({ stream, line }));
    const { headers } = await rig.sdk.invokeFunction(SERVICE, 'fn', '', { 'x-fc-log-type': 'Tail' });
    const id = headers['x-fc-request-id'];
    const at = new Date(START).toISOString();
    expect(lines).toEqual([
      { stream: 'stdout', line: `FC Invoke Start RequestId: ${id}` },
      { stream: 'stdout', line: `${at} ${id} [verbose] a b` },
      { stream: 'stdout', line: '{"half":1}' },
      { stream: 'stderr', line: `${at} ${id} [warn] careful` },
      { stream: 'stderr', line: 'no end' },
      { stream: 'stdout', line: `FC Invoke End RequestId: ${id}` },
    ]);
    const tail = Buffer.from(headers['x-fc-log-result'] ?? '', 'base64').toString();
    expect(tail).toBe(lines.map(({ line }) => `${line}\n`).join(''));
  });

  it('before it ends its process is not lost', async () => {
    const rig = await startRig();
    await rig.deploy(
      'fn',
      `export const handler = async () => { console.log('last words'); process.kill(process.pid, 'SIGKILL'); };`,
    );
    const lines: string[] = [];
    rig.fc.onLog(({ line }) => lines.push(line));
    await expect(rig.call('fn')).rejects.toThrow(/exited/);
    expect(lines.some((line) => line.endsWith('last words'))).toBe(true);
  });
});

describe('an execution', () => {
  it('is counted and announced', async () => {
    const rig = await startRig();
    await rig.deploy('fn', ECHO);
    const seen: object[] = [];
    rig.fc.onInvocation((invocation) => seen.push(invocation));
    await rig.call('fn');
    await rig.call('fn');
    expect(rig.context.meter.counts()['functioncompute.Invoke:fn']).toBe(2);
    expect(seen).toMatchObject([
      { functionName: 'fn', source: 'api', cold: true, startedAt: START },
      { functionName: 'fn', source: 'api', cold: false },
    ]);
  });

  it('can be made to fail before or after it happened', async () => {
    const rig = await startRig();
    await rig.deploy('fn', `let calls = 0; export const handler = async () => String(++calls);`);
    const broken = { status: 500, code: 'InternalServerError' } as const;
    const operation = 'Invoke:fn';
    rig.context.faults.add({ operation, times: 1, fault: { kind: 'error', ...broken } });
    await expect(rig.call('fn')).rejects.toMatchObject({ code: 'InternalServerError' });
    rig.context.faults.add({ operation, times: 1, fault: { kind: 'error-after', ...broken } });
    await expect(rig.call('fn')).rejects.toMatchObject({ code: 'InternalServerError' });
    expect(await rig.call('fn')).toBe('2');
  });
});
