import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** An API server under test. */
export interface Target {
  readonly url: string;
  readonly token: string;
  /** The certificate to trust, PEM. */
  readonly ca?: string;
}

export type Fields = Record<string, unknown>;

export interface Answer {
  readonly status: number;
  readonly body: Fields;
}

export const MEDIA = {
  json: 'application/json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  patch: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** A watch under way: what it has seen so far, and the way to end it. */
export interface Watching {
  readonly events: readonly Fields[];
  /** Resolves once `count` events have come, or `ms` have passed. */
  until(count: number, ms?: number): Promise<readonly Fields[]>;
  close(): void;
}

const AGENT = 'battery/1.0';

function open(target: Target, method: string, path: string, headers: Record<string, string>) {
  const url = new URL(target.url + path);
  const options = {
    method,
    headers: { authorization: `Bearer ${target.token}`, 'user-agent': AGENT, ...headers },
  };
  return url.protocol === 'https:'
    ? httpsRequest(url, { ...options, ...(target.ca === undefined ? {} : { ca: target.ca }) })
    : httpRequest(url, options);
}

/** One request, one decoded answer; text answers come as `{ text }`. */
export function send(
  target: Target,
  method: string,
  path: string,
  body?: unknown,
  contentType: string = MEDIA.json,
  accept: string = MEDIA.json,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const outgoing = open(target, method, path, {
      accept,
      // Node frames the body of a DELETE only when it is told the length.
      ...(text === undefined
        ? {}
        : { 'content-type': contentType, 'content-length': String(Buffer.byteLength(text)) }),
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, body: decode(text) });
      });
    });
    outgoing.end(text);
  });
}

function decode(text: string): Fields {
  try {
    return JSON.parse(text) as Fields;
  } catch {
    return { text };
  }
}

/** Opens a watch; resolves once the server has answered its headers. */
export function watch(target: Target, path: string, accept: string = MEDIA.json): Promise<Watching> {
  const events: Fields[] = [];
  let notify = () => {};
  return new Promise((resolve, reject) => {
    const outgoing = open(target, 'GET', path, { accept });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      let rest = '';
      response.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') events.push(JSON.parse(line) as Fields);
        notify();
      });
      response.on('error', () => {});
      resolve({
        events,
        until: (count, ms = 3000) =>
          new Promise((done) => {
            const timer = setTimeout(() => done(events), ms);
            notify = () => {
              if (events.length < count) return;
              clearTimeout(timer);
              done(events);
            };
            notify();
          }),
        close: () => outgoing.destroy(),
      });
    });
    outgoing.end();
  });
}
