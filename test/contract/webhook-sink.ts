import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A webhook that keeps what it is sent, and answers as it is told. */
export async function openWebhookSink() {
  const received: Received[] = [];
  let status = 200;
  let waiting: (() => void)[] | undefined;
  let mostAtOnce = 0;
  let atOnce = 0;
  const server = createServer(async (request, response) => {
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', url: path = '', headers } = request;
    received.push({ method, path, headers, body: Buffer.concat(chunks).toString('utf8') });
    const gate = waiting;
    if (gate) await new Promise<void>((resolve) => gate.push(resolve));
    atOnce--;
    response.writeHead(status).end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    received,
    bodies: () => received.map(({ body }) => JSON.parse(body)),
    reasons: (): string[] => received.map(({ body }) => JSON.parse(body).reason),
    mostAtOnce: () => mostAtOnce,
    answer(next: number) {
      status = next;
    },
    /** Answers nothing until `release`. */
    hold() {
      waiting = [];
    },
    release() {
      for (const resolve of waiting ?? []) resolve();
      waiting = undefined;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type WebhookSink = Awaited<ReturnType<typeof openWebhookSink>>;
