import { expect, it } from 'vitest';
import { showFunctionLog } from '../../infra/local/function-log.ts';
import { startRig } from './functioncompute-rig.ts';

const BROKEN = `throw new Error('configuration: HOLDFAST_QUEUE is missing');`;
const TALKING = `export const handler = async () => { process.stdout.write('{"msg":"invocation"}\\n'); return 'ok'; };`;
const UNREADY = `
  export const initializer = () => { throw new Error('the store does not answer'); };
  export const handler = () => 'ok';`;
const FAILING = `export const handler = async () => { throw new Error('not today'); };`;

async function startShown(verbose: boolean) {
  const rig = await startRig();
  const shown: string[] = [];
  showFunctionLog(rig.fc, { verbose, write: (line) => shown.push(line) });
  return { ...rig, shown, fails: (name: string) => rig.call(name).catch(() => undefined) };
}

/** What is shown of a function that says something, and of one that fails. */
async function shownOfBoth(verbose: boolean) {
  const { deploy, call, fails, shown } = await startShown(verbose);
  await deploy('talking', TALKING);
  await deploy('failing', FAILING);
  await call('talking');
  await fails('failing');
  return shown;
}

it('shows once why a function cannot start, however often it is called, also where nobody asked for the log', async () => {
  const { deploy, fails, shown } = await startShown(false);
  await deploy('reconcile', BROKEN);
  await deploy('retain', UNREADY, { initializer: 'index.initializer', initializationTimeout: 3 });
  for (let call = 0; call < 3; call++) {
    await fails('reconcile');
    await fails('retain');
  }
  expect(shown).toEqual([
    'reconcile cannot start: configuration: HOLDFAST_QUEUE is missing',
    'retain cannot start: the store does not answer',
  ]);
});

it('shows no line of a function that has started, where nobody asked for the log', async () => {
  expect(await shownOfBoth(false)).toEqual([]);
});

it('shows each line behind its function, without those of the platform around each call', async () => {
  expect(await shownOfBoth(true)).toEqual([
    'talking    {"msg":"invocation"}',
    expect.stringMatching(/^failing {4}.*\[error\] .*not today/),
  ]);
});
