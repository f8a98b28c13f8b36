import { describe, expect, it } from 'vitest';
import { decodeProtobuf } from '../../infra/local/kubernetes/api/protobuf.ts';

/** One length-delimited field; everything in these messages is shorter than 128 bytes. */
const field = (number: number, content: string | Buffer) => {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
};
const integer = (number: number, value: number) => Buffer.from([number << 3, value]);
const envelope = (apiVersion: string, kind: string, raw: Buffer) =>
  Buffer.concat([
    Buffer.from('k8s\0'),
    field(1, Buffer.concat([field(1, apiVersion), field(2, kind)])),
    field(2, raw),
    field(3, ''),
    field(4, ''),
  ]);

describe('a protobuf body, as newer kubectl versions send it', () => {
  it('becomes the object that it stands for', () => {
    const metadata = Buffer.concat([field(1, 'a'), field(3, ''), integer(7, 0), field(8, '')]);
    const data = Buffer.concat([field(1, 'key'), field(2, 'value')]);
    const body = envelope('v1', 'ConfigMap', Buffer.concat([field(1, metadata), field(2, data)]));
    expect(decodeProtobuf(body)).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a' },
      data: { key: 'value' },
    });
  });

  it('keeps a zero that is meant', () => {
    const body = envelope('autoscaling/v1', 'Scale', field(2, integer(1, 0)));
    expect(decodeProtobuf(body)).toMatchObject({ spec: { replicas: 0 } });
  });

  it('carries bytes as base64', () => {
    const data = Buffer.concat([field(1, 'key'), field(2, 'b')]);
    expect(decodeProtobuf(envelope('v1', 'Secret', field(2, data)))).toMatchObject({ data: { key: 'Yg==' } });
  });

  it('is refused when it holds what is not known, or ends early', () => {
    expect(() => decodeProtobuf(envelope('v1', 'Pod', Buffer.alloc(0)))).toThrow(
      'Pod is not known in protobuf here',
    );
    expect(() => decodeProtobuf(envelope('v1', 'ConfigMap', field(9, 'x')))).toThrow(
      'field 9 of ConfigMap is not known',
    );
    expect(() => decodeProtobuf(envelope('v1', 'ConfigMap', Buffer.from([0x08])))).toThrow(
      'unexpected end of ConfigMap',
    );
    expect(() => decodeProtobuf(Buffer.from('{}'))).toThrow('does not appear to be a protobuf message');
  });
});
