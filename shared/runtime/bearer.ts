import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpReply, HttpRequest } from './http.ts';

const digest = (text: string) => createHash('sha256').update(text).digest();

const TURNED_AWAY: HttpReply = {
  status: 401,
  body: {
    error: 'send the header "Authorization: Bearer <token>" with the token of this installation',
  },
};

/**
 * Answers 401 where the request does not carry `Authorization: Bearer <token>`. Digests are compared, in constant
 * time, so that neither the token's length nor its first letters can be found out by measuring. Around the handler, and
 * no middleware: what one of those answers itself passes by the others' `after`, and so would be in no log.
 */
export function requireBearer<C>(
  token: string,
  handle: (request: HttpRequest, context: C) => Promise<HttpReply>,
): (request: HttpRequest, context: C) => Promise<HttpReply> {
  const expected = digest(token);
  return async (request, context) => {
    const [, given] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const isRight = given !== undefined && timingSafeEqual(digest(given), expected);
    return isRight ? handle(request, context) : TURNED_AWAY;
  };
}
