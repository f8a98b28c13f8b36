import { request as httpRequest } from 'node:http';
import { onTestFinished } from 'vitest';
import type { CloudContext } from '../../infra/local/kernel/context.ts';
import { listen, type Reply, type Request } from '../../infra/local/kernel/http.ts';

export interface Gateway {
  readonly url: string;
  /** What came in, in that order. */
  readonly seen: readonly Request[];
}

/** What stands between a client and a service: answers the first requests itself, and lets the others through. */
export async function openGateway(
  context: CloudContext,
  service: string,
  first: readonly Reply[] = [],
): Promise<Gateway> {
  const answers = [...first];
  const seen: Request[] = [];
  const listening = await listen(context, {
    service: 'gateway',
    operation: () => 'Any',
    handle(request) {
      seen.push(request);
      return answers.shift() ?? forward(service, request);
    },
    fail: () => ({ status: 500 }),
  });
  onTestFinished(() => listening.close());
  return { url: listening.url, seen };
}

function forward(service: string, { method, path, rawQuery, headers, body }: Request): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const url = `${service}${path}${rawQuery && `?${rawQuery}`}`;
    const passed = httpRequest(url, { method, headers }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      resolve({
        status: answer.statusCode ?? 0,
        headers: { 'content-type': answer.headers['content-type'] ?? '' },
        body: Buffer.concat(chunks),
      });
    });
    passed.once('error', reject);
    passed.end(body);
  });
}
