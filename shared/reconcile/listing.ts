import type { Claim } from '../claim/claim.ts';
import { formatClaimKey } from '../claim/identity.ts';
import type { EipView, Observed } from '../claim/observation.ts';
import { isPutOff } from './failure.ts';
import { inParallel } from './parallel.ts';
import type { ParkingEni, Ports, TaggedEip } from './ports.ts';

/** What bears our tags, as far as it could be listed. */
export interface Listing {
  readonly eips: readonly TaggedEip[];
  readonly parking: readonly ParkingEni[];
}

/** Lists what is ours in the cloud. A list that breaks off costs this pass what stands behind the break, and nothing else. */
export async function listCloud({ cloud: { release: cloud }, log }: Ports): Promise<Listing> {
  const eips: TaggedEip[] = [];
  try {
    for await (const page of cloud.eips.tagged()) eips.push(...page);
  } catch (error) {
    log.warn('orphans could not be listed', { reason: 'the EIPs', err: error });
  }
  let parking: readonly ParkingEni[] = [];
  try {
    parking = await cloud.enis.parking();
  } catch (error) {
    log.warn('orphans could not be listed', { reason: 'the parking ENIs', err: error });
  }
  return { eips, parking };
}

/** What the cloud shows of each claim's address, by the claim's key; and how many could not be looked at. */
export interface Looks {
  readonly views: ReadonlyMap<string, Partial<Observed>>;
  readonly unseen: number;
}

const AT_ONCE = 256;

/**
 * The listing serves as the look at the EIPs that it shows, a hundred a call. Only what it does not show is looked at
 * by itself: a given EIP, which bears no tag of ours, or one that may be gone.
 */
export async function lookAtClaims(
  ports: Ports,
  claims: Iterable<Claim>,
  listed: readonly EipView[],
): Promise<Looks> {
  const eips = new Map(listed.map((eip) => [eip.allocationId, eip]));
  const views = new Map<string, Partial<Observed>>();
  const rest: Held[] = [];
  for (const claim of claims) {
    if (!('allocation' in claim)) continue;
    const eip = claim.key.kind === 'eip' ? eips.get(claim.allocation.id) : undefined;
    if (eip) views.set(formatClaimKey(claim.key), { eip });
    else rest.push(claim);
  }
  const unseen = await lookAtEach(ports, rest, views);
  return { views, unseen };
}

type Held = Extract<Claim, { readonly allocation: unknown }>;

async function lookAtEach(
  { cloud: { release: cloud }, log }: Ports,
  claims: readonly Held[],
  views: Map<string, Partial<Observed>>,
): Promise<number> {
  let seen = 0;
  let putOff: Error | undefined;
  await inParallel(claims, AT_ONCE, async ({ key, allocation: { id, address } }) => {
    // With the window used up, or the time, whoever asks next is refused as well.
    if (putOff) return;
    try {
      const view: Partial<Observed> =
        key.kind === 'eip'
          ? { eip: await cloud.eips.describe(id) }
          : { holder: await cloud.enis.holderOf(id, address) };
      views.set(formatClaimKey(key), view);
      seen++;
    } catch (error) {
      if (isPutOff(error)) putOff = error;
      else log.warn('an address could not be looked at', { key: formatClaimKey(key), err: error });
    }
  });
  const unseen = claims.length - seen;
  if (putOff) log.warn('addresses are left for the next pass to look at', { unseen, err: putOff });
  return unseen;
}
