import type { Random } from '../../infra/local/kernel/random.ts';
import { requireTime } from '../../shared/adapters/time-left.ts';
import type { Identity } from '../../shared/claim/identity.ts';
import { decodeHint, encodeHint } from '../../shared/intake/hint.ts';
import { reconcileBatch } from '../../shared/reconcile/hints.ts';
import type { Hint, HintQueue, Ports } from '../../shared/reconcile/ports.ts';
import { resyncPass } from '../../shared/reconcile/resync.ts';
import { retainPass } from '../../shared/reconcile/retain.ts';
import { within } from './draw.ts';
import type { EventClock } from './event-clock.ts';
import type { Faults } from './faults.ts';
import type { Process } from './process/process.ts';
import type { Processes } from './process/processes.ts';
import type { Trace } from './trace.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** When the platform kills each function, ms. Source: serverless.yml. */
const TIMEOUT_MS = { reconcile: 60 * SECOND, retain: 120 * SECOND, resync: 300 * SECOND } as const;

/** A message whose function ended without an answer comes again so often. Source: EventBridge, retry policy BACKOFF. */
const MOST_DELIVERIES = 4;
const MOST_IN_BATCH = 8;

/** The queue of hints, the functions that it triggers, and the timers. */
export interface FunctionHost {
  queueFor(process: Process): HintQueue;
  /** An event of a cluster, on its way through the exporter. */
  onEvent(identity: Identity): void;
  /** A hint that asks to look at the cloud as well, as a sweep gives them. */
  hint(identity: Identity): void;
  /** Both timers, once. Nothing happens where they are off. */
  fireTimers(): void;
  startTimers(): void;
  stopTimers(): void;
  /** While the platform is down, no function starts; messages wait. */
  setDown(down: boolean): void;
  /** Messages that are on the queue, delayed ones too. */
  readonly waiting: number;
  /** How many hints the last sweep gave. */
  readonly lastHinted: number;
  readonly delivered: ReadonlyMap<string, number>;
}

interface Message {
  readonly body: string;
  deliveries: number;
}

export interface HostOptions {
  readonly clock: EventClock;
  readonly random: Random;
  readonly faults: Faults;
  readonly processes: Processes;
  readonly trace: Trace;
  readonly mostDeliveries?: number | undefined;
  portsFor(process: Process): Ports;
}

export function createFunctionHost(options: HostOptions): FunctionHost {
  const { clock, random, faults, processes, trace, portsFor, mostDeliveries = MOST_DELIVERIES } = options;
  const delivered = new Map<string, number>();
  let visible: Message[] = [];
  let waiting = 0;
  let down = false;
  let triggered = false;
  let timersOn = false;
  let lastHinted = 0;

  const put = (message: Message, delayMs: number) => {
    waiting++;
    clock.after(delayMs, () => {
      visible.push(message);
      trigger();
    });
  };
  const send = (hint: Hint, delayMs: number) => put({ body: encodeHint(hint), deliveries: 0 }, delayMs);

  /** A batch is taken a moment after its first message, as long as there are any. */
  const trigger = () => {
    if (triggered || down) return;
    triggered = true;
    clock.after(within(random, 1, 40), () => {
      triggered = false;
      if (down || visible.length === 0) return;
      const batch = visible.slice(0, random.integer(1, MOST_IN_BATCH));
      visible = visible.slice(batch.length);
      reconcileThem(batch);
      if (visible.length > 0) trigger();
    });
  };

  const reconcileThem = (batch: readonly Message[]) => {
    const hints = batch.flatMap(({ body }) => decodeHint(JSON.parse(body)) ?? []);
    for (const { clusterId, namespace, pod } of hints) {
      const name = `${clusterId}/${namespace}/${pod}`;
      delivered.set(name, (delivered.get(name) ?? 0) + 1);
    }
    processes.start(
      'reconcile',
      TIMEOUT_MS.reconcile,
      (process) => {
        if (trace.on)
          trace.add(`reconcile#${process.number} starts: ${hints.map(({ pod }) => pod).join(' ')}`);
        return reconcileBatch(portsFor(process), hints);
      },
      (returned) => {
        waiting -= batch.length;
        if (returned) return;
        for (const message of batch) {
          message.deliveries++;
          if (message.deliveries < mostDeliveries) put(message, within(random, 10, 20) * SECOND);
        }
      },
    );
  };

  const retain = () =>
    processes.start(
      'retain',
      TIMEOUT_MS.retain,
      (process) => retainPass(portsFor(process)),
      () => {},
    );
  const resync = () =>
    processes.start(
      'resync',
      TIMEOUT_MS.resync,
      async (process) => {
        lastHinted = (await resyncPass(portsFor(process))).hinted;
      },
      () => {},
    );

  const fire = (run: () => void) => {
    if (!down && !faults.strikes('missed timer')) run();
  };
  const tick = (run: () => void) => {
    if (!timersOn) return;
    fire(run);
    clock.after(MINUTE, () => tick(run));
  };

  return {
    queueFor: (process) => ({
      async send(hints) {
        requireTime(process.remainingMs, 'the queue');
        await process.call(
          'queue',
          () => `send ${hints.map(({ hint, delayMs }) => `${hint.pod}+${delayMs ?? 0}`).join(' ')}`,
          () => {
            for (const { hint, delayMs } of hints) send(hint, delayMs ?? 0);
          },
        );
      },
    }),
    onEvent(identity) {
      if (faults.strikes('lost event')) return;
      const delay = faults.strikes('late event') ? within(random, 1, 90) * SECOND : within(random, 5, 300);
      send(identity, delay);
      if (faults.strikes('doubled event')) send(identity, within(random, 5, 30 * SECOND));
    },
    hint: (identity) => send({ ...identity, look: true }, 0),
    fireTimers() {
      fire(retain);
      fire(resync);
    },
    startTimers() {
      timersOn = true;
      clock.after(within(random, 0, MINUTE), () => tick(retain));
      clock.after(within(random, 0, MINUTE), () => tick(resync));
    },
    stopTimers() {
      timersOn = false;
    },
    setDown(isDown) {
      down = isDown;
      if (!down && visible.length > 0) trigger();
    },
    get waiting() {
      return waiting;
    },
    get lastHinted() {
      return lastHinted;
    },
    delivered,
  };
}
