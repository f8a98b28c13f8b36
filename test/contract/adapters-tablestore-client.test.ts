import { Socket } from 'node:net';
import TableStore from 'tablestore';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTables, openTableClient, type TableClient } from '../../shared/adapters/tablestore/table.ts';
import { CALL_WORST_MS } from '../../shared/adapters/time-left.ts';
import { type LocalInstance, openLocalInstance } from '../fixtures/tablestore-instance.ts';
import { CERTIFICATE, openTlsFront, type TlsFront } from '../fixtures/tls-front.ts';

let instance: LocalInstance;
let front: TlsFront;
let tableName: string;
beforeEach(async () => {
  instance = await openLocalInstance();
  front = await openTlsFront(instance.server.port);
  tableName = await instance.newTable();
  instance.context.meter.reset();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await front.close();
  await instance.close();
  instance.context.clock.close();
});

/** The vendor's client as its README sets it up. */
function rawClient(settings: object = {}): TableClient {
  const { accessKeyId, accessKeySecret } = instance.context.account.owner;
  return new TableStore.Client({
    accessKeyId,
    secretAccessKey: accessKeySecret,
    endpoint: instance.server.url,
    instancename: instance.server.instance,
    ...settings,
  });
}

const adapterAt = (endpoint: string): TableClient =>
  openTableClient({
    endpoint,
    instance: instance.server.instance,
    credentials: instance.context.account.owner,
  });

/** The same client, believing the certificate of the tests as it would one of the cloud's. */
function trusting(client: TableClient): TableClient {
  const { config } = client as unknown as { config: { httpOptions: { ca?: string } } };
  config.httpOptions = { ...config.httpOptions, ca: CERTIFICATE };
  return client;
}

const rawRead = (client: TableClient) => client.getRow({ tableName, primaryKey: [{ pk: 'a' }] });
const read = (client: TableClient) => createTables(client, () => 60_000).get(tableName, [[['pk', 'a']]]);

async function threeTimes(call: () => Promise<unknown>): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await call();
}

const busy = (operation: string, times: number) =>
  instance.context.faults.add({
    service: 'tablestore',
    operation,
    times,
    fault: { kind: 'error', status: 503, code: 'OTSServerBusy' },
  });
const calls = (operation: string) => instance.context.meter.counts()[`tablestore.${operation}`];

describe('the connection to Tablestore', () => {
  it('is a new one for each call of the SDK, where the endpoint is https', async () => {
    const client = trusting(rawClient({ endpoint: front.url }));
    await threeTimes(() => rawRead(client));
    expect(front.opened()).toBe(3);
  });

  it('is one for all calls of the adapter', async () => {
    const client = trusting(adapterAt(front.url));
    await threeTimes(() => read(client));
    expect(front.opened()).toBe(1);
  });
});

describe('the time that Tablestore is given', () => {
  /** How long the sockets of a client may be silent, ms: before they are connected, and then. */
  async function limitsOf(call: () => Promise<unknown>) {
    const connecting = new Set<number>();
    const connected = new Set<number>();
    const { setTimeout } = Socket.prototype;
    vi.spyOn(Socket.prototype, 'setTimeout').mockImplementation(function (this: Socket, ms, ...rest) {
      (this.pending ? connecting : connected).add(ms);
      return setTimeout.call(this, ms, ...rest);
    });
    await call();
    return { connecting: [...connecting], connected: [...connected] };
  }

  it('is for its answer alone in the SDK: a connection may take for ever', async () => {
    const client = trusting(rawClient({ endpoint: front.url, httpOptions: { timeout: 7_777 } }));
    const { connecting, connected } = await limitsOf(() => rawRead(client));
    expect(connecting).toEqual([]);
    expect(connected).toContain(7_777);
  });

  it('is for both in the adapter, together below what is kept back for one call', async () => {
    const client = trusting(adapterAt(front.url));
    const { connecting, connected } = await limitsOf(() => read(client));
    expect(connecting).toEqual([3_000]);
    expect(connected).toContain(6_500);
    expect(3_000 + 6_500).toBeLessThanOrEqual(CALL_WORST_MS);
  });
});

describe('how often a call is made again', () => {
  it('is set by any client of the SDK for every other', async () => {
    await rawRead(rawClient({ maxRetries: 1 }));
    const other = rawClient();
    busy('GetRow', 9);
    await expect(rawRead(other)).rejects.toThrow(/OTSServerBusy/);
    expect(calls('GetRow')).toBe(3);
  });

  it('is up to the adapter alone, whatever another client has set', async () => {
    await rawRead(rawClient({ maxRetries: 1 }));
    busy('BatchGetRow', 9);
    await expect(read(adapterAt(instance.server.url))).rejects.toMatchObject({ code: 'OTSServerBusy' });
    expect(calls('BatchGetRow')).toBe(4);
  });
});

describe('a write without a condition', () => {
  it('breaks the SDK; the adapter takes none', async () => {
    const write = async () =>
      rawClient().putRow({ tableName, primaryKey: [{ pk: 'a' }], attributeColumns: [] } as never);
    await expect(write()).rejects.toThrow(TypeError);
  });
});
