/** The status of a program that Ctrl-C has ended before it was done, as a shell gives it: 128 and the signal's number. */
export const INTERRUPTED = 130;

/**
 * Ends the process in good order at Ctrl-C or SIGTERM: it closes, and exits with `status`; with 1, and the error told,
 * where closing fails. A terminal signals this process, and so does npm: the second signal must not cut the closing short.
 *
 * Gives what closes without a signal. It closes once, whoever asks first; an end that a signal has begun is waited for.
 */
export function closeOnSignal(close: () => Promise<void>, status: number): () => Promise<void> {
  let closing: Promise<void> | undefined;
  const closeOnce = () => {
    closing ??= close();
    return closing;
  };
  const end = () => {
    closeOnce().then(
      () => process.exit(status),
      (error) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  return closeOnce;
}
