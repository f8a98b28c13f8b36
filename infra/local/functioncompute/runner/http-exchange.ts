import { Readable } from 'node:stream';
import type { HttpRequestParts, HttpResponseParts } from '../protocol.ts';
import type { Exported } from './code.ts';

/** Source: Function Compute 2.0, "HTTP handler": these are the platform's own, and setting them has no effect. */
const RESERVED = /^(x-fc-.*|connection|content-length|date|keep-alive|server|upgrade)$/i;

export interface HttpResult {
  readonly body: Uint8Array;
  readonly http: HttpResponseParts;
}

/** Calls an HTTP handler, `(request, response, context)`; it is done when it sends its response, not when it returns. */
export function callHttpHandler(
  handler: Exported,
  parts: HttpRequestParts,
  body: Uint8Array,
  context: unknown,
): Promise<HttpResult> {
  return new Promise((resolve, reject) => {
    const request = Object.assign(Readable.from(body.length > 0 ? [Buffer.from(body)] : []), parts);
    let status = 200;
    const headers: Record<string, string> = {};
    const response = {
      setStatusCode(code: number) {
        status = code;
      },
      setHeader(name: string, value: unknown) {
        if (!RESERVED.test(name)) headers[name.toLowerCase()] = String(value);
      },
      deleteHeader(name: string) {
        delete headers[name.toLowerCase()];
      },
      send(content: string | Uint8Array | Readable = '') {
        toBytes(content).then((bytes) => resolve({ body: bytes, http: { status, headers } }), reject);
      },
    };
    Promise.resolve(handler(request, response, context)).catch(reject);
  });
}

async function toBytes(content: string | Uint8Array | Readable): Promise<Uint8Array> {
  if (typeof content === 'string') return Buffer.from(content);
  if (content instanceof Uint8Array) return content;
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks);
}
