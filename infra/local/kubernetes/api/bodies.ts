import { parse } from 'yaml';
import type { Request } from '../../kernel/http.ts';
import { decodeProtobuf, PROTOBUF } from './protobuf.ts';
import { badRequest, unsupportedMediaType } from './status.ts';

const READABLE = ['application/json', 'application/yaml'];

export function mediaType(request: Request): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** The decoded body of a create, an update or a delete; undefined for an empty one. */
export function bodyOf(request: Request, kind: string): unknown {
  if (request.body.length === 0) return undefined;
  const type = mediaType(request);
  if (type === 'application/yaml') return parseYaml(request.body);
  if (type === PROTOBUF) return decodeProtobuf(request.body);
  if (type !== '' && type !== 'application/json' && type !== 'application/x-www-form-urlencoded') {
    throw unsupportedMediaType([...READABLE, PROTOBUF]);
  }
  try {
    return JSON.parse(request.body.toString());
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${(error as Error).message}`,
    );
  }
}

export function parseYaml(body: Buffer): unknown {
  try {
    return parse(body.toString());
  } catch (error) {
    throw badRequest(`error decoding YAML: ${(error as Error).message}`);
  }
}
