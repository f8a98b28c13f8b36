import type { Clock } from '../kernel/clock.ts';

/** What is remembered of a call that carried a ClientToken. */
export interface TokenRecord {
  readonly key: string;
  readonly fingerprint: string;
  /** Cloud time, ms. */
  readonly at: number;
  /** The answer, or undefined while the call is still running. */
  readonly answer: object | undefined;
}

export type TokenVerdict =
  | { readonly kind: 'first' | 'running' | 'mismatch' }
  | { readonly kind: 'replay'; readonly answer: object };

/**
 * Remembers calls by their ClientToken, so that a repeated one gets the same answer and has no second effect.
 * Source: VPC API reference, "Ensure idempotence"; ECS the same.
 */
export interface ClientTokens {
  /** `key` names action and token, `fingerprint` all other parameters. A 'first' call is marked as running. */
  begin(key: string, fingerprint: string): TokenVerdict;
  succeed(key: string, answer: object): void;
  /** A call that failed had no effect: its token can be used again. */
  fail(key: string): void;
  answered(): readonly TokenRecord[];
}

export function createClientTokens(
  clock: Clock,
  validityMs: number,
  remembered: readonly TokenRecord[] = [],
): ClientTokens {
  const records = new Map(remembered.map((record) => [record.key, record]));

  /** All are valid equally long, so the oldest are the first to go. */
  const forget = () => {
    for (const [key, record] of records) {
      if (record.at + validityMs > clock.now()) return;
      records.delete(key);
    }
  };

  return {
    begin(key, fingerprint) {
      forget();
      const known = records.get(key);
      if (!known) {
        records.set(key, { key, fingerprint, at: clock.now(), answer: undefined });
        return { kind: 'first' };
      }
      if (known.fingerprint !== fingerprint) return { kind: 'mismatch' };
      return known.answer ? { kind: 'replay', answer: known.answer } : { kind: 'running' };
    },
    succeed(key, answer) {
      const running = records.get(key);
      if (running) records.set(key, { ...running, answer });
    },
    fail(key) {
      records.delete(key);
    },
    answered: () => [...records.values()].filter((record) => record.answer !== undefined),
  };
}
