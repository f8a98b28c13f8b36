import { describe, expect, it } from 'vitest';
import {
  type ClaimKey,
  formatClaimKey,
  formatIdentity,
  isClusterId,
  isNamespaceName,
  isPodName,
  KINDS,
  parseClaimKey,
} from '../../shared/claim/identity.ts';

const KEY: ClaimKey = { clusterId: 'c-1', namespace: 'shop', pod: 'web-0', kind: 'eip' };

it('there are two kinds of address', () => {
  expect(KINDS).toEqual(['ip', 'eip']);
});

describe('the name of a claim', () => {
  it('is cluster, namespace, pod and kind of address', () => {
    expect(formatIdentity(KEY)).toBe('c-1/shop/web-0');
    expect(formatClaimKey(KEY)).toBe('c-1/shop/web-0/eip');
    expect(formatClaimKey({ ...KEY, kind: 'ip' })).toBe('c-1/shop/web-0/ip');
  });

  it('is read back', () => {
    expect(parseClaimKey('c-1/shop/web-0/eip')).toEqual(KEY);
    expect(parseClaimKey('c-1/shop/web-0/ip')).toEqual({ ...KEY, kind: 'ip' });
  });

  it.each([
    '',
    '/',
    '///',
    'c-1',
    'c-1/shop/web-0',
    'c-1/shop/web-0/',
    'c-1/shop/web-0/EIP',
    'c-1/shop/web-0/eip/',
    'c-1/shop/web-0/eip/x',
    '/shop/web-0/eip',
    'c-1//web-0/eip',
    'c-1/shop//eip',
    'c-1/shop/web-0/eip ',
  ])('cannot be read from %j', (text) => {
    expect(parseClaimKey(text)).toBeUndefined();
  });
});

describe('a pod name', () => {
  it.each(['web-0', 'a', '0', 'a.b', 'web-0.example.com', 'a'.repeat(253), `${'a'.repeat(200)}.b`])(
    'may be %s',
    (name) => {
      expect(isPodName(name)).toBe(true);
    },
  );

  it.each([
    '',
    'Web-0',
    'web_0',
    '-web',
    'web-',
    '.web',
    'web.',
    'a..b',
    'a.-b',
    'a/b',
    'web 0',
    'web-0\n',
    'wéb',
    'a'.repeat(254),
    7,
    null,
    undefined,
    ['web-0'],
    { toString: () => 'web-0' },
  ])('may not be %j', (name) => {
    expect(isPodName(name)).toBe(false);
  });
});

describe('a namespace', () => {
  it('is a label: 63 letters, digits and hyphens at most, and no point', () => {
    for (const name of ['default', 'a', '0', 'a-b', 'a'.repeat(63)]) expect(isNamespaceName(name)).toBe(true);
    for (const name of ['', 'a.b', 'A', '-a', 'a-', 'a'.repeat(64), 'a/b', 'a\n', undefined])
      expect(isNamespaceName(name)).toBe(false);
  });
});

describe('a cluster id', () => {
  it('is what a kubeconfig can name a context, without a slash', () => {
    for (const id of ['c5e7a1b2c3d4', 'c-1', 'Prod.hz_1', 'a'.repeat(128)])
      expect(isClusterId(id)).toBe(true);
    for (const id of ['', 'a/b', '-a', '.a', 'a b', 'a\n', 'a'.repeat(129), 7])
      expect(isClusterId(id)).toBe(false);
  });
});
