import { type ClaimKey, formatClaimKey, parseClaimKey } from '../../claim/identity.ts';
import { listIn } from './call.ts';

/**
 * Every resource that we create carries these from its first moment. `owner` is the installation: two of them in one
 * account must not take each other's addresses for orphans.
 */
const OWNER = 'holdfast/owner';
const CLAIM = 'holdfast/claim';
const TOKEN = 'holdfast/token';
const ROLE = 'holdfast/role';

/** Longest tag value. Source: tag limits, 128 characters. */
const LONGEST_VALUE = 128;

export type Tag = Readonly<Record<'Key' | 'Value', string>>;

export const ownerTag = (installation: string): Tag => ({ Key: OWNER, Value: installation });
export const tokenTag = (token: string): Tag => ({ Key: TOKEN, Value: token });
export const parkingTag: Tag = { Key: ROLE, Value: 'parking' };

/**
 * A key that is too long for one tag goes on in `holdfast/claim-2` and so on; it has to be whole, because an address
 * whose claim cannot be told looks like one that no claim names.
 */
export function claimTags(installation: string, key: ClaimKey, token: string): readonly Tag[] {
  const name = formatClaimKey(key);
  const claim = [{ Key: CLAIM, Value: name.slice(0, LONGEST_VALUE) }];
  for (let start = LONGEST_VALUE; start < name.length; start += LONGEST_VALUE - 1) {
    const part = name.slice(start, start + LONGEST_VALUE - 1);
    claim.push({ Key: `${CLAIM}-${claim.length + 1}`, Value: `${CONTINUED}${part}` });
  }
  return [ownerTag(installation), tokenTag(token), ...claim];
}

/** In front of a name's later parts: no value may begin with `aliyun` or `acs:`, and a part might. */
const CONTINUED = '+';

function readClaim(tags: ReadonlyMap<string, string>): ClaimKey | undefined {
  let name = tags.get(CLAIM) ?? '';
  for (let number = 2; ; number++) {
    const part = tags.get(`${CLAIM}-${number}`);
    if (part === undefined) return parseClaimKey(name);
    name += part.slice(CONTINUED.length);
  }
}

export function readTags(resource: unknown): {
  owner?: string;
  claim?: ClaimKey;
  token?: string;
  role?: string;
} {
  const tags = new Map<string, string>();
  for (const tag of listIn(resource, 'Tags', 'Tag')) {
    const key = tag?.Key ?? tag?.TagKey;
    const value = tag?.Value ?? tag?.TagValue;
    // A tag without a value has none; it is not called "undefined".
    if (typeof key === 'string' && typeof value === 'string') tags.set(key, value);
  }
  const read = <K extends string>(field: K, name: string) => {
    const value = tags.get(name);
    return value === undefined ? {} : ({ [field]: value } as Record<K, string>);
  };
  const claim = readClaim(tags);
  return {
    ...read('owner', OWNER),
    ...read('token', TOKEN),
    ...read('role', ROLE),
    ...(claim ? { claim } : {}),
  };
}
