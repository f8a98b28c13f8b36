import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { QUEUES } from '../../infra/resources/queues.ts';
import { TABLES, type Table } from '../../infra/resources/tables.ts';
import { createQueueControl } from '../../infra/serverless/queue-control.ts';
import {
  compareQueue,
  ensureQueues,
  type QueueSettings,
  type Queues,
  settingsOf,
} from '../../infra/serverless/queues.ts';
import { compareTable, ensureTables, type Tables } from '../../infra/serverless/tables.ts';
import type { Target } from '../../infra/serverless/target.ts';

const [HINTS] = QUEUES;
const wanted = settingsOf(HINTS, 'prod');

function queuesWith(
  existing: readonly QueueSettings[],
): Queues & { readonly kept: Map<string, QueueSettings> } {
  const kept = new Map(existing.map((queue) => [queue.name, queue]));
  const keep = async (queue: QueueSettings) => {
    const target = queue.deadLetter?.queue;
    if (target && !kept.has(target)) throw new Error(`${queue.name}: no dead-letter queue ${target}`);
    kept.set(queue.name, queue);
  };
  return {
    kept,
    describe: async (name) => kept.get(name),
    create: keep,
    update: keep,
    drop: async (name) => {
      kept.delete(name);
    },
  };
}

describe('queues', () => {
  it('carry the stage in their names, those for dead letters too', () => {
    expect(wanted).toMatchObject({
      name: 'holdfast-prod-hints',
      deadLetter: { queue: 'holdfast-prod-hints-dead', maxReceiveCount: 5 },
    });
  });

  it('are made with those for dead letters first, and left alone after', async () => {
    const queues = queuesWith([]);
    const told: string[] = [];
    const tell = (name: string, outcome: string) => told.push(`${name} ${outcome}`);
    await ensureQueues(queues, 'prod', tell);
    await ensureQueues(queues, 'prod', tell);
    expect(told).toEqual([
      'holdfast-prod-hints-dead created',
      'holdfast-prod-failed created',
      'holdfast-prod-hints created',
      'holdfast-prod-hints-dead unchanged',
      'holdfast-prod-failed unchanged',
      'holdfast-prod-hints unchanged',
    ]);
    expect(queues.kept.get('holdfast-prod-hints')).toEqual(wanted);
  });

  it('are updated where a setting is another, with what it was and is', () => {
    const { deadLetter: _, ...plain } = wanted;
    expect(compareQueue(wanted, { ...plain, visibilityTimeout: 30 })).toEqual({
      outcome: 'updated',
      detail: 'visibilityTimeout 30 to 360, dead letters nowhere to holdfast-prod-hints-dead after 5',
    });
  });

  it('keep a dead-letter queue that somebody set where we declare none', () => {
    const { deadLetter: _, ...plain } = wanted;
    expect(compareQueue(plain, wanted)).toEqual({ outcome: 'unchanged', detail: '' });
  });
});

describe('tables', () => {
  const history: Table = TABLES[3];

  it('are updated where time to live or versions are others', () => {
    expect(compareTable(history, { ...history, timeToLive: -1 })).toEqual({
      outcome: 'updated',
      detail: 'timeToLive -1 to 31536000',
    });
  });

  it('with another primary key are an error that says what differs, as rows are not ours to drop', () => {
    const other: Table = { ...history, primaryKey: [{ name: 'id', type: 'STRING' }] };
    expect(() => compareTable(history, other)).toThrow(
      'table history has the primary key (id STRING), ' +
        'wanted is (bucket STRING, address STRING, at INTEGER, claim STRING)',
    );
  });

  it('are made once', async () => {
    const kept = new Map<string, Table>();
    const tables: Tables = {
      list: async () => [...kept.keys()],
      describe: async (name) => kept.get(name) as Table,
      create: async (table) => {
        kept.set(table.name, table);
      },
      update: async () => {
        throw new Error('nothing was to be updated');
      },
      drop: async () => {},
    };
    const told: string[] = [];
    await ensureTables(tables, (_, outcome) => told.push(outcome));
    await ensureTables(tables, (_, outcome) => told.push(outcome));
    expect(told).toEqual([...TABLES.map(() => 'created'), ...TABLES.map(() => 'unchanged')]);
  });
});

describe("the queues' control plane, which alone sets dead-letter policies in an account", () => {
  const target = (queueControl: string) =>
    ({
      region: 'cn-hangzhou',
      credentials: { accessKeyId: 'ID', accessKeySecret: 'secret' },
      queueControl,
    }) as Target;

  async function answering(status: number, body: object, use: (url: string) => Promise<void>) {
    const asked: { action: unknown; query: URLSearchParams }[] = [];
    const server = createServer(async (request: IncomingMessage, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const query = new URL(request.url ?? '', 'http://it').searchParams;
      asked.push({ action: request.headers['x-acs-action'], query });
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
    return asked;
  }

  it('is asked as its reference says', async () => {
    const [asked] = await answering(200, { Success: true }, async (url) => {
      await createQueueControl(target(url)).setDeadLetter('q', { queue: 'q-dead', maxReceiveCount: 5 });
    });
    expect(asked?.action).toBe('SetQueueAttributes');
    expect(asked?.query.get('QueueName')).toBe('q');
    expect(JSON.parse(asked?.query.get('DlqPolicy') ?? '')).toEqual({
      Enabled: true,
      DeadLetterTargetQueue: 'q-dead',
      MaxReceiveCount: 5,
    });
  });

  it('tells the policy that is set, and none where it is off', async () => {
    const policy = { Enabled: true, DeadLetterTargetQueue: 'q-dead', MaxReceiveCount: '5' };
    await answering(200, { Data: { DlqPolicy: policy } }, async (url) => {
      expect(await createQueueControl(target(url)).deadLetterOf('q')).toEqual({
        queue: 'q-dead',
        maxReceiveCount: 5,
      });
    });
    await answering(200, { Data: { DlqPolicy: { ...policy, Enabled: false } } }, async (url) => {
      expect(await createQueueControl(target(url)).deadLetterOf('q')).toBeUndefined();
    });
  });

  it('says what was being done when it refuses', async () => {
    await answering(403, { Code: 'Forbidden.RAM', Message: 'no', RequestId: 'R' }, async (url) => {
      await expect(createQueueControl(target(url)).deadLetterOf('q')).rejects.toThrow(
        /^looking where dead letters of q go: Forbidden\.RAM.*\(request R\)\n {2}check that who deploys/s,
      );
    });
  });
});
