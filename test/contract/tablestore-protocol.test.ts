import TableStore from 'tablestore';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClock } from '../../infra/local/kernel/clock.ts';
import { createContext } from '../../infra/local/kernel/context.ts';
import { MESSAGES } from '../../infra/local/tablestore/messages.ts';
import { encodeRow, withHeader } from '../../infra/local/tablestore/plain-buffer-writer.ts';
import {
  anyRow,
  columnsOf,
  connect,
  failureOf,
  type LocalInstance,
  openLocalInstance,
  send,
} from '../fixtures/tablestore-instance.ts';

const HOUR = 3_600_000;
const primaryKey = [{ pk: 'a' }];

describe('the wire protocol of Tablestore', () => {
  let instance: LocalInstance;
  beforeEach(async () => {
    instance = await openLocalInstance(createContext({ clock: createClock({ rate: 0 }) }));
  });
  afterEach(() => instance.close());

  const list = (change?: Parameters<typeof send>[3]) => send(instance, 'ListTable', Buffer.alloc(0), change);
  const errorOf = ({ status, body }: { status: number; body: Buffer }) => ({
    status,
    ...MESSAGES.error.decode(body),
  });

  it('signs and dates its answers, and names the request', async () => {
    const { status, headers } = await list();
    expect(status).toBe(200);
    expect(headers.get('x-ots-contenttype')).toBe('protocol buffer');
    expect(headers.get('x-ots-contentmd5')).toBe('1B2M2Y8AsgTpgAmY7PhCfg==');
    expect(headers.get('x-ots-date')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(headers.get('x-ots-requestid')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(headers.get('authorization')).toMatch(/^OTS LOCALACCESSKEYID:.{27}=$/);
  });

  it.each(['x-ots-date', 'x-ots-contentmd5', 'x-ots-accesskeyid', 'x-ots-instancename', 'x-ots-apiversion'])(
    'refuses a request without %s',
    async (omit) => {
      expect(errorOf(await list({ omit }))).toEqual({
        status: 400,
        code: 'OTSMissingHeader',
        message: `Missing header: '${omit}'.`,
      });
    },
  );

  it.each([
    ['x-ots-signature', 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=', 'Signature mismatch.'],
    ['x-ots-accesskeyid', 'nobody', 'The AccessKeyID does not exist.'],
    ['x-ots-instancename', 'elsewhere', 'The instance is not found.'],
    [
      'x-ots-contentmd5',
      'AAAAAAAAAAAAAAAAAAAAAA==',
      'Mismatch between MD5 value of request body and x-ots-contentmd5 in header.',
    ],
    [
      'x-ots-date',
      '2014-06-07T14:25:40.000Z',
      'Mismatch between system time and x-ots-date: 2014-06-07T14:25:40.000Z.',
    ],
  ])('refuses a wrong %s', async (name, value, message) => {
    expect(errorOf(await list({ headers: { [name]: value } }))).toEqual({
      status: 403,
      code: 'OTSAuthFailed',
      message,
    });
  });

  it('takes dates by the cloud’s clock as well as by the machine’s', async () => {
    await instance.context.clock.advance(100 * HOUR);
    expect((await list()).status).toBe(200);
    const cloudDate = new Date(instance.context.clock.now()).toISOString();
    expect((await list({ headers: { 'x-ots-date': cloudDate } })).status).toBe(200);
    const between = new Date(instance.context.clock.now() - 50 * HOUR).toISOString();
    expect((await list({ headers: { 'x-ots-date': between } })).status).toBe(403);
  });

  it('accepts temporary credentials until they expire, and only with their token', async () => {
    const { account, clock } = instance.context;
    const session = account.assumeRole(HOUR);
    const client = connect(instance.server, session);
    expect((await client.listTable({})).tableNames).toEqual([]);
    const { securityToken: _, ...withoutToken } = session;
    expect(await failureOf(connect(instance.server, withoutToken).listTable({}))).toMatchObject({
      status: 403,
      code: 'OTSAuthFailed',
    });
    await clock.advance(HOUR);
    expect(await failureOf(client.listTable({}))).toMatchObject({ status: 403, code: 'OTSAuthFailed' });
  });

  it('serves only POST, only known operations, only bodies of up to 5 MB', async () => {
    expect(errorOf(await list({ method: 'GET' }))).toMatchObject({
      status: 405,
      code: 'OTSMethodNotAllowed',
    });
    expect(errorOf(await send(instance, 'HelloWorld', Buffer.alloc(0)))).toEqual({
      status: 400,
      code: 'OTSUnsupportOperation',
      message: "Unsupported operation: 'HelloWorld'.",
    });
    expect(errorOf(await send(instance, 'ListTable', Buffer.alloc(5 * 1024 * 1024 + 1)))).toMatchObject({
      status: 413,
      code: 'OTSRequestBodyTooLarge',
    });
  });

  it('refuses a body that is no message', async () => {
    expect(errorOf(await send(instance, 'GetRow', Buffer.from('nonsense')))).toMatchObject({
      status: 400,
      code: 'OTSParameterInvalid',
    });
  });

  describe('checks the checksums of rows', () => {
    const row = withHeader([
      encodeRow({
        key: [{ name: 'pk', value: { type: 'STRING', value: 'key' } }],
        cells: [{ name: 'c', value: { type: 'STRING', value: 'cell' } }],
        deleted: false,
      }),
    ]);
    const put = (tableName: string, bytes: Buffer) =>
      send(
        instance,
        'PutRow',
        MESSAGES.putRow.encode({ tableName, row: bytes, condition: { rowExistence: 0 } }),
      );
    const spoiled = (at: number) => {
      const bytes = Buffer.from(row);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      return bytes;
    };

    it.each([
      ['a key value', row.indexOf('key')],
      ['a column value', row.indexOf('cell')],
      ['the checksum of a cell', row.length - 3],
      ['the checksum of the row', row.length - 1],
    ])('and refuses one changed bit in %s', async (_, at) => {
      const tableName = await instance.newTable();
      expect((await put(tableName, row)).status).toBe(200);
      const refusal = errorOf(await put(tableName, spoiled(at)));
      expect(refusal).toMatchObject({ status: 400, code: 'OTSParameterInvalid' });
      expect(refusal.message).toMatch(/^Cell data broken, checksum is mismatch/);
    });
  });

  it('counts every call by its operation', async () => {
    await list();
    await send(instance, 'HelloWorld', Buffer.alloc(0));
    expect(instance.context.meter.counts()).toEqual({
      'tablestore.ListTable': 1,
      'tablestore.HelloWorld': 1,
    });
  });

  describe('under faults', () => {
    const put = (tableName: string) =>
      instance.client.putRow({ tableName, primaryKey, condition: anyRow, attributeColumns: [{ a: '1' }] });
    const read = async (tableName: string) =>
      columnsOf((await instance.client.getRow({ tableName, primaryKey })).row);

    it('words an injected error as its own', async () => {
      const tableName = await instance.newTable();
      const fault = {
        kind: 'error',
        status: 503,
        code: 'OTSServerBusy',
        message: 'Server is busy.',
      } as const;
      instance.context.faults.add({ service: 'tablestore', operation: 'PutRow', times: 1, fault });
      expect(await failureOf(put(tableName))).toEqual({
        status: 503,
        code: 'OTSServerBusy',
        message: 'Server is busy.',
      });
      expect(await read(tableName)).toBeUndefined();
    });

    it('can write a row and lose the answer', async () => {
      const tableName = await instance.newTable();
      const fault = { kind: 'drop-after' } as const;
      instance.context.faults.add({ service: 'tablestore', operation: 'PutRow', times: 1, fault });
      await expect(put(tableName)).rejects.toMatchObject({ code: 'NetworkingError' });
      expect(await read(tableName)).toEqual({ a: '1' });
    });
  });
});

describe('the faults of the SDK that an adapter has to cover', () => {
  let instance: LocalInstance;
  let tableName: string;
  beforeEach(async () => {
    instance = await openLocalInstance();
    tableName = await instance.newTable();
  });
  afterEach(() => instance.close());

  it('leave the error of a single-row call undecoded: its code is the HTTP status', async () => {
    const condition = new TableStore.Condition(TableStore.RowExistenceExpectation.EXPECT_EXIST, null);
    const call = instance.client.putRow({ tableName, primaryKey, condition, attributeColumns: [] });
    const error = await call.catch((reason) => reason);
    expect(error).toMatchObject({ code: 403, name: 403 });
    expect(error.message).toContain('\n\x15OTSConditionCheckFail\x12\x17Condition check failed. requestId:');
    expect(error.headers['x-ots-requestid']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('do not repeat a write that the server was too busy for, though its code says so', async () => {
    const client = new TableStore.Client({
      accessKeyId: instance.context.account.owner.accessKeyId,
      secretAccessKey: instance.context.account.owner.accessKeySecret,
      endpoint: instance.server.url,
      instancename: instance.server.instance,
      maxRetries: 3,
    });
    const fault = { kind: 'error', status: 503, code: 'OTSServerBusy', message: 'Server is busy.' } as const;
    instance.context.faults.add({ service: 'tablestore', times: 2, fault });
    const put = client.putRow({ tableName, primaryKey, condition: anyRow, attributeColumns: [] });
    expect(await failureOf(put)).toMatchObject({ status: 503, code: 'OTSServerBusy' });
    expect(await client.getRow({ tableName, primaryKey })).toMatchObject({ row: {} });
    expect(instance.context.meter.counts()).toMatchObject({ 'tablestore.PutRow': 1, 'tablestore.GetRow': 2 });
  });

  it('take a JavaScript number for a double, which no integer condition matches', async () => {
    const { EQUAL } = TableStore.ComparatorType;
    await instance.client.putRow({
      tableName,
      primaryKey,
      condition: anyRow,
      attributeColumns: [{ revision: 1 }],
    });
    const integer = new TableStore.SingleColumnCondition(
      'revision',
      TableStore.Long.fromNumber(1),
      EQUAL,
      false,
    );
    const double = new TableStore.SingleColumnCondition('revision', 1, EQUAL, false);
    const read = async (columnFilter: TableStore.ColumnCondition) =>
      columnsOf((await instance.client.getRow({ tableName, primaryKey, columnFilter })).row);
    expect(await read(integer)).toBeUndefined();
    expect(await read(double)).toEqual({ revision: 1 });
  });

  it('write the length of a column name in UTF-16 units, so other than ASCII names break the row', async () => {
    const attributeColumns = [{ größe: 'x' }];
    const call = instance.client.putRow({ tableName, primaryKey, condition: anyRow, attributeColumns });
    expect(await failureOf(call)).toMatchObject({ status: 400, code: 'OTSParameterInvalid' });
  });
});
