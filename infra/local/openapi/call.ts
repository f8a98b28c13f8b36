import type { Request } from '../kernel/http.ts';
import type { Input } from './parameters.ts';

/** A request, reduced to what is called. Names are empty where the request has none. */
export interface Call {
  readonly action: string;
  readonly version: string;
  readonly input: Input;
  readonly form: URLSearchParams;
}

/** Reads the action and its parameters from headers, query and form, as SDKs of several generations place them. */
export function readCall(request: Request): Call {
  const { headers, query } = request;
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  const form = new URLSearchParams(isForm ? request.body.toString('utf8') : '');
  const input = new Map([...query, ...form]);
  return {
    action: headers['x-acs-action'] ?? input.get('Action') ?? '',
    version: headers['x-acs-version'] ?? input.get('Version') ?? '',
    input,
    form,
  };
}

/** Parameters that belong to the transport: they differ between a call and its repetition. */
const TRANSPORT = new Set([
  'AccessKeyId',
  'Action',
  'ClientToken',
  'Format',
  'SecurityToken',
  'Signature',
  'SignatureMethod',
  'SignatureNonce',
  'SignatureType',
  'SignatureVersion',
  'Timestamp',
  'Version',
]);

/** The same for two calls that ask for the same. */
export const fingerprintOf = (input: Input): string =>
  JSON.stringify(
    [...input].filter(([name]) => !TRANSPORT.has(name)).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
