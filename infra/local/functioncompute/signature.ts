import { createHash, createHmac } from 'node:crypto';
import type { Refusal as KeyRefusal } from '../kernel/account.ts';
import type { CloudContext } from '../kernel/context.ts';
import type { Request } from '../kernel/http.ts';
import { Refusal } from './refusal.ts';

/** Source: Function Compute API, "Request signatures": a date more than 15 minutes off is refused. */
const LARGEST_SKEW_MS = 15 * 60_000;

/** The reference names no codes for faulty tokens: these words are our choice. */
const TOKEN_REFUSALS: Readonly<Record<Exclude<KeyRefusal, 'unknown-key'>, string>> = {
  'missing-token': 'the security token of the temporary access key is missing',
  'wrong-token': 'the security token does not belong to the access key',
  'expired-token': 'the security token has expired',
};

/** Throws `Refusal` unless the request is signed by a key of the account, in time, and its body is whole. */
export function authenticate(context: CloudContext, request: Request): void {
  const { headers } = request;
  const { keyId, signature } = readAuthorization(headers.authorization);
  const date = headers.date ?? headers['x-fc-date'];
  if (date === undefined) throw missing('Date');
  checkDate(date, context.clock.now());
  const account = headers['x-fc-account-id'];
  if (account !== undefined && account !== context.account.id) {
    throw new Refusal('AccessDenied', `account '${account}' is not the account of this cloud`);
  }
  const key = context.account.secretOf(keyId, headers['x-fc-security-token']);
  if ('refused' in key) {
    if (key.refused === 'unknown-key') {
      throw new Refusal('InvalidAccessKeyID', `invalid access key ID '${keyId}'`);
    }
    throw new Refusal('AccessDenied', TOKEN_REFUSALS[key.refused]);
  }
  if (!pathsAsSigned(request.path).some((path) => sign(key.secret, request, path, date) === signature)) {
    throw new Refusal(
      'SignatureNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your access key and signing method',
    );
  }
  checkDigest(headers['content-md5'], request.body);
}

const missing = (header: string) =>
  new Refusal('MissingRequiredHeader', `required HTTP header ${header} was not specified`);

function readAuthorization(header: string | undefined): { keyId: string; signature: string } {
  if (header === undefined) throw missing('Authorization');
  const [, keyId, signature] = /^FC ([^:\s]+):(\S+)$/.exec(header) ?? [];
  if (!keyId || !signature) {
    throw new Refusal(
      'InvalidArgument',
      'the Authorization header is not of the form "FC <key id>:<signature>"',
    );
  }
  return { keyId, signature };
}

/** The clients sign with their machine's time, which the cloud's may have left behind: near to one of them will do. */
function checkDate(date: string, now: number): void {
  const sent = Date.parse(date);
  if (Number.isNaN(sent)) throw new Refusal('InvalidArgument', `the Date header '${date}' is no HTTP date`);
  if (Math.min(Math.abs(sent - now), Math.abs(sent - Date.now())) > LARGEST_SKEW_MS) {
    throw new Refusal('AccessDenied', `the request's date '${date}' is more than 15 minutes off`);
  }
}

/** Clients differ in whether they sign the path before or after they encode it. */
const pathsAsSigned = (path: string): string[] => {
  try {
    const decoded = decodeURIComponent(path);
    return decoded === path ? [path] : [path, decoded];
  } catch {
    return [path];
  }
};

/** Source: Function Compute API, "Request signatures". The query is part of it for HTTP triggers only. */
function sign(secret: string, { method, headers, query }: Request, path: string, date: string): string {
  const fcHeaders = Object.keys(headers)
    .filter((name) => name.startsWith('x-fc-'))
    .sort()
    .map((name) => `${name}:${headers[name]}\n`)
    .join('');
  const lines = [method, headers['content-md5'] ?? '', headers['content-type'] ?? '', date];
  const parameters = [...query].map(([name, value]) => `${name}=${value}`).sort();
  const signedQuery = /^\/[^/]+\/proxy\//.test(path) ? `\n${parameters.join('\n')}` : '';
  return createHmac('sha256', secret)
    .update(`${lines.join('\n')}\n${fcHeaders}${path}${signedQuery}`)
    .digest('base64');
}

/** The vendor's SDK sends the base64 of the digest's hex form; the header's own definition is of its bytes. */
function checkDigest(sent: string | undefined, body: Buffer): void {
  if (sent === undefined) return;
  const digest = createHash('md5').update(body).digest();
  if (sent !== Buffer.from(digest.toString('hex')).toString('base64') && sent !== digest.toString('base64')) {
    throw new Refusal('InvalidArgument', 'the Content-MD5 header does not match the body');
  }
}
