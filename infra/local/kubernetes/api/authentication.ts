import type { Request } from '../../kernel/http.ts';

const PREFIX = '/token/';

/**
 * kubectl and everything else on client-go keep their credentials to themselves on plain HTTP (clientcmd reads them
 * only for TLS), but keep the path of the server's address. So the address in the kubeconfig carries the token too.
 */
export function addressWithToken(url: string, token: string): string {
  return `${url}${PREFIX}${token}`;
}

/** The path without the token, and the token that was presented: in the path, or as a bearer token. */
export function presented(request: Request): { path: string; token: string | undefined } {
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (!request.path.startsWith(PREFIX)) return { path: request.path, token: bearer };
  const end = request.path.indexOf('/', PREFIX.length);
  const token = request.path.slice(PREFIX.length, end < 0 ? undefined : end);
  return { path: end < 0 ? '/' : request.path.slice(end), token };
}
