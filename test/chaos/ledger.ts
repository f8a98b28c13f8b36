/** What must be true of every address, told from what happened and from nothing that Holdfast wrote. Pure. */
export type AddressKind = 'ip' | 'eip';

export const ADDRESS_KINDS: readonly AddressKind[] = ['ip', 'eip'];

/** How long each kind is kept when the pod is gone, ms; `Infinity` is for ever. A kind that is left out is not asked for. */
export type Wishes = Readonly<Partial<Record<AddressKind, number>>>;

export interface BornPod {
  readonly uid: string;
  /** `<namespace>/<pod>` */
  readonly name: string;
  readonly wishes: Wishes;
}

export interface Violation {
  readonly law: 'lost' | 'wrongRelease' | 'doubled';
  /** Cloud time, ms. */
  readonly at: number;
  readonly pod: string;
  readonly kind: AddressKind;
  readonly what: string;
}

/** What one pod name needs of one kind. */
export interface Need {
  /** `<namespace>/<pod>` */
  readonly pod: string;
  readonly kind: AddressKind;
  /** The address that the name has, where it has one. */
  readonly address: string | undefined;
  /** A pod of the name is there and asks. */
  readonly live: boolean;
  /** When the last retention of the name ends, cloud time in ms. */
  readonly until: number;
}

/** Addresses are named by what is unique about them: an EIP's id, `<vSwitch>/<private IP>`. Times are cloud time, ms. */
export interface Ledger {
  born(pod: BornPod, at: number): void;
  /** The pod's object is gone; or the pod has failed, which counts as that. */
  ended(uid: string, at: number): void;
  /** The cloud has the address on the pod's ENI. */
  bound(uid: string, kind: AddressKind, address: string, at: number): void;
  /** Somebody's call took the address off the pod's ENI. That the ENI goes with its pod is no such call. */
  unbound(uid: string, kind: AddressKind, address: string, at: number): void;
  /** An EIP was given back to the cloud. */
  released(address: string, at: number): void;
  /** Which private IPs are on any ENI at all; only once nothing is under way that could have one between two ENIs. */
  held(addresses: ReadonlySet<string>, at: number): void;
  violations(): readonly Violation[];
  /** Pods that ended. */
  cycles(): number;
  needs(): readonly Need[];
}

interface Life {
  readonly pod: BornPod;
  readonly bornAt: number;
  endedAt?: number;
  readonly has: Readonly<Record<AddressKind, Set<string>>>;
}

/** The pods of one name, one after the other, and the address of one kind that goes from one to the next. */
interface Line {
  readonly pod: string;
  readonly kind: AddressKind;
  readonly lives: Life[];
  address?: string;
  /** The pod that had the address last, or has it. */
  holder?: Life;
}

export function createLedger(): Ledger {
  const lives = new Map<string, Life>();
  const lines = new Map<string, Line>();
  const owners = new Map<string, Line>();
  const violations: Violation[] = [];
  let cycles = 0;

  const lineOf = (pod: string, kind: AddressKind): Line => {
    const name = `${pod} ${kind}`;
    const line = lines.get(name) ?? { pod, kind, lives: [] };
    lines.set(name, line);
    return line;
  };
  const violate = (law: Violation['law'], { pod, kind }: Line, at: number, what: string) => {
    violations.push({ law, at, pod, kind, what });
  };

  return {
    born(pod, at) {
      const life: Life = { pod, bornAt: at, has: { ip: new Set(), eip: new Set() } };
      lives.set(pod.uid, life);
      for (const kind of ADDRESS_KINDS)
        if (pod.wishes[kind] !== undefined) lineOf(pod.name, kind).lives.push(life);
    },

    ended(uid, at) {
      const life = lives.get(uid);
      if (!life || life.endedAt !== undefined) return;
      life.endedAt = at;
      cycles++;
    },

    bound(uid, kind, address, at) {
      const life = lives.get(uid);
      if (!life || life.endedAt !== undefined) return;
      const line = lineOf(life.pod.name, kind);
      const [other] = life.has[kind];
      life.has[kind].add(address);
      if (other !== undefined && other !== address)
        violate('doubled', line, at, `${address} beside ${other}`);
      const owner = owners.get(address);
      if (owner && owner !== line && owner.address === address && isKept(owner, at))
        violate('doubled', line, at, `${address} is kept for ${owner.pod}`);
      // Who came back in time gets the same one; who came too late, or before anybody of the name had one, gets any.
      if (line.address !== undefined && line.address !== address && life.bornAt < deadlineOf(line))
        violate('lost', line, at, `${address} instead of ${line.address}`);
      line.address = address;
      line.holder = life;
      owners.set(address, line);
    },

    unbound(uid, kind, address, at) {
      const life = lives.get(uid);
      if (!life?.has[kind].delete(address) || life.endedAt !== undefined) return;
      const line = lineOf(life.pod.name, kind);
      if (life.pod.wishes[kind] !== undefined && line.address === address)
        violate('wrongRelease', line, at, `${address} was taken from the live pod ${uid}`);
    },

    released(address, at) {
      const line = owners.get(address);
      if (line?.address !== address) return;
      if (isKept(line, at)) violate('wrongRelease', line, at, `${address} was released ${early(line, at)}`);
      delete line.address;
      owners.delete(address);
    },

    held(addresses, at) {
      for (const line of lines.values()) {
        const { kind, address } = line;
        if (kind !== 'ip' || address === undefined || addresses.has(address)) continue;
        if (isKept(line, at)) violate('wrongRelease', line, at, `${address} is on no ENI ${early(line, at)}`);
        delete line.address;
        owners.delete(address);
      }
    },

    violations: () => violations,
    cycles: () => cycles,
    needs: () =>
      [...lines.values()].map((line) => ({
        pod: line.pod,
        kind: line.kind,
        address: line.address,
        live: line.lives.some(({ endedAt }) => endedAt === undefined),
        until: Math.max(...line.lives.map((life) => endOf(life, line.kind))),
      })),
  };
}

/** The end of the retention that this pod began; `Infinity` while it lives. */
const endOf = ({ endedAt, pod }: Life, kind: AddressKind): number =>
  endedAt === undefined ? Number.POSITIVE_INFINITY : endedAt + (pod.wishes[kind] ?? 0);

/**
 * Until when the address must be kept, whoever is there: the retention of the pod that had it last. A pod that came
 * and went without ever having it may have been seen by nobody, so that it prolongs nothing.
 */
const deadlineOf = ({ holder, kind }: Line): number =>
  holder ? endOf(holder, kind) : Number.NEGATIVE_INFINITY;

/** Whether the address may not be given back at `at`: its time is not over, or a pod is there that came in time. */
function isKept(line: Line, at: number): boolean {
  const deadline = deadlineOf(line);
  if (at < deadline) return true;
  return line.lives.some(({ bornAt, endedAt }) => endedAt === undefined && bornAt < deadline);
}

function early(line: Line, at: number): string {
  const deadline = deadlineOf(line);
  if (deadline === Number.POSITIVE_INFINITY) return 'while it was to be kept';
  return at < deadline ? `${Math.ceil((deadline - at) / 1_000)} s early` : 'after its pod had come back';
}
