import { describe, expect, it } from 'vitest';
import { doubles, leaks, type Picture, unsettled } from '../chaos/audit.ts';
import type { Need } from '../chaos/ledger.ts';

const FOR_EVER = Number.POSITIVE_INFINITY;
const POD = {
  uid: 'uid-0',
  name: 'games/web-0',
  wishes: { eip: 0, ip: 0 },
  told: { eip: '198.18.0.1', ip: '10.0.0.9' },
};
const EIP = { id: 'eip-1', address: '198.18.0.1', boughtFor: 'c/games/web-0/eip', podUid: 'uid-0' };
const IP = { name: 'vsw-1/10.0.0.9', podUid: 'uid-0' };

/** One pod that has an EIP and a fixed IP, and whose records say so. */
const RIGHT: Picture = {
  at: 1_000,
  eips: [EIP],
  ips: [IP],
  parkings: [],
  claims: [
    { name: 'c/games/web-0/eip', phase: 'Bound', address: 'eip-1' },
    { name: 'c/games/web-0/ip', phase: 'Bound', address: 'vsw-1/10.0.0.9' },
  ],
  pods: [POD],
};
const NEEDS: readonly Need[] = [
  { pod: 'games/web-0', kind: 'eip', address: 'eip-1', live: true, until: FOR_EVER },
  { pod: 'games/web-0', kind: 'ip', address: 'vsw-1/10.0.0.9', live: true, until: FOR_EVER },
];
const leaked = (picture: Picture, needs = NEEDS, graceMs = 0) => leaks(picture, needs, 'c', graceMs);

describe('the audit of chaos', () => {
  it('has nothing to say where cloud, records and pods agree', () => {
    expect(unsettled(RIGHT, 'c')).toEqual([]);
    expect(leaked(RIGHT)).toEqual([]);
    expect(doubles(RIGHT)).toEqual([]);
  });

  it.each<[what: string, picture: Partial<Picture>, said: string]>([
    ['has no EIP', { eips: [] }, 'has no eip'],
    ['has no fixed IP', { ips: [] }, 'has no ip'],
    ['was told nothing', { pods: [{ ...POD, told: {} }] }, 'was told nothing'],
    ['was told another', { pods: [{ ...POD, told: { ...POD.told, ip: '10.0.0.8' } }] }, 'was told 10.0.0.8'],
    [
      'is on record with another',
      { claims: [{ name: 'c/games/web-0/eip', phase: 'Bound', address: 'eip-2' }] },
      'on record is Bound eip-2',
    ],
    [
      'is on record as gone',
      { claims: [{ name: 'c/games/web-0/eip', phase: 'Retained', address: 'eip-1' }] },
      'on record is Retained',
    ],
  ])('sees that a pod %s', (_, picture, said) => {
    expect(unsettled({ ...RIGHT, ...picture }, 'c')).toContainEqual(expect.stringContaining(said));
  });

  it.each<[what: string, picture: Partial<Picture>, said: string]>([
    [
      'an EIP that was bought for a name which has another',
      { eips: [EIP, { ...EIP, id: 'eip-2', podUid: undefined }] },
      'eip-2',
    ],
    [
      'an EIP that was bought for nobody who is there',
      { eips: [EIP, { ...EIP, id: 'eip-2', boughtFor: 'c/games/web-9/eip' }] },
      'eip-2',
    ],
    [
      'a private IP on a parking ENI',
      { ips: [IP, { name: 'vsw-1/10.0.0.7', podUid: undefined }] },
      '10.0.0.7 on a parking ENI',
    ],
    ['a second private IP on a pod', { ips: [IP, { ...IP, name: 'vsw-1/10.0.0.7' }] }, '10.0.0.7 on the ENI'],
    ['a parking ENI that is empty', { parkings: [{ eniId: 'eni-9', held: 0 }] }, 'eni-9'],
    [
      'a claim that is kept for nobody',
      { claims: [...RIGHT.claims, { name: 'c/games/web-9/eip', phase: 'Retained', address: 'eip-9' }] },
      'claim c/games/web-9/eip',
    ],
  ])('finds what nobody needs: %s', (_, picture, said) => {
    expect(leaked({ ...RIGHT, ...picture })).toEqual([expect.stringContaining(said)]);
  });

  it('lets stand what is kept, what was bought for a pod that never had it, and what the user owns', () => {
    const kept: Need = { pod: 'games/web-1', kind: 'eip', address: 'eip-2', live: false, until: 2_000 };
    const unseen: Need = {
      pod: 'games/web-2',
      kind: 'eip',
      address: undefined,
      live: false,
      until: FOR_EVER,
    };
    const picture = {
      ...RIGHT,
      parkings: [{ eniId: 'eni-9', held: 1 }],
      eips: [
        EIP,
        { id: 'eip-2', address: '198.18.0.2', boughtFor: 'c/games/web-1/eip', podUid: undefined },
        { id: 'eip-3', address: '198.18.0.3', boughtFor: 'c/games/web-2/eip', podUid: undefined },
        { id: 'eip-4', address: '198.18.0.4', boughtFor: undefined, podUid: undefined },
      ],
    };
    const needs = [...NEEDS, kept, unseen];
    expect(leaked(picture, needs)).toEqual([]);
    expect(leaked({ ...picture, at: 3_000 }, needs, 1_500)).toEqual([]);
    expect(leaked({ ...picture, at: 3_500 }, needs, 1_500)).toEqual([expect.stringContaining('eip-2')]);
  });

  it('finds one address with two claims, two addresses on one pod, and two EIPs for one claim', () => {
    const twice = { name: 'c/games/web-1/eip', phase: 'Retained', address: 'eip-1' };
    expect(doubles({ ...RIGHT, claims: [...RIGHT.claims, twice] })).toEqual([
      'eip-1 has 2 claims: c/games/web-0/eip, c/games/web-1/eip',
    ]);
    expect(doubles({ ...RIGHT, ips: [IP, { ...IP, name: 'vsw-1/10.0.0.7' }] })).toEqual([
      'games/web-0 has vsw-1/10.0.0.9 and vsw-1/10.0.0.7',
    ]);
    expect(doubles({ ...RIGHT, eips: [EIP, { ...EIP, id: 'eip-2', podUid: undefined }] })).toEqual([
      '2 EIPs were bought for c/games/web-0/eip',
    ]);
  });
});
