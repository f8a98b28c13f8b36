import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ACTION_WORDS, transitions } from '../../infra/docs/decide-table.ts';
import type { Action } from '../../shared/claim/action.ts';
import { standing } from '../../shared/claim/standing.ts';
import { NOW } from './claim-scene.ts';
import { courseOf, decided, type Scene, scenes } from './decide-scenes.ts';

/** Every scene of `docs/decide.md`, with what comes in it and once the pod has been told what there is to tell. */
const ALL: readonly { readonly scene: Scene; readonly action: Action }[] = scenes().flatMap((scene) =>
  courseOf(scene).map((action) => ({ scene, action })),
);

const nameOf = ({ kind, phase, claim, pod, eni, cloud }: Scene, action: Action): string =>
  `${kind} ${phase}, ${claim.name} | ${pod.name} | ${eni} | ${cloud}: ${JSON.stringify(action)}`;

/** The scenes in which a law is broken, in words. */
const breaches = (keeps: (action: Action, scene: Scene) => boolean): readonly string[] =>
  ALL.filter(({ scene, action }) => !keeps(action, scene)).map(({ scene, action }) => nameOf(scene, action));

const standingIn = ({ kind, claim, seen }: Scene) => standing(kind, claim.value, seen.pod).kind;

/** The binding on record of a pod that runs there and has not turned it down, as far as anybody has seen. */
function homeOf(scene: Scene) {
  const { pod, eni } = scene.seen;
  const claim = scene.claim.value;
  if (claim?.phase !== 'Bound' || pod === 'absent' || pod.finished) return undefined;
  const { binding } = claim;
  if (pod.uid !== binding.podUid || (pod.ip !== undefined && pod.ip !== binding.privateIp)) return undefined;
  if (eni !== 'unread' && eni !== 'absent' && eni.id !== binding.eniId) return undefined;
  return ['claimant', 'leaving', 'undecided'].includes(standingIn(scene)) ? binding : undefined;
}

const isSave = (action: Action, phase: string) => action.kind === 'save' && action.next.phase === phase;

/** The action takes an address off an ENI, or gives it back for good. */
const isTaking = ({ kind }: Action) =>
  kind === 'unassociate-eip' || kind === 'unassign-ip' || kind === 'release-eip';

describe('in every scene that docs/decide.md shows, the next action', () => {
  it('is one of many thousand, and covers every action that there is', () => {
    expect(ALL.length).toBeGreaterThan(20_000);
    const kinds = new Set(ALL.map(({ action }) => action.kind));
    expect(kinds).toEqual(new Set(Object.keys(ACTION_WORDS)));
  });

  it('is the same when it is decided twice', () => {
    expect(
      scenes().filter((scene) => {
        const again = decided({ ...scene, seen: structuredClone(scene.seen) });
        return JSON.stringify(again) !== JSON.stringify(decided(scene));
      }),
    ).toEqual([]);
  });

  it('takes nothing from a live pod of this UID that wants it and is where the record has it', () => {
    expect(
      breaches((action, scene) => {
        const home = homeOf(scene);
        if (home === undefined) return true;
        if (isTaking(action)) return 'eniId' in action && action.eniId !== home.eniId;
        // Only for an EIP that is gone from the account is another one asked for.
        if (action.kind !== 'save' || scene.seen.eip === 'absent') return true;
        return action.next.phase === 'Bound' && action.next.binding === home;
      }),
    ).toEqual([]);
  });

  it('takes an address only from the place on record, the one before it, or a parking ENI', () => {
    expect(
      breaches((action, { claim: { value: claim }, kind }) => {
        if (action.kind !== 'unassociate-eip' && action.kind !== 'unassign-ip') return true;
        const places = [
          ...(claim?.phase === 'Bound' ? [claim.binding.eniId] : []),
          ...(claim?.phase === 'Allocating' ? [claim.eniId] : []),
          ...(claim && 'lastBinding' in claim ? [claim.lastBinding?.eniId] : []),
        ];
        return places.includes(action.eniId) || (kind === 'ip' && /^eni-parking/.test(action.eniId));
      }),
    ).toEqual([]);
  });

  it('writes Releasing only at a deadline that has come, and for no pod that lives and wants it', () => {
    expect(
      breaches((action, scene) => {
        if (!isSave(action, 'Releasing')) return true;
        const claim = scene.claim.value;
        const until = claim?.phase === 'Retained' ? claim.retainUntil : undefined;
        return until !== undefined && until <= NOW && ['none', 'other'].includes(standingIn(scene));
      }),
    ).toEqual([]);
  });

  it('gives an EIP back only in Releasing, where it was bought and is seen to be free, and nobody wants it', () => {
    expect(
      breaches((action, scene) => {
        if (action.kind !== 'release-eip') return true;
        const { phase, claim, seen } = scene;
        if (phase !== 'Releasing' || claim.value?.origin !== 'auto') return false;
        const isFree = seen.eip !== 'unread' && seen.eip !== 'absent' && seen.eip.status === 'Available';
        return isFree && ['none', 'other'].includes(standingIn(scene));
      }),
    ).toEqual([]);
  });

  it('neither gives back nor writes off an address that nobody has looked at', () => {
    expect(
      breaches((action, { kind, phase, seen }) => {
        const isUnread = kind === 'eip' ? seen.eip === 'unread' : seen.holder === 'unread';
        if (!isUnread || (action.kind !== 'release-eip' && !isSave(action, 'Released'))) return true;
        // A private IP that was never assigned: its token is spent, and there is nothing to look at.
        return kind === 'ip' && phase === 'Allocating' && seen.assigned === 'spent';
      }),
    ).toEqual([]);
  });

  it('writes an address off only from Releasing, or where the cloud shows that it is gone or going', () => {
    expect(
      breaches((action, { kind, phase, seen: { eip, assigned, holder } }) => {
        if (!isSave(action, 'Released') || phase === 'Releasing') return true;
        if (kind === 'eip') return eip === 'absent' || (eip !== 'unread' && eip.status === 'Releasing');
        const isOnNobody = holder !== 'unread' && holder.eniId === undefined;
        return phase === 'Allocating' && (assigned === 'spent' || isOnNobody);
      }),
    ).toEqual([]);
  });

  it('buys and assigns on an intent that is on record, and with its token', () => {
    expect(
      breaches((action, { claim: { value: claim } }) => {
        if (action.kind !== 'allocate-eip' && action.kind !== 'assign-any-ip') return true;
        return claim?.phase === 'Allocating' && claim.token === action.token;
      }),
    ).toEqual([]);
  });

  it('asks for nothing that is known already', () => {
    expect(
      breaches(({ kind }, { seen }) => {
        if (kind === 'look-eni') return seen.eni === 'unread';
        if (kind === 'look-eip' || kind === 'find-eip') return seen.eip === 'unread';
        return kind !== 'look-holder' || seen.holder === 'unread';
      }),
    ).toEqual([]);
  });

  it('is never about a pod that is not there, or that runs no more', () => {
    expect(
      breaches((action, { seen: { pod } }) => {
        const isRunning = pod !== 'absent' && !pod.finished;
        if (action.kind === 'tell') return isRunning && action.podUid === pod.uid;
        return isRunning || (action.kind !== 'associate-eip' && action.kind !== 'assign-ip');
      }),
    ).toEqual([]);
  });
});

describe('the phases of a claim', () => {
  it('follow each other as the architecture says, and in no other way', () => {
    const page = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
    const [, table = ''] = /\| From \| To \| When \|\n[-| ]+\n((?:\|.*\n)+)/.exec(page) ?? [];
    const said = [...table.matchAll(/^\| ([^|]+) \| (\w+) \|/gm)].flatMap(([, from = '', to = '']) =>
      [...from.matchAll(/\w+/g)].filter(([word]) => word !== 'or').map(([phase]) => `${phase} -> ${to}`),
    );
    expect([...new Set(said)].sort()).toEqual(
      transitions()
        .map(({ from, to }) => `${from} -> ${to}`)
        .sort(),
    );
  });
});
