import type { Random } from './random.ts';

/**
 * What goes wrong. `error` answers with the service's own code without acting; `error-after` acts first;
 * `drop` closes the connection without acting; `drop-after` acts, then closes it: the effect happened, the answer is lost.
 */
export type Fault =
  | {
      readonly kind: 'error' | 'error-after';
      readonly status: number;
      readonly code: string;
      readonly message?: string;
    }
  | { readonly kind: 'drop' | 'drop-after' }
  | { readonly kind: 'delay'; readonly ms: number };

export interface FaultRule {
  /** Service, as its folder under `infra/local` is named; any when left out. */
  readonly service?: string;
  /** Operation, as the service's API names it (`AssociateEipAddress`, `UpdateRow`, `SendMessage`); any when left out. */
  readonly operation?: string | RegExp;
  /** Share of the matching calls that are hit, 0 to 1. Default 1. */
  readonly probability?: number;
  /** How many calls are hit before the rule is spent. Default: no end. */
  readonly times?: number;
  /** How many matching calls go through before the first is hit. Default 0. */
  readonly skip?: number;
  readonly fault: Fault;
}

export interface Faults {
  add(rule: FaultRule): { remove(): void };
  clear(): void;
  /** The fault that hits this call, if any; the first rule that strikes wins. */
  strike(service: string, operation: string): Fault | undefined;
  /** How many calls were hit so far, by all rules that there were. */
  struck(): number;
}

export function createFaults(random: Random, rules: readonly FaultRule[] = []): Faults {
  let total = 0;
  let active: { rule: FaultRule; seen: number; struck: number }[] = [];
  const add = (rule: FaultRule) => {
    const entry = { rule, seen: 0, struck: 0 };
    active.push(entry);
    return {
      remove() {
        active = active.filter((other) => other !== entry);
      },
    };
  };
  for (const rule of rules) add(rule);
  const matches = ({ service, operation }: FaultRule, calledService: string, calledOperation: string) =>
    (service === undefined || service === calledService) &&
    (operation === undefined ||
      (typeof operation === 'string' ? operation === calledOperation : operation.test(calledOperation)));
  return {
    add,
    clear() {
      active = [];
    },
    strike(service, operation) {
      for (const entry of active) {
        const { rule } = entry;
        if (!matches(rule, service, operation)) continue;
        if (entry.struck >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
        if (entry.seen++ < (rule.skip ?? 0)) continue;
        if (random.next() >= (rule.probability ?? 1)) continue;
        entry.struck++;
        total++;
        return rule.fault;
      }
      return undefined;
    },
    struck: () => total,
  };
}
