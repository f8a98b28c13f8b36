/** What must never happen, or must be in the end; by the names that violations bear. */
export const RULES = {
  'takes from a live pod': 'an address is taken from a pod that lives and asks for it',
  'takes from a stranger': 'an EIP is unbound from what is no pod',
  'touches what is not ours': 'an EIP, a private IP or an ENI that is not ours is changed',
  'releases what is not ours': 'an EIP without our tags is released',
  'releases too early': 'an address goes that is still owed to a name',
  'releases while frozen': 'an address goes while releases are frozen',
  'too many releases': 'more releases begin in a minute than may',
  'another address': 'a pod that comes back in time gets another address than it was told',
  'two addresses': 'an ENI has two of our EIPs',
  'two holders': 'an address is in two claims',
  'bought twice': 'one ClientToken has bought two EIPs, or has put two private IPs on an ENI',
  'intent first': 'something is bought or made with a token that is on no record',
  'more calls than the window': 'more calls are begun in a minute than the account may make',
  'too little time': 'a call is begun with less time left than its answer may take',
  phases: 'a claim goes to a phase that does not follow on the one before',
  revisions: 'a claim is written on another revision than the last',
  'a record is lost': 'the record of a claim that is not over is deleted',
  'a newer record': 'a record is written over that a newer version has written',
  lacking: 'in the end, a pod that asks has no address, or was not told of it',
  kept: 'in the end, an address that is retained is on nobody’s hold',
  'left over': 'when every retention is over, something is left',
  'no rest': 'the sweeps always find something to do',
  restless: 'a look at a world at rest changes it',
  'hot loop': 'one pod is worked on again and again',
  'another ending': 'the story ends in another way than without faults',
} as const;

export type Rule = keyof typeof RULES;

const UNDISTURBED = 'undisturbed: ';

/** A rule that was broken, and by what. */
export interface Violation {
  readonly rule: Rule | `${typeof UNDISTURBED}${Rule}`;
  readonly what: string;
}

/** Notes that a rule was broken, and by what. */
export type Broken = (rule: Rule, what: string) => void;

/** Without anything going wrong, as that of a story that is told without faults. */
export const undisturbed = ({ rule, what }: Violation): Violation => ({
  rule: rule.startsWith(UNDISTURBED) ? rule : (`${UNDISTURBED}${rule}` as Violation['rule']),
  what,
});

export const ruleOf = ({ rule }: Pick<Violation, 'rule'>): Rule => rule.replace(UNDISTURBED, '') as Rule;
