import type { Catalog } from './catalog.ts';
import type { Fields } from './objects.ts';
import { groupVersion, type Resource, type Subresource } from './resources.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Subresources whose body is of another kind than their parent. */
const FOREIGN: Readonly<Partial<Record<Subresource, Fields>>> = {
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
  binding: { kind: 'Binding', verbs: ['create'] },
  log: { verbs: ['get'] },
  finalize: { verbs: ['update'] },
};

export function apiVersions(host: string): Fields {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: host }],
  };
}

export function groupList(catalog: Catalog): Fields {
  const groups = [...new Set(catalog.all().map((resource) => resource.group))].filter(
    (group) => group !== '',
  );
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map((group) => describeGroup(catalog, group)),
  };
}

/** One group with its versions, the preferred one first; undefined for a group that is not served. */
export function apiGroup(catalog: Catalog, group: string): Fields | undefined {
  if (group === '' || !catalog.all().some((resource) => resource.group === group)) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(catalog, group) };
}

function describeGroup(catalog: Catalog, group: string): Fields {
  const found = catalog.all().filter((resource) => resource.group === group);
  const versions = [...new Set(found.map((resource) => resource.version))]
    .sort(byPriority)
    .map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions, preferredVersion: versions[0] };
}

/** Stable before beta before alpha, then the higher number. Source: apimachinery, pkg/version, CompareKubeAwareVersionStrings. */
function byPriority(left: string, right: string): number {
  const rank = (version: string): [number, number, number] => {
    const [, major = '0', stage = '', minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
    return [stage === '' ? 2 : stage === 'beta' ? 1 : 0, Number(major), Number(minor)];
  };
  const [a, b] = [rank(left), rank(right)];
  return b[0] - a[0] || b[1] - a[1] || b[2] - a[2];
}

/** The resources of one group version; undefined for one that is not served. */
export function resourceList(catalog: Catalog, group: string, version: string): Fields | undefined {
  const found = catalog.all().filter((resource) => resource.group === group && resource.version === version);
  const [first] = found;
  if (!first) return undefined;
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: groupVersion(first),
    resources: found.flatMap(describeResource).sort((left, right) => (left.name < right.name ? -1 : 1)),
  };
}

/** Custom resources list theirs in an order of their own. */
const CUSTOM_VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

function verbsOf(resource: Resource): string[] {
  if (resource.custom) return CUSTOM_VERBS;
  return resource.kind === 'Namespace' ? VERBS.filter((verb) => verb !== 'deletecollection') : VERBS;
}

function describeResource(resource: Resource): { name: string; [field: string]: unknown }[] {
  const { plural, singular, namespaced, kind, shortNames, categories } = resource;
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs: verbsOf(resource),
      ...(shortNames.length === 0 ? {} : { shortNames }),
      ...(categories.length === 0 ? {} : { categories }),
    },
    ...[...resource.subresources].map((subresource) => ({
      name: `${plural}/${subresource}`,
      singularName: '',
      namespaced,
      kind,
      verbs: ['get', 'patch', 'update'],
      ...FOREIGN[subresource],
    })),
  ];
}

export const VERSION: Fields = {
  major: '1',
  minor: '20',
  gitVersion: 'v1.20.2',
  gitCommit: 'local',
  gitTreeState: 'clean',
  buildDate: '2021-01-13T13:20:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'local/emulator',
};

/**
 * An OpenAPI v2 document without definitions, as protobuf (field 1, the text "2.0"): kubectl then knows no schema for any kind
 * and leaves validation to the server.
 */
export const EMPTY_OPENAPI = Buffer.from([0x0a, 0x03, 0x32, 0x2e, 0x30]);
