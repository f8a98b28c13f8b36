import type { ClaimKey } from '../claim/identity.ts';
import type { Ports, TaggedEip } from './ports.ts';

/**
 * The claim that an EIP's tags name, where it stands for the EIP: it has it, or has asked for it with the token in the
 * tags and is about to save that it has it. One that cannot be read may: in doubt, it does. The EIP is read before the
 * claim, so that a claim which does not stand for it by now never will (laws 1 and 2).
 */
export async function standsFor(
  ports: Pick<Ports, 'claims'>,
  { allocationId, claim: key, token }: Pick<TaggedEip, 'allocationId' | 'claim' | 'token'>,
): Promise<ClaimKey | undefined> {
  if (!key) return undefined;
  const { claims, unreadable } = await ports.claims.read(key);
  if (unreadable.includes(key.kind)) return key;
  const claim = claims[key.kind];
  const stands =
    claim?.phase === 'Allocating'
      ? claim.token === token
      : claim !== undefined && 'allocation' in claim && claim.allocation.id === allocationId;
  return stands ? key : undefined;
}
