import { startFunctionCompute } from '../../infra/local/functioncompute/server.ts';
import { createContext } from '../../infra/local/kernel/context.ts';
import { zipped } from './functioncompute-rig.ts';
import { sdkFor } from './functioncompute-sdk.ts';

/** A cloud in a process of its own, to be killed: it tells the log of a function that never looks up from its work. */

const context = createContext();
const queues = { receive: async () => [], delete: async () => {}, send: async () => {} };
const fc = await startFunctionCompute(context, { queues });
const sdk = sdkFor(fc.url, context.account.id, context.account.owner);
const code = `
  export const handler = () => {
    console.log(JSON.stringify({ pid: process.pid, folder: process.cwd() }));
    for (;;);
  };`;
await sdk.createService('svc');
await sdk.createFunction('svc', {
  functionName: 'stuck',
  runtime: 'nodejs20',
  handler: 'index.handler',
  timeout: 600,
  code: { zipFile: zipped({ 'index.mjs': code }) },
});
fc.onLog(({ line }) => console.log(line));
await sdk.invokeFunction('svc', 'stuck', '');
