import { createHeap } from './heap.ts';
import type { Message } from './message.ts';

/** How many messages stand where. */
export interface Depth {
  /** Can be received now. */
  readonly active: number;
  /** Received, neither deleted nor visible again. */
  readonly inactive: number;
  /** Sent with a delay that is not over. */
  readonly delayed: number;
}

/** The messages of one queue, indexed by what happens to them next. It knows no clock: `now` is told. */
export interface Backlog {
  /** Also for messages read back from the store, whatever their state. */
  add(message: Message): void;
  find(sequence: number): Message | undefined;
  /** Brings the index up to `now`: messages that became visible are ready, expired ones are out and returned. */
  settle(now: number): { expired: Message[]; risen: Message[] };
  /** Up to `max` ready messages, lowest priority number first, then by time; each is hidden for `visibilityMs`. */
  take(max: number, now: number, visibilityMs: number): Message[];
  /** What `take` would give next, untouched. */
  peek(max: number): Message[];
  /** Hides the message until `visibleAt`, which makes older receipt handles stale. */
  hide(message: Message, visibleAt: number): void;
  remove(message: Message): void;
  /** When the next hidden message becomes visible. */
  nextVisibleAt(): number | undefined;
  depth(): Depth;
  all(): IterableIterator<Message>;
}

const firstToServe = (a: Message, b: Message) =>
  a.priority !== b.priority
    ? a.priority < b.priority
    : a.visibleAt !== b.visibleAt
      ? a.visibleAt < b.visibleAt
      : a.sequence < b.sequence;

const firstVisible = (a: Message, b: Message) =>
  a.visibleAt !== b.visibleAt ? a.visibleAt < b.visibleAt : a.sequence < b.sequence;

const firstExpired = (a: Message, b: Message) => a.expiresAt < b.expiresAt;

export function createBacklog(): Backlog {
  const messages = new Map<number, Message>();
  const ready = createHeap(firstToServe);
  const hidden = createHeap(firstVisible);
  const mortal = createHeap(firstExpired);

  const remove = (message: Message) => {
    messages.delete(message.sequence);
    if (!ready.remove(message)) hidden.remove(message);
    mortal.remove(message);
  };

  const hide = (message: Message, visibleAt: number) => {
    // Out before the change: the heap's order depends on it.
    if (!ready.remove(message)) hidden.remove(message);
    message.visibleAt = visibleAt;
    message.receipt++;
    hidden.push(message);
  };

  const popUntil = (
    heap: typeof ready,
    due: (message: Message) => boolean,
    each: (message: Message) => void,
  ) => {
    const popped: Message[] = [];
    for (let next = heap.peek(); next && due(next); next = heap.peek()) {
      each(next);
      popped.push(next);
    }
    return popped;
  };

  return {
    add(message) {
      messages.set(message.sequence, message);
      mortal.push(message);
      hidden.push(message);
    },
    find: (sequence) => messages.get(sequence),
    settle(now) {
      const expired = popUntil(mortal, (message) => message.expiresAt <= now, remove);
      const risen = popUntil(
        hidden,
        (message) => message.visibleAt <= now,
        (message) => {
          hidden.remove(message);
          ready.push(message);
        },
      );
      return { expired, risen };
    },
    take(max, now, visibilityMs) {
      const taken: Message[] = [];
      for (let next = ready.peek(); next && taken.length < max; next = ready.peek()) {
        hide(next, now + visibilityMs);
        next.dequeueCount++;
        next.firstDequeuedAt ??= now;
        taken.push(next);
      }
      return taken;
    },
    peek(max) {
      const seen: Message[] = [];
      for (let next = ready.pop(); next; next = seen.length < max ? ready.pop() : undefined) seen.push(next);
      for (const message of seen) ready.push(message);
      return seen;
    },
    hide,
    remove,
    nextVisibleAt: () => hidden.peek()?.visibleAt,
    depth() {
      const delayed = hidden.items().reduce((sum, message) => sum + (message.dequeueCount === 0 ? 1 : 0), 0);
      return { active: ready.size, inactive: hidden.size - delayed, delayed };
    },
    all: () => messages.values(),
  };
}
