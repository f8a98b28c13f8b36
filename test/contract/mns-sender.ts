/** A cloud in a process of its own, to be killed: sends without end, and prints each body once it is acknowledged. */
import { createContext } from '../../infra/local/kernel/context.ts';
import { startMns } from '../../infra/local/mns/server.ts';
import { sdkFor } from './mns-sdk.ts';

const [dataDir = ''] = process.argv.slice(2);
const context = createContext({ dataDir });
const mns = await startMns(context);
const sdk = sdkFor(mns.url, context.account.owner);
await sdk.createQueue('q');
const sendForever = async (sender: number) => {
  for (let count = 0; ; count++) {
    const body = `${sender}-${count}`;
    await sdk.sendMessage('q', { MessageBody: body });
    process.stdout.write(`${body}\n`);
  }
};
await Promise.all([1, 2, 3, 4].map(sendForever));
