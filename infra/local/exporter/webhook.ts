import { Agent, request as httpRequest } from 'node:http';
import { request as httpsRequest, Agent as SecureAgent } from 'node:https';

export interface Webhook {
  readonly url: string;
  /** Added to those that Go's client sends. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface WebhookPoster {
  /** Resolves with the HTTP status; rejects when there was no answer. Nothing is tried again. */
  post(body: string): Promise<number>;
  close(): void;
}

export function createWebhookPoster({ url, headers }: Webhook): WebhookPoster {
  const secure = url.startsWith('https:');
  const agent = secure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  return {
    post: (body) =>
      new Promise((resolve, reject) => {
        const asking = (secure ? httpsRequest : httpRequest)(
          url,
          {
            method: 'POST',
            agent,
            headers: {
              'User-Agent': 'Go-http-client/1.1',
              'Content-Length': Buffer.byteLength(body),
              'Content-Type': 'application/json',
              ...headers,
              'Accept-Encoding': 'gzip',
            },
          },
          (response) => {
            response.resume();
            response.once('end', () => resolve(response.statusCode ?? 0));
            response.once('error', reject);
          },
        );
        asking.once('error', reject);
        asking.end(body);
      }),
    close: () => agent.destroy(),
  };
}
