import { failure } from '../../shared/adapters/failure.ts';
import type { Cloud, Ports } from '../../shared/reconcile/ports.ts';

/**
 * What befalls a function at one of its calls. It dies before the call is made, or when it has acted and before
 * anything is done with the answer; or it lives, and the answer is lost.
 */
export type Blow = 'dies before' | 'dies after' | 'loses the answer of';

export interface Fate {
  /** Ports of one process: when it dies, whatever it still tries fails. */
  newPorts(): Ports;
  /** The calls so far, over all processes: `claims.save`, `eips.allocate`, ... */
  readonly calls: readonly string[];
  struck(): boolean;
}

const PORTS = ['claims', 'pods', 'hints', 'quota', 'releases'] as const;

/** Not a `Failure`: nothing in the product can know what it means. */
const death = () => Object.assign(new Error('the process is dead'), { name: 'Death' });

/** A function that is frozen before a call, and goes on when the rest of the world has done this. */
export interface Sleep {
  readonly kind: 'sleeps before';
  readonly at: number;
  meanwhile(): Promise<void>;
}

/** Ports on which the call number `at` (from 0) is the one that the blow falls on; none where it is left out. */
export function createFate(
  newPorts: () => Ports,
  blow?: { readonly kind: Blow; readonly at: number } | Sleep,
): Fate {
  const calls: string[] = [];
  let struck = false;

  const mortal = (ports: Ports): Ports => {
    let dead = false;
    const die = () => {
      dead = true;
      return death();
    };
    const meet = async (name: string, call: () => Promise<unknown>): Promise<unknown> => {
      if (dead) throw death();
      const hit = blow !== undefined && calls.length === blow.at;
      calls.push(name);
      if (!hit) {
        const answer = await call();
        if (dead) throw death();
        return answer;
      }
      struck = true;
      if (blow.kind === 'sleeps before') {
        await blow.meanwhile();
        return call();
      }
      if (blow.kind === 'dies before') throw die();
      await call();
      if (blow.kind === 'dies after') throw die();
      throw failure('unavailable', 'NoAnswer', `the answer of ${name} is lost`);
    };
    const wrap = <T extends object>(portName: string, port: T): T =>
      new Proxy(port, {
        get(target, property) {
          const value: unknown = Reflect.get(target, property);
          // Told by what was answered before: no call.
          if (typeof value !== 'function' || property === 'skewMs') return value;
          const name = `${portName}.${String(property)}`;
          if (property === 'all' || property === 'tagged') {
            return async function* () {
              yield* (await meet(name, () => collect(value.call(target)))) as unknown[];
            };
          }
          return (...args: unknown[]) => meet(name, () => value.apply(target, args) as Promise<unknown>);
        },
      });
    const wrapCloud = ({ eips, enis }: Cloud): Cloud => ({
      eips: wrap('eips', eips),
      enis: wrap('enis', enis),
    });
    return {
      ...ports,
      ...Object.fromEntries(PORTS.map((name) => [name, wrap(name, ports[name])])),
      cloud: { bind: wrapCloud(ports.cloud.bind), release: wrapCloud(ports.cloud.release) },
    };
  };
  return { newPorts: () => mortal(newPorts()), calls, struck: () => struck };
}

async function collect(pages: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const page of pages) all.push(page);
  return all;
}
