import { createHash, createHmac } from 'node:crypto';
import type { Refusal as KeyRefusal } from '../kernel/account.ts';
import type { CloudContext } from '../kernel/context.ts';
import type { Request } from '../kernel/http.ts';
import { Refusal, type RefusalCode } from './refusal.ts';

/** Source: MNS developer reference, "Common parameters": a request older or newer than 15 minutes is refused. */
const LARGEST_SKEW_MS = 15 * 60_000;

const VERSION = '2015-06-06';

/** The reference names no codes for faulty tokens: the last two are our choice. */
const KEY_REFUSALS: Readonly<Record<KeyRefusal, RefusalCode>> = {
  'unknown-key': 'InvalidAccessKeyId',
  'missing-token': 'InvalidAccessKeyId',
  'wrong-token': 'InvalidSecurityToken',
  'expired-token': 'SecurityTokenExpired',
};

/** Throws `Refusal` unless the request is signed by a key of the account, in time, and its body is whole. */
export function authenticate(context: CloudContext, request: Request): void {
  const { headers } = request;
  const { keyId, signature } = readAuthorization(headers.authorization);
  const date = headers.date ?? headers['x-mns-date'];
  if (date === undefined) throw new Refusal('MissingDateHeader');
  checkDate(date, context.clock.now());
  checkVersion(headers['x-mns-version']);
  const key = context.account.secretOf(keyId, headers['security-token']);
  if ('refused' in key) throw new Refusal(KEY_REFUSALS[key.refused]);
  if (sign(key.secret, request, date) !== signature) throw new Refusal('SignatureDoesNotMatch');
  checkDigest(headers['content-md5'], request.body);
}

function readAuthorization(header: string | undefined): { keyId: string; signature: string } {
  if (header === undefined) throw new Refusal('MissingAuthorizationHeader');
  const [, keyId, signature] = /^MNS ([^:\s]+):(\S+)$/.exec(header) ?? [];
  if (!keyId || !signature) throw new Refusal('InvalidAuthorizationHeader');
  return { keyId, signature };
}

/**
 * Clients sign with the time of the machine they run on, which the cloud's own time leaves behind when it is advanced
 * or hurries. So a date passes when it is near either of the two; only what is stale by both is expired.
 */
function checkDate(date: string, now: number): void {
  const sent = Date.parse(date);
  if (Number.isNaN(sent)) throw new Refusal('InvalidDateHeader');
  if (Math.min(Math.abs(sent - now), Math.abs(sent - Date.now())) > LARGEST_SKEW_MS) {
    throw new Refusal('TimeExpired');
  }
}

function checkVersion(version: string | undefined): void {
  if (version === undefined) throw new Refusal('MissingVersionHeader');
  if (version !== VERSION) throw new Refusal('InvalidVersionHeader');
}

/** Source: MNS developer reference, "Sign requests". */
function sign(secret: string, { method, headers, path, rawQuery }: Request, date: string): string {
  const mnsHeaders = Object.keys(headers)
    .filter((name) => name.startsWith('x-mns-'))
    .sort()
    .map((name) => `${name}:${headers[name]}\n`)
    .join('');
  const resource = rawQuery === '' ? path : `${path}?${rawQuery}`;
  const lines = [method, headers['content-md5'] ?? '', headers['content-type'] ?? '', date];
  return createHmac('sha1', secret)
    .update(`${lines.join('\n')}\n${mnsHeaders}${resource}`)
    .digest('base64');
}

/** The vendor's SDKs send the base64 of the digest's hex form; the header's own definition is of its bytes. */
function checkDigest(sent: string | undefined, body: Buffer): void {
  if (sent === undefined) return;
  const digest = createHash('md5').update(body).digest();
  if (sent !== Buffer.from(digest.toString('hex')).toString('base64') && sent !== digest.toString('base64')) {
    throw new Refusal('InvalidDegist');
  }
}
