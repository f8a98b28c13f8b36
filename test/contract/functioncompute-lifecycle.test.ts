import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, it, vi } from 'vitest';
import { startFunctionCompute } from '../../infra/local/functioncompute/server.ts';
import { SERVICE, startRig, zipped } from './functioncompute-rig.ts';
import { sdkFor } from './functioncompute-sdk.ts';

const runs = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const WHERE = `export const handler = async () => ({ pid: process.pid, folder: process.cwd() });`;

describe('the functions service', () => {
  it('leaves no process and no file behind when it is closed', async () => {
    const { context, mns } = await startRig();
    const fc = await startFunctionCompute(context, { queues: mns.queues });
    const sdk = sdkFor(fc.url, context.account.id, context.account.owner);
    await sdk.createService(SERVICE);
    const settings = { runtime: 'nodejs20', handler: 'index.handler' };
    const stuck = `export const handler = () => { console.log('stuck'); for (;;); };`;
    for (const [functionName, code] of Object.entries({ where: WHERE, stuck })) {
      await sdk.createFunction(SERVICE, {
        ...settings,
        functionName,
        code: { zipFile: zipped({ 'index.mjs': code }) },
      });
    }
    const { data } = await sdk.invokeFunction(SERVICE, 'where', '');
    const { pid, folder } = JSON.parse(String(data));
    const busy = new Promise((resolve) => fc.onLog(({ line }) => line.endsWith('stuck') && resolve(line)));
    const cut = sdk.invokeFunction(SERVICE, 'stuck', '').catch((error: Error) => error);
    await busy;
    const pids = fc.instances().map((instance) => instance.pid);
    expect(pids).toContain(pid);
    expect(existsSync(folder)).toBe(true);
    await fc.close();
    expect(await cut).toBeInstanceOf(Error);
    expect(pids.filter(runs)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });

  it('leaves nothing behind when its process is killed, not even an instance that is stuck', async () => {
    const victim = spawn(process.execPath, ['--import', 'tsx', 'test/contract/functioncompute-victim.ts'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const told = await new Promise<string>((resolve) => {
      createInterface({ input: victim.stdout }).on('line', (line) => {
        const json = /\{.*\}$/.exec(line)?.[0];
        if (json) resolve(json);
      });
    });
    const { pid, folder } = JSON.parse(told);
    expect([runs(pid), existsSync(folder)]).toEqual([true, true]);
    victim.kill('SIGKILL');
    await vi.waitFor(() => expect([runs(pid), existsSync(folder)]).toEqual([false, false]), {
      timeout: 5000,
    });
  });

  it('unpacks the same code once, and starts on a port that it is given', async () => {
    const rig = await startRig();
    await rig.deploy('one', WHERE);
    await rig.deploy('two', WHERE);
    const folders = [await rig.call('one'), await rig.call('two')].map((text) => JSON.parse(text).folder);
    expect(folders[0]).toBe(folders[1]);
    const other = await startFunctionCompute(rig.context, { queues: rig.mns.queues });
    await other.close();
    const again = await startFunctionCompute(rig.context, { queues: rig.mns.queues, port: other.port });
    expect(again.port).toBe(other.port);
    await again.close();
    await expect(
      startFunctionCompute(rig.context, { queues: rig.mns.queues, port: rig.fc.port }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
