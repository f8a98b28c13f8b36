/** Work that follows a write, done after the write was answered, as a controller of the server would do it. */
export interface Deferred<T> {
  add(item: T): void;
  stop(): void;
}

/** Handles each item once per turn of the event loop, however often it was added. */
export function deferred<T>(handle: (item: T) => void): Deferred<T> {
  let waiting = new Set<T>();
  let turn: NodeJS.Immediate | undefined;
  const run = () => {
    turn = undefined;
    const items = waiting;
    waiting = new Set();
    for (const item of items) handle(item);
  };
  return {
    add(item) {
      waiting.add(item);
      turn ??= setImmediate(run);
    },
    stop() {
      waiting.clear();
      if (turn) clearImmediate(turn);
    },
  };
}
