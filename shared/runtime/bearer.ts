import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareObj } from '@middy/core';
import type { HttpReply, HttpRequest } from './http.ts';

const digest = (text: string) => createHash('sha256').update(text).digest();

/**
 * Answers 401 where the request does not carry `Authorization: Bearer <token>`. Digests are compared, in constant
 * time, so that neither the token's length nor its first letters can be found out by measuring.
 */
export function requireBearer(token: string): MiddlewareObj<HttpRequest, HttpReply> {
  const expected = digest(token);
  return {
    before({ event }) {
      const [, given] = /^Bearer (.+)$/i.exec(event.headers.authorization ?? '') ?? [];
      if (given !== undefined && timingSafeEqual(digest(given), expected)) return;
      return {
        status: 401,
        body: {
          error: 'send the header "Authorization: Bearer <token>" with the token of this installation',
        },
      };
    },
  };
}
