import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const TOKEN = 'correct horse battery';
const CONTEXT = {
  requestId: 'request-1',
  credentials: { accessKeyId: 'id', accessKeySecret: 'secret' },
  region: 'cn-hangzhou',
  accountId: '1',
};
const ENVIRONMENT = {
  HOLDFAST_MNS_ENDPOINT: 'http://127.0.0.1:9',
  HOLDFAST_QUEUE: 'hints',
  HOLDFAST_CLUSTERS: 'c-1',
  HOLDFAST_INTAKE_TOKEN: TOKEN,
};

let lines: string[];
let ask: (headers: Record<string, string>, body?: object, timeout?: number) => Promise<unknown>;
beforeEach(async () => {
  lines = [];
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  vi.resetModules();
  const { handler } = await import('../../functions/intake.ts');
  ask = (headers, body = [], timeout = 20) =>
    handler(Buffer.from(JSON.stringify({ headers, body: JSON.stringify(body) })), {
      ...CONTEXT,
      function: { name: 'intake', timeout },
    });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('the intake', () => {
  it.each([
    ['taken in', 202, { authorization: `Bearer ${TOKEN}` }],
    ['turned away', 401, { authorization: 'Bearer wrong' }],
  ])('logs one line with the status of a request that is %s', async (_, status, headers) => {
    expect(await ask(headers)).toMatchObject({ statusCode: status });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { msg: 'invocation', function: 'intake', requestId: 'request-1', status },
    ]);
  });

  it.each([
    ['which nobody reaches', 'NotSent', 20],
    ['which there is no time left to ask', 'NotEnoughTime', 9],
  ])('fails where a hint is for a queue %s, so that its sender hears of it', async (_, code, timeout) => {
    const event = { involvedObject: { kind: 'Pod', namespace: 'default', name: 'web-0' }, reason: 'Killing' };
    const asked = ask({ authorization: `Bearer ${TOKEN}` }, { ...event, clusterName: 'c-1' }, timeout);
    await expect(asked).rejects.toMatchObject({ code });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ msg: 'invocation failed' }]);
  });
});
