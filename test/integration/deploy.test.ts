import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import TableStore from 'tablestore';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { functionPolicy } from '../../infra/resources/role.ts';
import { deploy, runServerless } from '../../infra/serverless/deploy.ts';
import { type DeployRig, projectFolder, startDeployRig } from './deploy-rig.ts';

const SERVICE = 'holdfast-local';

describe('serverless deploy --stage local', () => {
  let rig: DeployRig;
  let first: readonly string[];
  beforeAll(async () => {
    rig = await startDeployRig();
    first = await rig.serverless('deploy');
  });
  afterAll(() => rig.close());

  /** Calls that the commands made since the last look, but for those that only read. */
  function writingCalls(): readonly string[] {
    const calls = Object.keys(rig.context.meter.counts()).filter(
      (call) => !/\.(Get|List|Describe)/.test(call),
    );
    rig.context.meter.reset();
    return calls.sort();
  }

  const tableStore = () =>
    new TableStore.Client({
      accessKeyId: rig.cloud.accessKeyId,
      secretAccessKey: rig.cloud.accessKeySecret,
      endpoint: rig.cloud.endpoints.tablestore,
      instancename: rig.cloud.tablestoreInstance,
    });

  const editServerlessYml = (edit: (text: string) => string) => {
    const path = join(rig.folder, 'serverless.yml');
    writeFileSync(path, edit(readFileSync(path, 'utf8')));
  };

  it('says of each thing that it was created, and where the intake is called', () => {
    const text = first.join('\n');
    for (const line of [
      /\+ table {5}claims +created/,
      /\+ queue {5}holdfast-local-hints +created/,
      /\+ service {3}holdfast-local +created/,
      /\+ function {2}reconcile +created {2}\d+ KB/,
      /\+ trigger {3}reconcile\/queue +created {2}eventbridge/,
      /✔ holdfast-local deployed in .* s: 18 created/,
      /intake: http:\/\/127\.0\.0\.1:\d+\//,
    ]) {
      expect(text).toMatch(line);
    }
  });

  it('makes the tables as declared', async () => {
    const { tableNames } = await tableStore().listTable({});
    expect([...tableNames].sort()).toEqual([
      'addresses',
      'claims',
      'control',
      'deadlines',
      'history',
      'windows',
    ]);
    const { tableMeta, tableOptions } = await tableStore().describeTable({ tableName: 'history' });
    expect(tableMeta.primaryKey.map(({ name }) => name)).toEqual(['bucket', 'address', 'at', 'claim']);
    expect(tableOptions).toMatchObject({ timeToLive: 365 * 86_400, maxVersions: 1 });
  });

  it('makes functions that run: each with its code, its settings and no others', async () => {
    const invoke = async (name: string, event = '{}') => {
      const { headers, data } = await rig.fc.invokeFunction(SERVICE, name, event);
      expect(headers, JSON.stringify(data)).not.toHaveProperty('x-fc-error-type');
      return typeof data === 'string' ? (JSON.parse(data) as unknown) : data;
    };
    expect(await invoke('retain')).toEqual({ name: 'retain', instance: 'holdfast-local' });
    expect(await invoke('resync')).toEqual({ name: 'resync', clusters: ['blue'] });
    expect(await invoke('reconcile', '{"a":1}')).toEqual({
      received: { a: 1 },
      queue: 'holdfast-local-hints',
    });
  });

  it('opens the intake to the world, at the place that info tells, and lets it see little', async () => {
    const info = (await rig.serverless('info')).join('\n');
    const url = /intake +(http:\S+)/.exec(info)?.[1] ?? '';
    const answer = await fetch(url, { method: 'POST', body: 'an event' });
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({
      received: 'an event',
      settings: [
        'HOLDFAST_CLUSTERS',
        'HOLDFAST_INTAKE_TOKEN',
        'HOLDFAST_LOG_LEVEL',
        'HOLDFAST_MNS_ENDPOINT',
        'HOLDFAST_QUEUE',
      ],
    });
    expect((await fetch(url)).status).toBeGreaterThanOrEqual(400);
  });

  it('lets a message on the queue reach reconcile, decoded, and a minute reach retain', async () => {
    const logged: string[] = [];
    const ran: string[] = [];
    rig.functionCompute.onLog(({ line }) => logged.push(line));
    const both = new Promise<void>((resolve) => {
      rig.functionCompute.onInvocation(({ functionName, source, error }) => {
        ran.push([functionName, source, ...(error ? [error] : [])].join(' '));
        if (ran.includes('reconcile queue') && ran.includes('retain timer')) resolve();
      });
    });
    await rig.mns.queues.send('holdfast-local-hints', Buffer.from('{"hint":1}').toString('base64'));
    await rig.context.clock.advance(60_000);
    await both;
    await rig.functionCompute.idle();

    expect(ran).toEqual(expect.arrayContaining(['reconcile queue', 'retain timer']));
    const line = logged.find((text) => text.includes('"received"')) ?? '';
    expect(line).toContain('mns:Queue:SendMessage');
    expect(JSON.parse(line.slice(line.indexOf('{'))).received[0].data.messageBody).toBe('{"hint":1}');
    expect(rig.mns.queues.depth('holdfast-local-hints')).toMatchObject({ active: 0, inactive: 0 });
  });

  it('limits the sweeps to one at a time, and keeps what they failed at', async () => {
    for (const name of ['retain', 'resync']) {
      const limit = await rig.fc.getOnDemandConfig(SERVICE, name, 'LATEST');
      expect(limit.data.maximumInstanceCount).toBe(1);
      const { data } = await rig.fc.getFunctionAsyncConfig(SERVICE, name);
      expect(data).toMatchObject({
        maxAsyncRetryAttempts: 1,
        destinationConfig: {
          onFailure: { destination: 'acs:mns:cn-hangzhou:1234567890123456:/queues/holdfast-local-failed' },
        },
      });
    }
  });

  it('prints the policies of the role that the functions act as', async () => {
    const lines = await rig.serverless('role');
    const text = lines.join('\n');
    const policy = JSON.parse(
      text.slice(text.indexOf('{', text.indexOf('\npolicy:')), text.lastIndexOf('}') + 1),
    );
    expect(policy).toEqual(functionPolicy('local', rig.cloud, rig.cloud.tablestoreInstance));
  });

  it('changes nothing, and says so, when it is run again', async () => {
    writingCalls();
    const lines = await rig.serverless('deploy');
    expect(lines.join('\n')).toContain('holdfast-local is up to date, nothing changed');
    expect(writingCalls()).toEqual([]);
  });

  it('sends only what changed: settings without code, code without settings', async () => {
    const checksum = async () => (await rig.fc.getFunction(SERVICE, 'retain')).data.codeChecksum;
    const before = await checksum();
    editServerlessYml((text) => text.replace('timeout: 120', 'timeout: 100'));
    const settings = await rig.serverless('deploy');
    expect(settings.join('\n')).toMatch(/~ function {2}retain +updated {2}timeout$/m);
    expect(await checksum()).toBe(before);

    const source = join(rig.folder, 'functions', 'retain.ts');
    writeFileSync(source, readFileSync(source, 'utf8').replace("'retain'", "'retained'"));
    const code = await rig.serverless('deploy');
    expect(code.join('\n')).toMatch(/~ function {2}retain +updated {2}code \d+ KB$/m);
    expect(await checksum()).not.toBe(before);
    const { data } = await rig.fc.invokeFunction(SERVICE, 'retain', '{}');
    expect(JSON.stringify(data)).toContain('retained');
  });

  it('gives variables that it is told to the functions, and leaves none in the environment', async () => {
    const cloudFile = join(rig.folder, 'cloud.json');
    const level = async () => {
      const { data } = await rig.fc.getFunction(SERVICE, 'retain');
      return (data.environmentVariables as Record<string, string>).HOLDFAST_LOG_LEVEL;
    };
    await deploy({ stage: 'local', cloudFile, cwd: rig.folder, env: { HOLDFAST_LOG_LEVEL: 'debug' } });
    expect(await level()).toBe('debug');
    await rig.serverless('deploy');
    expect(await level()).toBe('info');
  });

  it('makes right again what somebody changed by hand', async () => {
    await rig.fc.request(
      'PUT',
      `/services/${SERVICE}/functions/resync/triggers/timer`,
      {},
      {
        triggerConfig: { cronExpression: '@every 30m', payload: '', enable: false },
      },
    );
    const lines = await rig.serverless('deploy');
    expect(lines.join('\n')).toMatch(/~ trigger {3}resync\/timer +updated {2}cronExpression, enable/);
    const { data } = await rig.fc.listTriggers(SERVICE, 'resync');
    expect(data.triggers[0]?.triggerConfig).toMatchObject({ cronExpression: '@every 1m', enable: true });
  });

  it('takes away functions and triggers that are no longer declared', async () => {
    const whole = readFileSync(join(rig.folder, 'serverless.yml'), 'utf8');
    editServerlessYml((text) => text.slice(0, text.indexOf('  resync:')));
    const lines = await rig.serverless('deploy');
    expect(lines.join('\n')).toMatch(/- trigger {3}resync\/timer +deleted/);
    expect(lines.join('\n')).toMatch(/- function {2}resync +deleted/);
    await expect(rig.fc.getFunction(SERVICE, 'resync')).rejects.toThrow(/404/);

    editServerlessYml(() => whole);
    expect((await rig.serverless('deploy')).join('\n')).toMatch(/\+ function {2}resync +created/);
  });

  it('refuses a table whose primary key is another, and says what differs', async () => {
    const client = tableStore();
    await client.deleteTable({ tableName: 'control' });
    await rig.context.clock.advance(60_000);
    await client.createTable({
      tableMeta: { tableName: 'control', primaryKey: [{ name: 'id', type: 'INTEGER' }] },
      reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
      tableOptions: { timeToLive: -1, maxVersions: 1 },
    });
    await expect(rig.serverless('deploy')).rejects.toThrow(
      'table control has the primary key (id INTEGER), wanted is (name STRING)',
    );
    await client.deleteTable({ tableName: 'control' });
    await rig.context.clock.advance(60_000);
  });

  it('passes on what the cloud says when it refuses: what was done, code, request id', async () => {
    const fault = { kind: 'error', status: 403, code: 'AccessDenied', message: 'not yours' } as const;
    rig.context.faults.add({ service: 'functioncompute', operation: /List/, times: 1, fault });
    const failed = rig.serverless('deploy');
    await expect(failed).rejects.toThrow(/AccessDenied: not yours \(request \S+\)/);
    await expect(failed).rejects.toThrow('check that who deploys may do this');
  });

  it('refuses an event that nobody knows before it touches anything', async () => {
    const whole = readFileSync(join(rig.folder, 'serverless.yml'), 'utf8');
    editServerlessYml((text) => text.replace('- queue:', '- sns:'));
    writingCalls();
    await expect(rig.serverless('deploy')).rejects.toThrow(
      'functions.reconcile.events[0]: unknown event "sns"; known are http, timer, queue',
    );
    editServerlessYml(() => whole.replace('batchSize', 'batchsize'));
    await expect(rig.serverless('deploy')).rejects.toThrow(
      /functions\.reconcile\.events\.0\.queue.*batchsize/,
    );
    expect(writingCalls()).toEqual([]);
    editServerlessYml(() => whole);
  });

  it('refuses settings with which no function could start, all of them, before it touches anything', async () => {
    vi.stubEnv('HOLDFAST_LOG_LEVEL', 'loud');
    vi.stubEnv('HOLDFAST_QUOTAS', '{"AssociateEip":{"bind":1,"release":1}}');
    vi.stubEnv('HOLDFAST_VPC_ID', ' ');
    writingCalls();
    const refused = await rig.serverless('deploy').catch((error: Error) => error.message);
    vi.unstubAllEnvs();
    for (const problem of [
      'intake, reconcile, retain, resync: HOLDFAST_LOG_LEVEL is none of debug, info and warn',
      'reconcile, retain, resync: HOLDFAST_QUOTAS names AssociateEip; known are',
      'reconcile, retain, resync: HOLDFAST_VPC_ID is not the id of a VPC',
    ])
      expect(refused).toContain(problem);
    expect(writingCalls()).toEqual([]);
  });

  it('is undone by remove, which keeps the tables and queues until it is told otherwise', async () => {
    await rig.serverless('deploy');
    const removed = (await rig.serverless('remove')).join('\n');
    expect(removed).toMatch(/- service {3}holdfast-local +deleted/);
    expect(removed).toContain('Tables and queues stay');
    await expect(rig.fc.getService(SERVICE)).rejects.toThrow(/404/);
    expect((await tableStore().listTable({})).tableNames).toHaveLength(6);
    await expect(rig.serverless('info')).rejects.toThrow('nothing is deployed to stage "local"');

    await rig.serverless('remove', '--with-state');
    expect((await tableStore().listTable({})).tableNames).toHaveLength(0);
    expect((await rig.serverless('remove')).join('\n')).toContain('nothing to remove');
  });
});

describe('without a local cloud', () => {
  let folder: string;
  beforeAll(() => {
    folder = projectFolder();
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const archives = () =>
    ['intake', 'reconcile', 'retain', 'resync'].map((name) =>
      readFileSync(join(folder, '.serverless', `${name}.zip`)),
    );

  it('deploy says how to start one', async () => {
    await expect(
      deploy({ stage: 'local', cloudFile: join(folder, 'none.json'), cwd: folder }),
    ).rejects.toThrow('start the local cloud with npm run cloud');
  });

  it('deploy to an account lists every variable that is missing', async () => {
    await expect(deploy({ stage: 'prod', cwd: folder })).rejects.toThrow(
      /ALIBABA_CLOUD_ACCESS_KEY_ID is not set.*ALIBABA_CLOUD_REGION_ID is not set.*HOLDFAST_KUBECONFIG is not set/s,
    );
  });

  it('package works, tells the sizes, and gives the same bytes each time', async () => {
    const lines: string[] = [];
    const options = { stage: 'local', cwd: folder, log: (line: string) => lines.push(line) };
    await runServerless(['package'], options);
    const first = archives();
    await runServerless(['package'], options);
    expect(archives()).toEqual(first);
    expect(lines.join('\n')).toMatch(/resync +\d+ KB of \d+ KB {2}.*resync\.zip/);
  });
});
