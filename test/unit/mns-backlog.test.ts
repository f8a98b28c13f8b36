import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Backlog, createBacklog } from '../../infra/local/mns/backlog.ts';
import type { Message } from '../../infra/local/mns/message.ts';

const VISIBILITY = 5;

const step = fc.oneof(
  fc.record({
    kind: fc.constant('send' as const),
    priority: fc.integer({ min: 1, max: 3 }),
    delay: fc.constantFrom(0, 0, 3, 20),
    retention: fc.constantFrom(4, 12, 100),
  }),
  fc.record({ kind: fc.constant('take' as const), max: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('pass' as const), time: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant('delete' as const), index: fc.nat() }),
  fc.record({ kind: fc.constant('hide' as const), index: fc.nat(), time: fc.integer({ min: 1, max: 9 }) }),
);

/** The order of service, told in the plainest way. */
const inOrder = (messages: readonly Message[]) =>
  [...messages].sort(
    (a, b) => a.priority - b.priority || a.visibleAt - b.visibleAt || a.sequence - b.sequence,
  );

describe('a backlog', () => {
  it('gives what a plain list would give, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const backlog: Backlog = createBacklog();
        let model: Message[] = [];
        let now = 0;
        let sequence = 0;
        for (const one of steps) {
          if (one.kind === 'send') {
            const message: Message = {
              sequence: ++sequence,
              id: `m${sequence}`,
              body: '',
              bodyMd5: '',
              priority: one.priority,
              enqueuedAt: now,
              expiresAt: now + one.retention,
              visibleAt: now + one.delay,
              dequeueCount: 0,
              receipt: 0,
            };
            backlog.add(message);
            model.push({ ...message });
          } else if (one.kind === 'pass') {
            now += one.time;
          }
          backlog.settle(now);
          model = model.filter((message) => message.expiresAt > now);
          const ready = inOrder(model.filter((message) => message.visibleAt <= now));
          if (one.kind === 'take') {
            expect(backlog.peek(one.max).map((message) => message.id)).toEqual(
              ready.slice(0, one.max).map((message) => message.id),
            );
            const taken = backlog.take(one.max, now, VISIBILITY);
            const expected = ready.slice(0, one.max);
            for (const message of expected) {
              message.visibleAt = now + VISIBILITY;
              message.dequeueCount++;
              message.firstDequeuedAt ??= now;
              message.receipt++;
            }
            expect(taken).toEqual(expected);
          }
          const chosen =
            one.kind === 'delete' || one.kind === 'hide' ? model[one.index % model.length] : undefined;
          const same = chosen && backlog.find(chosen.sequence);
          if (chosen && same && one.kind === 'delete') {
            backlog.remove(same);
            model = model.filter((message) => message !== chosen);
          }
          if (chosen && same && one.kind === 'hide') {
            backlog.hide(same, now + one.time);
            chosen.visibleAt = now + one.time;
            chosen.receipt++;
          }
          const hidden = model.filter((message) => message.visibleAt > now);
          expect([...backlog.all()]).toEqual(model);
          expect(backlog.nextVisibleAt()).toBe(
            hidden.length > 0 ? Math.min(...hidden.map((message) => message.visibleAt)) : undefined,
          );
          expect(backlog.depth()).toEqual({
            active: model.length - hidden.length,
            inactive: hidden.filter((message) => message.dequeueCount > 0).length,
            delayed: hidden.filter((message) => message.dequeueCount === 0).length,
          });
        }
      }),
    );
  });
});
