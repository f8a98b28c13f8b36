import type { Action } from '../../shared/claim/action.ts';
import type { Phase } from '../../shared/claim/claim.ts';
import type { Kind } from '../../shared/claim/identity.ts';
import { LOOK_AGAIN_MS } from '../../shared/claim/steps.ts';
import { formatDuration } from '../../shared/net/duration.ts';
import { BEFORE, ELSEWHERE, HERE, PARKING, THERE } from '../../test/unit/claim-scene.ts';
import {
  courseOf,
  PHASES,
  type RecordPhase,
  type Scene,
  scenes,
  scenesOf,
} from '../../test/unit/decide-scenes.ts';
import { code, markdownTable } from './markdown.ts';

/** How the tables write each action, and what it does. */
export const ACTION_WORDS: Readonly<Record<Action['kind'], readonly [word: string, meaning: string]>> = {
  done: ['done', 'The world is as it should be, or nothing can be done about it now.'],
  wait: [
    'wait',
    'The hint goes back on the queue and is looked at again: after a second, or after what is said.',
  ],
  'look-eni': ['look-eni', "Ask the cloud which ENI has the pod's own IP."],
  'look-eip': ['look-eip', 'Ask the cloud for the EIP.'],
  'find-eip': ['find-eip', 'Ask the cloud, by tag, for the EIP that was bought with the token.'],
  'look-holder': ['look-holder', 'Ask the cloud which ENI has the private IP.'],
  'allocate-eip': ['allocate', 'Buy an EIP with the token on record.'],
  'associate-eip': ['associate', 'Bind the EIP to the place named.'],
  'unassociate-eip': [
    'unassociate',
    'Unbind the EIP; the cloud refuses unless it is bound at the place named.',
  ],
  'release-eip': ['release', 'Give the EIP back.'],
  'assign-any-ip': ['assign-any', 'Put any idle private IP on the ENI, with the token on record.'],
  'assign-ip': ['assign', 'Put the private IP on the ENI of the place named.'],
  'unassign-ip': ['unassign', 'Take the private IP off the ENI of the place named.'],
  'park-ip': ['park', 'Put the private IP on a parking ENI.'],
  save: ['save', 'Write the claim in this phase: compare and set on the revision that was read.'],
  tell: [
    'tell',
    'Write this reason into the condition of the pod; what follows the arrow comes once it is there.',
  ],
  forget: ['forget', 'Delete the tombstone.'],
};

const PLACES: ReadonlyMap<string, string> = new Map([
  [HERE.eniId, 'here'],
  [THERE.eniId, 'there'],
  [BEFORE.eniId, 'last'],
  [ELSEWHERE.eniId, 'elsewhere'],
  [PARKING, 'parking'],
]);

const placeOf = (eniId: string): string => PLACES.get(eniId) ?? 'another parking';

function wordOf(action: Action): string {
  const [word] = ACTION_WORDS[action.kind];
  switch (action.kind) {
    case 'wait':
      return action.ms === LOOK_AGAIN_MS ? word : `${word} ${formatDuration(action.ms)}`;
    case 'tell':
      return `${word} ${action.told.reason}`;
    case 'save': {
      const { next } = action;
      return `${word} ${next.phase}${next.phase === 'Bound' ? ` ${placeOf(next.binding.eniId)}` : ''}`;
    }
    case 'associate-eip':
    case 'unassociate-eip':
    case 'assign-any-ip':
    case 'assign-ip':
    case 'unassign-ip':
      return `${word} ${placeOf(action.eniId)}`;
    default:
      return word;
  }
}

const cellOf = (scene: Scene): string => courseOf(scene).map(wordOf).join(' → ');

/** What a row stands for in each dimension, and what comes in each column. */
interface Line {
  readonly claim: readonly string[];
  readonly pod: readonly string[];
  readonly eni: readonly string[];
  readonly cells: readonly string[];
}

/** `items` by what they have in common, in the order of their first. */
function grouped<T>(items: Iterable<T>, common: (item: T) => string): readonly (readonly [T, ...T[]])[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const name = common(item);
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return [...groups.values()];
}

const ANY = 'any';

const DIMENSIONS = ['eni', 'pod', 'claim'] as const;

/** Makes one of all lines that differ in one dimension only, until no two do. */
function mergeLines(lines: readonly Line[]): readonly Line[] {
  let merged = lines;
  for (const dimension of DIMENSIONS) {
    merged = grouped(merged, (line) => JSON.stringify({ ...line, [dimension]: [] })).map((group) => ({
      ...group[0],
      [dimension]: group.flatMap((line) => line[dimension]),
    }));
  }
  return merged.length === lines.length ? merged : mergeLines(merged);
}

/** Columns that say the same in every line, made one. */
function mergeColumns(
  names: readonly string[],
  lines: readonly Line[],
): readonly { readonly name: string; readonly at: number }[] {
  return grouped(names.keys(), (at) => JSON.stringify(lines.map(({ cells }) => cells[at]))).map((ats) => ({
    name: ats.length === names.length ? 'whatever is known' : ats.map((at) => names[at]).join(',<br>'),
    at: ats[0],
  }));
}

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)];

const listed = (names: readonly string[], all: readonly string[]) =>
  names.length === all.length ? ANY : names.join(';<br>');

/** A line for each claim, pod and ENI; "any" where nothing that can be known about the pod's ENI makes a difference. */
function linesOf(all: readonly Scene[]): readonly Line[] {
  const perPod = grouped(all, ({ claim, pod }) => JSON.stringify([claim.name, pod.name]));
  return perPod.flatMap((ofPod) => {
    const [{ claim, pod }] = ofPod;
    const enis = grouped(ofPod, ({ eni }) => eni).map((ofEni) => ({
      claim: [claim.name],
      pod: [pod.name],
      eni: [ofEni[0].eni],
      cells: ofEni.map(cellOf),
    }));
    const [first, ...others] = mergeLines(enis);
    return first && others.length === 0 ? [{ ...first, eni: [ANY] }] : [...(first ? [first] : []), ...others];
  });
}

/** What comes for one kind in one phase. */
function drawPhase(kind: Kind, phase: RecordPhase): string {
  const all = scenesOf(kind)(phase);
  const lines = mergeLines(linesOf(all));
  const claims = unique(all.map(({ claim }) => claim.name));
  const pods = unique(all.map(({ pod }) => pod.name));
  const columns = mergeColumns(unique(all.map(({ cloud }) => cloud)), lines);
  const ofClaim = (cell: string) => (claims.length > 1 ? [cell] : []);
  return markdownTable(
    [...ofClaim('Claim'), 'Pod', 'Its ENI', ...columns.map(({ name }) => name)],
    lines.map(({ claim, pod, eni, cells }) => [
      ...ofClaim(listed(claim, claims)),
      listed(pod, pods),
      eni.join(';<br>'),
      ...columns.map(({ at }) => cells[at] ?? ''),
    ]),
  );
}

/** Every phase of one kind, each under a heading of its own. */
export const drawDecisions = (kind: Kind): string =>
  PHASES.map((phase) => `### ${HEADINGS[kind]}: ${phase}\n\n${drawPhase(kind, phase)}`).join('\n\n');

const HEADINGS: Readonly<Record<Kind, string>> = { eip: 'EIP', ip: 'Private IP' };

export const drawActions = (): string =>
  markdownTable(
    ['In the tables', 'Action', 'What it does'],
    Object.entries(ACTION_WORDS).map(([kind, [word, meaning]]) => [word, code(kind), meaning]),
  );

/** A change of phase that comes for some scene, and the first scene of each kind that it comes for. */
export interface Transition {
  readonly from: RecordPhase;
  readonly to: Phase | 'forgotten';
  readonly examples: Readonly<Partial<Record<Kind, Scene>>>;
}

/** Every pair of phases that a decision leads from and to, in the order of the phases. */
export function transitions(): readonly Transition[] {
  const changes = scenes().flatMap((scene) =>
    courseOf(scene).flatMap((action) => {
      if (action.kind !== 'save' && action.kind !== 'forget') return [];
      return [{ scene, to: action.kind === 'save' ? action.next.phase : ('forgotten' as const) }];
    }),
  );
  const order = ({ from, to }: Transition) =>
    PHASES.indexOf(from) * 10 + [...PHASES, 'forgotten'].indexOf(to);
  return grouped(changes, ({ scene, to }) => `${scene.phase} ${to}`)
    .map((group) => ({
      from: group[0].scene.phase,
      to: group[0].to,
      examples: Object.fromEntries(group.toReversed().map(({ scene }) => [scene.kind, scene])),
    }))
    .sort((a, b) => order(a) - order(b));
}

export const drawTransitions = (): string =>
  markdownTable(
    ['From', 'To', 'An EIP, for example', 'A private IP, for example'],
    transitions().map(({ from, to, examples }) => [
      from,
      to,
      ...(['eip', 'ip'] as const).map((kind) => exampleOf(examples[kind])),
    ]),
  );

const exampleOf = (scene: Scene | undefined): string =>
  scene === undefined
    ? 'never'
    : `${scene.claim.name === 'none' ? '' : `${scene.claim.name}; `}pod: ${scene.pod.name}; address: ${scene.cloud}`;
