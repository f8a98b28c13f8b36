import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type FunctionCompute, startFunctionCompute } from '../../infra/local/functioncompute/server.ts';
import { createClock } from '../../infra/local/kernel/clock.ts';
import { type CloudContext, createContext } from '../../infra/local/kernel/context.ts';
import { type Mns, startMns } from '../../infra/local/mns/server.ts';
import { startTablestore } from '../../infra/local/tablestore/server.ts';
import type { CloudFile } from '../../infra/resources/cloud-file.ts';
import { runServerless } from '../../infra/serverless/deploy.ts';

/** The part of @alicloud/fc2 that the tests use, as a client of what was deployed. */
export interface Fc2 {
  invokeFunction(service: string, name: string, event: string): Promise<{ headers: object; data: unknown }>;
  getFunction(service: string, name: string): Promise<{ data: Record<string, unknown> }>;
  listTriggers(service: string, name: string): Promise<{ data: { triggers: Record<string, unknown>[] } }>;
  getService(service: string): Promise<{ data: Record<string, unknown> }>;
  getOnDemandConfig(
    service: string,
    name: string,
    qualifier: string,
  ): Promise<{ data: { maximumInstanceCount: number } }>;
  getFunctionAsyncConfig(service: string, name: string): Promise<{ data: Record<string, unknown> }>;
  request(method: string, path: string, query: object, body: object | null): Promise<unknown>;
}

const Fc2Client = createRequire(import.meta.url)('@alicloud/fc2') as new (
  accountId: string,
  options: object,
) => Fc2;

export interface DeployRig {
  readonly context: CloudContext;
  readonly mns: Mns;
  readonly functionCompute: FunctionCompute;
  readonly fc: Fc2;
  readonly cloud: CloudFile;
  /** A folder with the project's serverless.yml and functions that tell what they were given. */
  readonly folder: string;
  /** Runs osls in the folder, stage `local`, and gives what it wrote. */
  serverless(...command: string[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** The services that a deployment meets, without clusters or addresses, and a project to deploy. */
export async function startDeployRig(): Promise<DeployRig> {
  const context = createContext({ clock: createClock({ rate: 0 }) });
  const mns = await startMns(context);
  const tablestore = await startTablestore(context, { instance: 'holdfast-local' });
  const functionCompute = await startFunctionCompute(context, { queues: mns.queues });
  const folder = projectFolder();
  const { owner, id: accountId, region } = context.account;
  const cloud: CloudFile = {
    accountId,
    region,
    accessKeyId: owner.accessKeyId,
    accessKeySecret: owner.accessKeySecret,
    endpoints: {
      fc: functionCompute.url,
      mns: mns.url,
      tablestore: tablestore.url,
      // Deployment gives these to the functions, and calls neither.
      vpc: 'http://127.0.0.1:9',
      ecs: 'http://127.0.0.1:9',
    },
    tablestoreInstance: tablestore.instance,
    clusters: [{ id: 'blue', kubeconfig: KUBECONFIG }],
    intakeToken: 'a-token-of-16-chars',
  };
  const cloudFile = join(folder, 'cloud.json');
  writeFileSync(cloudFile, JSON.stringify(cloud));

  return {
    context,
    mns,
    functionCompute,
    cloud,
    folder,
    fc: new Fc2Client(accountId, {
      accessKeyID: owner.accessKeyId,
      accessKeySecret: owner.accessKeySecret,
      region,
      endpoint: functionCompute.url,
    }),
    async serverless(...command) {
      const lines: string[] = [];
      await runServerless(command, {
        stage: 'local',
        cloudFile,
        cwd: folder,
        log: (line) => lines.push(line),
      });
      return lines;
    },
    async close() {
      await functionCompute.close();
      await tablestore.close();
      await mns.close();
      context.clock.close();
      rmSync(folder, { recursive: true });
    },
  };
}

const KUBECONFIG = JSON.stringify({
  'current-context': 'it',
  contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
  clusters: [{ name: 'it', cluster: { server: 'http://127.0.0.1:9' } }],
  users: [{ name: 'it', user: { token: 'token' } }],
});

/** The project's own serverless.yml over functions of the tests. osls wants its plugins below the service's folder. */
export function projectFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-deploy-'));
  for (const name of ['infra', 'node_modules']) symlinkSync(resolve(name), join(folder, name));
  cpSync('serverless.yml', join(folder, 'serverless.yml'));
  cpSync('test/fixtures/functions', join(folder, 'functions'), { recursive: true });
  return folder;
}
