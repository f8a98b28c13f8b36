import type { Clock } from '../kernel/clock.ts';
import type { EcsCall } from './ecs.ts';

export interface InterfaceState {
  readonly id: string;
  readonly status: string;
  readonly instanceId: string;
}

export interface InterfaceLookout {
  /** What the cloud says of the interface at the next common look; undefined when there is none. */
  look(id: string, signal: AbortSignal): Promise<InterfaceState | undefined>;
}

interface Described {
  readonly NetworkInterfaceSets?: {
    readonly NetworkInterfaceSet?: readonly {
      readonly NetworkInterfaceId: string;
      readonly Status: string;
      readonly InstanceId?: string;
    }[];
  };
}

/** How many ids one call takes. Source: ECS API reference, DescribeNetworkInterfaces. */
const MOST_IDS = 100;
const EVERY_MS = 300;

type Waiting = { resolve: (state: InterfaceState | undefined) => void; reject: (error: unknown) => void };

/** Asks for all interfaces that someone waits for in one call: hundreds of pods start on a quota of 800 calls a minute. */
export function createInterfaceLookout(call: EcsCall, clock: Clock): InterfaceLookout {
  const waiting = new Map<string, Waiting[]>();
  let armed = false;

  const describe = async (ids: readonly string[], waiters: ReadonlyMap<string, Waiting[]>) => {
    const parameters: Record<string, string> = { MaxResults: String(MOST_IDS) };
    for (const [index, id] of ids.entries()) parameters[`NetworkInterfaceId.${index + 1}`] = id;
    const answers = (settle: (waiter: Waiting, id: string) => void) => {
      for (const id of ids) for (const waiter of waiters.get(id) ?? []) settle(waiter, id);
    };
    try {
      const described = await call<Described>('DescribeNetworkInterfaces', parameters);
      const states = new Map(
        (described.NetworkInterfaceSets?.NetworkInterfaceSet ?? []).map((eni) => [
          eni.NetworkInterfaceId,
          { id: eni.NetworkInterfaceId, status: eni.Status, instanceId: eni.InstanceId ?? '' },
        ]),
      );
      answers((waiter, id) => waiter.resolve(states.get(id)));
    } catch (error) {
      answers((waiter) => waiter.reject(error));
    }
  };

  const lookAtAll = () => {
    armed = false;
    const waiters = new Map(waiting);
    waiting.clear();
    const ids = [...waiters.keys()];
    for (let from = 0; from < ids.length; from += MOST_IDS) {
      void describe(ids.slice(from, from + MOST_IDS), waiters);
    }
  };

  return {
    async look(id, signal) {
      signal.throwIfAborted();
      let onAbort = () => {};
      const answer = new Promise<InterfaceState | undefined>((resolve, reject) => {
        onAbort = () => reject(signal.reason);
        signal.addEventListener('abort', onAbort, { once: true });
        waiting.set(id, [...(waiting.get(id) ?? []), { resolve, reject }]);
      });
      if (!armed) clock.after(EVERY_MS, lookAtAll);
      armed = true;
      return answer.finally(() => signal.removeEventListener('abort', onAbort));
    },
  };
}
