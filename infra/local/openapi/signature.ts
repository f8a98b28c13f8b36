import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Request } from '../kernel/http.ts';

/** What a request says about who signed it, how and when. */
export interface Claimed {
  readonly accessKeyId: string;
  readonly securityToken: string | undefined;
  readonly nonce: string;
  /** As sent: ISO 8601, UTC. */
  readonly date: string;
  /** Whether the request was signed with this secret. */
  isSignedWith(secret: string): boolean;
}

const ALGORITHM = 'ACS3-HMAC-SHA256';

/** Source: Alibaba Cloud SDK documentation, "V3 version HTTP protocol and signature mechanism". */
export function readV3(request: Request): Claimed | undefined {
  const [algorithm, fields = ''] = splitOnce(request.headers.authorization ?? '', ' ');
  if (algorithm !== ALGORITHM) return undefined;
  const parts = new Map(fields.split(',').map((field) => splitOnce(field.trim(), '=')));
  const { headers } = request;
  return {
    accessKeyId: parts.get('Credential') ?? '',
    securityToken: headers['x-acs-security-token'],
    nonce: headers['x-acs-signature-nonce'] ?? '',
    date: headers['x-acs-date'] ?? '',
    isSignedWith(secret) {
      const signedHeaders = (parts.get('SignedHeaders') ?? '').split(';');
      const payload = sha256(request.body);
      if (payload !== headers['x-acs-content-sha256'] || !coversWhatMatters(request, signedHeaders))
        return false;
      const canonical = [
        request.method,
        request.path,
        canonicalQuery([...request.query]),
        ...signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim()}`),
        '',
        signedHeaders.join(';'),
        payload,
      ].join('\n');
      return same(
        hmac('sha256', secret, `${ALGORITHM}\n${sha256(canonical)}`, 'hex'),
        parts.get('Signature'),
      );
    },
  };
}

/** The older form, with everything in the parameters. Source: "RPC request syntax and signature method V2&V1". */
export function readV1(request: Request, form: URLSearchParams): Claimed | undefined {
  const parameters = [...request.query, ...form];
  const given = new Map(parameters);
  const signature = given.get('Signature');
  if (signature === undefined) return undefined;
  return {
    accessKeyId: given.get('AccessKeyId') ?? '',
    securityToken: given.get('SecurityToken'),
    nonce: given.get('SignatureNonce') ?? '',
    date: given.get('Timestamp') ?? '',
    isSignedWith(secret) {
      const signed = canonicalQuery(parameters.filter(([name]) => name !== 'Signature'));
      const text = `${request.method}&${encode('/')}&${encode(signed)}`;
      return same(hmac('sha1', `${secret}&`, text, 'base64'), signature);
    },
  };
}

/** A signature that left these out would let anyone redirect the call or replay it. */
function coversWhatMatters(request: Request, signedHeaders: readonly string[]): boolean {
  return Object.keys(request.headers).every(
    (name) => !(name.startsWith('x-acs-') || name === 'host') || signedHeaders.includes(name),
  );
}

function canonicalQuery(parameters: readonly (readonly [string, string])[]): string {
  return [...parameters]
    .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
}

/** RFC 3986: `encodeURIComponent` leaves five characters more as they are. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

const hmac = (hash: 'sha1' | 'sha256', key: string, text: string, encoding: 'hex' | 'base64'): string =>
  createHmac(hash, key).update(text).digest(encoding);

const same = (expected: string, given = ''): boolean =>
  expected.length === given.length && timingSafeEqual(Buffer.from(expected), Buffer.from(given));

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
