import type { Fault, FaultRule } from '../../infra/local/kernel/faults.ts';
import type { Random } from '../../infra/local/kernel/random.ts';
import { every, pick, type Timed } from './timing.ts';

/** Something that goes wrong often, for a while. */
export interface Spell {
  readonly ms: number;
  readonly rule: FaultRule;
}

/** How one service fails. What acted and answers with an error leaves open what it did, as 5xx do. */
interface Climate {
  readonly service: string;
  readonly operations: readonly (RegExp | undefined)[];
  readonly faults: readonly Fault[];
}

const error = (status: number, code: string): Fault => ({ kind: 'error', status, code });
const errorAfter = (status: number, code: string): Fault => ({ kind: 'error-after', status, code });
const DROP: Fault = { kind: 'drop' };
const DROP_AFTER: Fault = { kind: 'drop-after' };
/** Cloud time. */
const SLOW: Fault = { kind: 'delay', ms: 5_000 };
/** A call that lands when the world has gone on, and yet before its client gives it up. */
const LATE: Fault = { kind: 'delay', ms: 30_000 };

const CLIMATES: readonly Climate[] = [
  {
    service: 'tablestore',
    operations: [undefined, /^(?:UpdateRow|PutRow|DeleteRow|BatchWriteRow)$/, /^(?:BatchGetRow|GetRange)$/],
    faults: [
      error(503, 'OTSServerBusy'),
      error(500, 'OTSInternalServerError'),
      errorAfter(500, 'OTSInternalServerError'),
      DROP,
      DROP_AFTER,
      SLOW,
    ],
  },
  {
    service: 'mns',
    operations: [undefined],
    faults: [error(500, 'InternalError'), errorAfter(500, 'InternalError'), DROP, DROP_AFTER, SLOW],
  },
  {
    service: 'openapi',
    operations: [undefined, /Eip/, /PrivateIp|NetworkInterface/, /^Describe/, /^(?:Unas|Release)/, /^Assoc/],
    faults: [
      error(400, 'Throttling.User'),
      error(503, 'ServiceUnavailable'),
      error(500, 'InternalError'),
      errorAfter(500, 'InternalError'),
      DROP,
      DROP_AFTER,
      SLOW,
      LATE,
      LATE,
    ],
  },
  {
    service: 'kubernetes',
    operations: [undefined, /^(?:get|list) pods/, /^patch pods/, /^watch/],
    faults: [
      error(500, 'InternalError'),
      error(503, 'ServiceUnavailable'),
      error(429, 'TooManyRequests'),
      error(403, 'Forbidden'),
      errorAfter(500, 'InternalError'),
      DROP,
      DROP_AFTER,
      SLOW,
    ],
  },
  {
    service: 'functioncompute',
    operations: [/^Invoke:/],
    faults: [error(500, 'InternalServerError'), errorAfter(500, 'InternalServerError')],
  },
];

/** A shower every few seconds, up to a whole outage of a few seconds, over a drizzle that never ends. */
export function spells(random: Random, ms: number): readonly Timed<Spell>[] {
  const drizzle = CLIMATES.flatMap(({ service, operations: [operation], faults }) =>
    faults.map((fault) => ({ at: 0, ms, rule: ruleOf(service, operation, fault, DRIZZLE) })),
  );
  const showers = every(random, 2_500, ms, (draw): Spell => {
    const climate = CLIMATES[pick(draw, CLIMATES)] ?? (CLIMATES[0] as Climate);
    const operation = climate.operations[pick(draw, climate.operations)];
    const fault = climate.faults[pick(draw, climate.faults)] ?? DROP;
    const probability = SHOWERS[pick(draw, SHOWERS)] ?? 1;
    return {
      ms: draw.integer(500, LONGEST_SHOWER_MS),
      rule: ruleOf(climate.service, operation, fault, probability),
    };
  });
  return [...drizzle, ...showers];
}

const DRIZZLE = 0.004;
const SHOWERS = [0.1, 0.3, 0.6, 1];
/** Real time. The cluster's own controllers take nodes for lost that cannot report for longer. */
const LONGEST_SHOWER_MS = 4_000;

const ruleOf = (
  service: string,
  operation: RegExp | undefined,
  fault: Fault,
  probability: number,
): FaultRule => ({ service, fault, probability, ...(operation ? { operation } : {}) });
