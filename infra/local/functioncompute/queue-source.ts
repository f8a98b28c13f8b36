/** A message as it is handed out. Times in ms of cloud time. */
export interface QueuedMessage {
  readonly id: string;
  readonly body: string;
  readonly receiptHandle: string;
  readonly enqueuedAt: number;
}

/** What the service needs of the message queues: to poll them for triggers, and to send to destinations. */
export interface QueueSource {
  /** Up to `max` (1-16) messages; none when there were none within `waitMs` (0-30000), or the signal aborted. */
  receive(
    queue: string,
    options: { readonly max: number; readonly waitMs: number; readonly signal?: AbortSignal },
  ): Promise<readonly QueuedMessage[]>;
  /** Rejects when the handle is no good any more. */
  delete(queue: string, receiptHandle: string): Promise<void>;
  send(queue: string, body: string): Promise<unknown>;
}
