import { definedResources } from './custom-resources.ts';
import { BUILT_IN } from './kinds.ts';
import type { KubeObject } from './objects.ts';
import type { Resource } from './resources.ts';

/** Every resource that is served: the built-in ones and those that CustomResourceDefinitions declare. */
export interface Catalog {
  all(): readonly Resource[];
  find(group: string, version: string, plural: string): Resource | undefined;
  ofKind(apiVersion: string, kind: string): Resource | undefined;
  /** Any version of what lives in a collection of the store. */
  ofCollection(collection: string): Resource | undefined;
  define(definition: KubeObject): void;
  undefine(name: string): void;
}

export function createCatalog(): Catalog {
  const custom = new Map<string, Resource[]>();
  let all: readonly Resource[] = BUILT_IN;
  let byPath = new Map<string, Resource>();
  let byKind = new Map<string, Resource>();
  let byCollection = new Map<string, Resource>();

  const index = () => {
    all = [...BUILT_IN, ...[...custom.values()].flat()];
    byPath = new Map(
      all.map((resource) => [pathKey(resource.group, resource.version, resource.plural), resource]),
    );
    byKind = new Map(
      all.map((resource) => [pathKey(resource.group, resource.version, resource.kind), resource]),
    );
    byCollection = new Map();
    for (const resource of all) {
      if (!byCollection.has(resource.collection)) byCollection.set(resource.collection, resource);
    }
  };
  index();

  return {
    all: () => all,
    find: (group, version, plural) => byPath.get(pathKey(group, version, plural)),
    ofKind(apiVersion, kind) {
      const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
      return byKind.get(pathKey(group ?? '', version ?? '', kind));
    },
    ofCollection: (collection) => byCollection.get(collection),
    define(definition) {
      custom.set(definition.metadata.name, definedResources(definition));
      index();
    },
    undefine(name) {
      if (custom.delete(name)) index();
    },
  };
}

const pathKey = (group: string, version: string, name: string) => `${group}/${version}/${name}`;
