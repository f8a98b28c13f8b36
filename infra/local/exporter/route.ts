import type { Event } from '../kubernetes/client/objects.ts';
import type { ObjectFacts } from './enhanced-event.ts';

/** Every field that is given has to match, as a regular expression found anywhere in the value. */
export interface Rule {
  readonly message?: string;
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly reason?: string;
  readonly type?: string;
  readonly component?: string;
  readonly host?: string;
  readonly minCount?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Sends what matches. */
  readonly receiver?: string;
}

export interface Route {
  readonly drop?: readonly Rule[];
  readonly match?: readonly Rule[];
  readonly routes?: readonly Route[];
}

/** All pods, and what the StatefulSet controller says about its pods. */
export const RECOMMENDED_ROUTE: Route = {
  routes: [
    { match: [{ kind: '^Pod$', receiver: 'webhook' }] },
    { match: [{ kind: '^StatefulSet$', reason: 'Successful(Create|Delete)', receiver: 'webhook' }] },
  ],
};

/**
 * How often the event is sent: once for each rule with a receiver that matches on the way down.
 * Source: kubernetes-event-exporter, pkg/exporter/route.go and rule.go.
 */
export function deliveries(route: Route, event: Event, facts: ObjectFacts): number {
  if (route.drop?.some((rule) => matches(rule, event, facts))) return 0;
  const rules = route.match ?? [];
  const matching = rules.filter((rule) => matches(rule, event, facts));
  const here = matching.filter((rule) => rule.receiver).length;
  if (matching.length < rules.length) return here;
  return (route.routes ?? []).reduce((total, inner) => total + deliveries(inner, event, facts), here);
}

function matches(rule: Rule, event: Event, facts: ObjectFacts): boolean {
  const texts: [string | undefined, string | undefined][] = [
    [rule.message, event.message],
    [rule.apiVersion, event.involvedObject.apiVersion],
    [rule.kind, event.involvedObject.kind],
    [rule.namespace, event.metadata.namespace],
    [rule.reason, event.reason],
    [rule.type, event.type],
    [rule.component, event.source?.component],
    [rule.host, event.source?.host],
  ];
  return (
    texts.every(([pattern, text = '']) => !pattern || new RegExp(pattern).test(text)) &&
    allMatch(rule.labels, facts.labels) &&
    allMatch(rule.annotations, facts.annotations) &&
    (event.count ?? 0) >= (rule.minCount ?? 0)
  );
}

function allMatch(
  patterns: Readonly<Record<string, string>> = {},
  values: Readonly<Record<string, string>> = {},
) {
  return Object.entries(patterns).every(([name, pattern]) => {
    const value = values[name];
    return value !== undefined && new RegExp(pattern).test(value);
  });
}
