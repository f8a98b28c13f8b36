import { beforeEach, describe, expect, it } from 'vitest';
import { createLedger, type Ledger, type Wishes } from '../chaos/ledger.ts';

const MINUTE = 60_000;
const KEPT: Wishes = { eip: 5 * MINUTE };
const FOLLOWS: Wishes = { eip: 0 };
const FOR_EVER: Wishes = { eip: Number.POSITIVE_INFINITY };
const FIXED_IP: Wishes = { ip: 60 * MINUTE };

let ledger: Ledger;
beforeEach(() => {
  ledger = createLedger();
});

const born = (uid: string, at: number, wishes = KEPT, name = 'games/web-0') =>
  ledger.born({ uid, name, wishes }, at);
/** A pod that had its address until it ended. */
function lived(uid: string, address: string, from: number, to: number, wishes = KEPT): void {
  born(uid, from, wishes);
  ledger.bound(uid, wishes.eip === undefined ? 'ip' : 'eip', address, from + 1);
  ledger.ended(uid, to);
}
const laws = () => ledger.violations().map(({ law }) => law);

describe('the ledger of chaos finds that an address was lost', () => {
  it('when a pod that came back in time is given another', () => {
    lived('one', 'eip-1', 0, 100);
    born('two', 100 + 4 * MINUTE);
    ledger.bound('two', 'eip', 'eip-2', 100 + 20 * MINUTE);
    expect(laws()).toEqual(['lost']);
    expect(ledger.violations()[0]).toMatchObject({ pod: 'games/web-0', what: 'eip-2 instead of eip-1' });
  });

  it('when the pod between had none, and the one after it came in time as well', () => {
    lived('one', 'eip-1', 0, 100);
    born('two', 200);
    ledger.ended('two', 300);
    born('three', 400);
    ledger.bound('three', 'eip', 'eip-2', 500);
    expect(laws()).toEqual(['lost']);
  });

  it('and none where it comes back to the same, comes too late, or follows no pod', () => {
    lived('one', 'eip-1', 0, 100);
    lived('two', 'eip-1', 200, 300);
    born('three', 300 + 5 * MINUTE);
    ledger.bound('three', 'eip', 'eip-2', 301 + 5 * MINUTE);
    born('follows', 0, FOLLOWS, 'edge/web-0');
    ledger.bound('follows', 'eip', 'eip-3', 1);
    ledger.ended('follows', 100);
    born('other', 100, FOLLOWS, 'edge/web-0');
    ledger.bound('other', 'eip', 'eip-4', 101);
    expect(ledger.violations()).toEqual([]);
  });
});

describe('the ledger of chaos finds that an address was released or taken too early', () => {
  it('before its deadline, which counts from the real end of the pod', () => {
    lived('one', 'eip-1', 0, 100);
    ledger.released('eip-1', 99 + 5 * MINUTE);
    expect(laws()).toEqual(['wrongRelease']);
    expect(ledger.violations()[0]?.what).toContain('1 s early');
  });

  it('and not from its deadline on, nor where it follows its pod', () => {
    lived('one', 'eip-1', 0, 100);
    ledger.released('eip-1', 100 + 5 * MINUTE);
    lived('two', 'eip-2', 0, 100, FOLLOWS);
    ledger.released('eip-2', 100);
    expect(laws()).toEqual([]);
  });

  it('while a pod is there that came back in time, however late it is by then', () => {
    lived('one', 'eip-1', 0, 100);
    born('two', 100 + 4 * MINUTE);
    ledger.released('eip-1', 100 + 50 * MINUTE);
    expect(laws()).toEqual(['wrongRelease']);
  });

  it('and not while one is there that came too late', () => {
    lived('one', 'eip-1', 0, 100);
    born('two', 101 + 5 * MINUTE);
    ledger.released('eip-1', 100 + 50 * MINUTE);
    expect(laws()).toEqual([]);
  });

  it('from its live pod, or where it is kept for ever', () => {
    born('one', 0, FOLLOWS);
    ledger.bound('one', 'eip', 'eip-1', 1);
    ledger.released('eip-1', 2);
    lived('two', 'eip-2', 0, 100, FOR_EVER);
    ledger.released('eip-2', 1e12);
    expect(laws()).toEqual(['wrongRelease', 'wrongRelease']);
  });

  it('by a call that unbinds it from a live pod, also from one that is on its way out', () => {
    born('one', 0);
    ledger.bound('one', 'eip', 'eip-1', 1);
    ledger.unbound('one', 'eip', 'eip-1', 2);
    expect(laws()).toEqual(['wrongRelease']);
  });

  it('and not by a call that unbinds it from one that has ended', () => {
    lived('one', 'eip-1', 0, 100);
    ledger.unbound('one', 'eip', 'eip-1', 101);
    expect(laws()).toEqual([]);
  });

  it('where a private IP is on no ENI at all, and only while it is to be kept', () => {
    lived('one', 'vsw-1/10.0.0.1', 0, 100, FIXED_IP);
    ledger.held(new Set(['vsw-1/10.0.0.1']), 200);
    expect(laws()).toEqual([]);
    ledger.held(new Set(), 100 + 59 * MINUTE);
    expect(laws()).toEqual(['wrongRelease']);
    ledger.held(new Set(), 100 + 59 * MINUTE);
    expect(laws()).toHaveLength(1);
    lived('two', 'vsw-1/10.0.0.2', 200, 300, FIXED_IP);
    ledger.held(new Set(), 300 + 60 * MINUTE);
    expect(laws()).toHaveLength(1);
  });
});

describe('the ledger of chaos finds that an address was doubled', () => {
  it('when a pod has two of a kind', () => {
    born('one', 0);
    ledger.bound('one', 'eip', 'eip-1', 1);
    ledger.bound('one', 'eip', 'eip-2', 2);
    expect(laws()).toContain('doubled');
  });

  it('when it is given to another name while it is kept for this one', () => {
    lived('one', 'eip-1', 0, 100);
    born('two', 200, KEPT, 'games/web-1');
    ledger.bound('two', 'eip', 'eip-1', 300);
    expect(laws()).toEqual(['doubled']);
    expect(ledger.violations()[0]?.what).toBe('eip-1 is kept for games/web-0');
  });

  it('and not once its time is over', () => {
    lived('one', 'vsw-1/10.0.0.1', 0, 100, FIXED_IP);
    born('two', 200, FIXED_IP, 'games/web-1');
    ledger.bound('two', 'ip', 'vsw-1/10.0.0.1', 100 + 60 * MINUTE);
    expect(laws()).toEqual([]);
  });
});

describe('the ledger of chaos knows', () => {
  it('what each name needs, and until when', () => {
    lived('one', 'eip-1', 0, 100);
    born('two', 0, { ip: 0, eip: 0 }, 'games/web-1');
    expect(ledger.needs()).toEqual([
      { pod: 'games/web-0', kind: 'eip', address: 'eip-1', live: false, until: 100 + 5 * MINUTE },
      { pod: 'games/web-1', kind: 'ip', address: undefined, live: true, until: Number.POSITIVE_INFINITY },
      { pod: 'games/web-1', kind: 'eip', address: undefined, live: true, until: Number.POSITIVE_INFINITY },
    ]);
    ledger.released('eip-1', 1e9);
    expect(ledger.needs()[0]).toMatchObject({ address: undefined });
  });

  it('how many pods ended, each once, and nothing of pods that it never saw', () => {
    lived('one', 'eip-1', 0, 100);
    ledger.ended('one', 200);
    ledger.ended('stranger', 200);
    ledger.bound('stranger', 'eip', 'eip-1', 200);
    expect(ledger.cycles()).toBe(1);
    expect(laws()).toEqual([]);
  });
});
