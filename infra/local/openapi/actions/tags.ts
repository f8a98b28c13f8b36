import { action, hasTags } from '../action.ts';
import type { Cloud } from '../cloud.ts';
import { refusal } from '../failure.ts';
import type { Tag } from '../records.ts';

/** A resource that can be tagged, whatever its kind. */
interface Taggable {
  readonly id: string;
  readonly tags: readonly Tag[];
}

/** The resources of one type, to be read and to be given other tags. */
interface Shelf {
  get(id: string): Taggable | undefined;
  all(): Iterable<Taggable>;
  retag(id: string, tags: readonly Tag[]): void;
}

type ShelfOf = (cloud: Cloud) => Shelf;

const eips: ShelfOf = ({ eips }) => ({
  get: (id) => eips.get(id),
  all: () => eips.allSeen(),
  retag(id, tags) {
    const eip = eips.get(id);
    if (eip) eips.put({ ...eip, tags });
  },
});

const packages: ShelfOf = ({ packages }) => ({
  get: (id) => packages.get(id),
  all: () => packages.allSeen(),
  retag(id, tags) {
    const one = packages.get(id);
    if (one) packages.put({ ...one, tags });
  },
});

const enis: ShelfOf = ({ enis }) => ({
  get: (id) => enis.get(id),
  all: () => enis.allSeen(),
  retag(id, tags) {
    const eni = enis.get(id);
    if (eni?.serviceManaged) throw refusal('InvalidOperation.EniServiceManaged', id);
    if (eni) enis.put({ ...eni, tags });
  },
});

/** Types are case-insensitive. Source: VPC and ECS API reference, TagResources, ResourceType. */
const VPC_TYPES: Readonly<Record<string, ShelfOf>> = { EIP: eips, COMMONBANDWIDTHPACKAGE: packages };
const ECS_TYPES: Readonly<Record<string, ShelfOf>> = { ENI: enis };

const TARGET = {
  RegionId: { type: 'string', required: true },
  ResourceType: { type: 'string', required: true },
  ResourceId: { type: 'list', required: true, max: 50 },
} as const;

const tagResources = (types: Readonly<Record<string, ShelfOf>>) =>
  action({
    name: 'TagResources',
    parameters: { ...TARGET, Tag: { type: 'tags', required: true } },
    run(cloud, { ResourceType, ResourceId, Tag }) {
      changeTags(cloud, shelfOf(types, ResourceType, cloud), ResourceId, (tags) => [
        ...tags.filter(({ key }) => !Tag.some((added) => added.key === key)),
        ...Tag,
      ]);
      return {};
    },
  });

const untagResources = (
  name: 'UnTagResources' | 'UntagResources',
  types: Readonly<Record<string, ShelfOf>>,
) =>
  action({
    name,
    parameters: { ...TARGET, TagKey: { type: 'list', max: 20 }, All: { type: 'boolean', default: false } },
    run(cloud, { ResourceType, ResourceId, TagKey, All }) {
      if (TagKey.length === 0 && !All) throw refusal('MissingParameter', 'Give TagKey.N, or All as true.');
      changeTags(cloud, shelfOf(types, ResourceType, cloud), ResourceId, (tags) =>
        // `All` counts only where no key is named.
        tags.filter(({ key }) => TagKey.length > 0 && !TagKey.includes(key)),
      );
      return {};
    },
  });

export const tagVpcResources = tagResources(VPC_TYPES);
export const tagEcsResources = tagResources(ECS_TYPES);
export const untagVpcResources = untagResources('UnTagResources', VPC_TYPES);
export const untagEcsResources = untagResources('UntagResources', ECS_TYPES);

/** Source: VPC API reference, ListTagResources: one entry a tag, paged by NextToken. */
export const listVpcTagResources = action({
  name: 'ListTagResources',
  parameters: {
    RegionId: { type: 'string', required: true },
    ResourceType: { type: 'string', required: true },
    ResourceId: { type: 'list', max: 50 },
    Tag: { type: 'tags' },
    MaxResults: { type: 'integer', default: 50, min: 1, max: 50 },
    NextToken: { type: 'string' },
  },
  run(cloud, { ResourceType, ResourceId, Tag, MaxResults, NextToken }) {
    if (ResourceId.length === 0 && Tag.length === 0)
      throw refusal('MissingParameter', 'Give ResourceId.N or Tag.N.');
    const entries = [...shelfOf(VPC_TYPES, ResourceType, cloud).all()]
      .filter(({ id, tags }) => (ResourceId.length === 0 || ResourceId.includes(id)) && hasTags(tags, Tag))
      .flatMap(({ id, tags }) => tags.map((tag) => ({ id, tag })));
    const start =
      NextToken === undefined ? 0 : entries.findIndex(({ id, tag }) => tokenOf(id, tag) === NextToken) + 1;
    const listed = entries.slice(start, start + MaxResults);
    const last = listed.at(-1);
    const isLast = start + MaxResults >= entries.length;
    return {
      NextToken: last && !isLast ? tokenOf(last.id, last.tag) : '',
      TagResources: {
        TagResource: listed.map(({ id, tag }) => ({
          ResourceId: id,
          ResourceType: ResourceType.toUpperCase(),
          TagKey: tag.key,
          TagValue: tag.value,
        })),
      },
    };
  },
});

const tokenOf = (id: string, tag: Tag): string => Buffer.from(`${id} ${tag.key}`).toString('base64url');

function shelfOf(types: Readonly<Record<string, ShelfOf>>, type: string, cloud: Cloud): Shelf {
  const shelf = types[type.toUpperCase()];
  if (!shelf)
    throw refusal('InvalidResourceType.NotFound', `"${type}" is none of ${Object.keys(types).join(', ')}.`);
  return shelf(cloud);
}

/** All resources are checked before the first is changed. */
function changeTags(
  cloud: Cloud,
  shelf: Shelf,
  ids: readonly string[],
  change: (tags: readonly Tag[]) => readonly Tag[],
): void {
  const changed = ids.map((id) => {
    const resource = shelf.get(id);
    if (!resource) throw refusal('InvalidResourceId.NotFound', id);
    const tags = change(resource.tags);
    if (tags.length > cloud.quotas.tagsPerResource) throw refusal('QuotaExceeded.TagsPerResource', id);
    return { id, tags };
  });
  for (const { id, tags } of changed) shelf.retag(id, tags);
}
