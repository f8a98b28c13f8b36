import { createHash, createHmac } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import { onTestFinished, vi } from 'vitest';
import type { Credentials } from '../../infra/local/kernel/account.ts';
import { createClock } from '../../infra/local/kernel/clock.ts';
import { type CloudContext, type ContextOptions, createContext } from '../../infra/local/kernel/context.ts';
import { type Mns, startMns } from '../../infra/local/mns/server.ts';
import { type Sdk, sdkFor } from './mns-sdk.ts';

export interface RawRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly resource: string;
  readonly body?: string;
  /** Replace what the signed request would have; `undefined` leaves a header out. Signed, too. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly credentials?: Credentials;
  readonly signature?: string;
  readonly signal?: AbortSignal;
}

export interface RawReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body parsed: elements as properties, texts as they stand. */
  readonly xml: Record<string, Record<string, unknown>>;
}

const parser = new XMLParser({ ignoreAttributes: true, ignoreDeclaration: true, parseTagValue: false });

/** A request signed by hand, to see statuses, headers and bodies that the SDK hides. */
export async function raw(mns: Mns, context: CloudContext, request: RawRequest): Promise<RawReply> {
  const { method, resource, body, signal } = request;
  const credentials = request.credentials ?? context.account.owner;
  const md5 = body === undefined ? undefined : createHash('md5').update(body).digest('hex');
  const wanted: Record<string, string | undefined> = {
    date: new Date().toUTCString(),
    'x-mns-version': '2015-06-06',
    'content-type': body === undefined ? undefined : 'text/xml',
    'content-md5': md5 && Buffer.from(md5).toString('base64'),
    'security-token': credentials.securityToken,
    ...request.headers,
  };
  const headers = Object.fromEntries(
    Object.entries(wanted).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const signed = Object.keys(headers)
    .filter((name) => name.startsWith('x-mns-'))
    .sort()
    .map((name) => `${name}:${headers[name]}\n`);
  const lines = [
    method,
    headers['content-md5'] ?? '',
    headers['content-type'] ?? '',
    headers.date ?? headers['x-mns-date'],
  ];
  const signature = createHmac('sha1', credentials.accessKeySecret)
    .update(`${lines.join('\n')}\n${signed.join('')}${resource}`)
    .digest('base64');
  headers.authorization ??= `MNS ${credentials.accessKeyId}:${request.signature ?? signature}`;
  const response = await fetch(`${mns.url}${resource}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    xml: text === '' ? {} : parser.parse(text),
  };
}

export interface Rig {
  readonly context: CloudContext;
  readonly mns: Mns;
  readonly sdk: Sdk;
  raw(request: RawRequest): Promise<RawReply>;
  /** Resolves when a call of this operation has come in, answered or not; calls before this one do not count. */
  arrival(operation: string): Promise<void>;
}

/** A queue service of its own for one test, on a clock that only moves by `advance`. */
export async function openRig(options: ContextOptions = {}): Promise<Rig> {
  const context = createContext({ clock: createClock({ rate: 0 }), ...options });
  const mns = await startMns(context);
  onTestFinished(async () => {
    await mns.close();
    context.clock.close();
  });
  const strike = vi.spyOn(context.faults, 'strike');
  return {
    context,
    mns,
    sdk: sdkFor(mns.url, context.account.owner),
    raw: (request) => raw(mns, context, request),
    arrival(operation) {
      const count = () => strike.mock.calls.filter((call) => call[1] === operation).length;
      const before = count();
      return vi.waitFor(
        () => {
          if (count() <= before) throw new Error(`no ${operation} came in`);
        },
        { interval: 2 },
      );
    },
  };
}
