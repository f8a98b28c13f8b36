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

/** A key that is too long for a tag is left out; the address is then found by its token and its lock. */
export function claimTags(installation: string, key: ClaimKey, token: string): readonly Tag[] {
  const name = formatClaimKey(key);
  const claim = name.length <= LONGEST_VALUE ? [{ Key: CLAIM, Value: name }] : [];
  return [ownerTag(installation), tokenTag(token), ...claim];
}

export function readTags(resource: unknown): {
  owner?: string;
  claim?: ClaimKey;
  token?: string;
  role?: string;
} {
  const tags = new Map<string, string>();
  for (const tag of listIn(resource, 'Tags', 'Tag')) {
    tags.set(String(tag.Key ?? tag.TagKey), String(tag.Value ?? tag.TagValue));
  }
  const read = <K extends string>(field: K, name: string) => {
    const value = tags.get(name);
    return value === undefined ? {} : ({ [field]: value } as Record<K, string>);
  };
  const claim = parseClaimKey(tags.get(CLAIM) ?? '');
  return {
    ...read('owner', OWNER),
    ...read('token', TOKEN),
    ...read('role', ROLE),
    ...(claim ? { claim } : {}),
  };
}
