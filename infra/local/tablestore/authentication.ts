import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Account, Refusal } from '../kernel/account.ts';
import type { Request } from '../kernel/http.ts';
import { authFailed, missingHeader, parameterInvalid } from './failure.ts';

// Source: Tablestore API reference, "Request signatures": HMAC-SHA1 over the operation and every x-ots- header.

/** Who is calling, as far as an answer needs to know. */
export interface Caller {
  readonly accessKeyId: string;
  readonly secret: string;
}

const REQUIRED = [
  'x-ots-date',
  'x-ots-contentmd5',
  'x-ots-accesskeyid',
  'x-ots-instancename',
  'x-ots-apiversion',
  'x-ots-signature',
] as const;

const LARGEST_SKEW_MS = 15 * 60 * 1000;

const REFUSALS: Readonly<Record<Refusal, string>> = {
  'unknown-key': 'The AccessKeyID does not exist.',
  'missing-token': 'The STSToken is missing.',
  'wrong-token': 'The STSToken is invalid.',
  'expired-token': 'The STSToken has expired.',
};

/** Finds out who calls. Throws OTSAuthFailed, OTSMissingHeader or OTSParameterInvalid where that is in doubt. */
export function authenticate(request: Request, account: Account, instance: string, now: number): Caller {
  const { headers } = request;
  for (const name of REQUIRED) if (!headers[name]) throw missingHeader(name);
  const header = (name: string) => headers[name] ?? '';
  if (header('x-ots-instancename') !== instance) throw authFailed('The instance is not found.');
  checkDate(header('x-ots-date'), now);
  const accessKeyId = header('x-ots-accesskeyid');
  const found = account.secretOf(accessKeyId, headers['x-ots-ststoken']);
  if ('refused' in found) throw authFailed(REFUSALS[found.refused]);
  const expected = sign(found.secret, `${request.path}\n${request.method}\n\n${canonicalHeaders(headers)}\n`);
  if (!same(expected, header('x-ots-signature'))) throw authFailed('Signature mismatch.');
  if (contentMd5(request.body) !== header('x-ots-contentmd5')) {
    throw authFailed('Mismatch between MD5 value of request body and x-ots-contentmd5 in header.');
  }
  return { accessKeyId, secret: found.secret };
}

function checkDate(date: string, now: number): void {
  const sent = Date.parse(date);
  if (Number.isNaN(sent)) throw parameterInvalid(`Invalid date format: ${date}.`);
  // Clients date their requests by the machine's clock, which the cloud's own may have left far behind.
  const skew = Math.min(Math.abs(sent - now), Math.abs(sent - Date.now()));
  if (skew > LARGEST_SKEW_MS) throw authFailed(`Mismatch between system time and x-ots-date: ${date}.`);
}

function canonicalHeaders(headers: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(headers)
    .filter(([name]) => name.startsWith('x-ots-') && name !== 'x-ots-signature')
    .map(([name, value]) => `${name}:${value?.trim()}`)
    .sort()
    .join('\n');
}

/** The headers of an answer, signed for the caller where there is one. */
export function answerHeaders(
  path: string,
  body: Buffer,
  meta: { readonly requestId: string; readonly now: number; readonly caller: Caller | undefined },
): Record<string, string> {
  const headers: Record<string, string> = {
    'x-ots-contentmd5': contentMd5(body),
    'x-ots-contenttype': 'protocol buffer',
    // The cloud writes microseconds.
    'x-ots-date': new Date(meta.now).toISOString().replace('Z', '000Z'),
    'x-ots-requestid': meta.requestId,
  };
  if (!meta.caller) return headers;
  const { accessKeyId, secret } = meta.caller;
  const signature = sign(secret, `${canonicalHeaders(headers)}\n${path}`);
  return { ...headers, authorization: `OTS ${accessKeyId}:${signature}` };
}

const sign = (secret: string, text: string) => createHmac('sha1', secret).update(text).digest('base64');

const contentMd5 = (body: Buffer) => createHash('md5').update(body).digest('base64');

const same = (left: string, right: string) =>
  left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
