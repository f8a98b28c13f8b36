import type { MergeSchema } from './merge-schema.ts';
import type { Fields, KubeObject } from './objects.ts';
import type { FieldReaders } from './selectors.ts';
import type { Cause } from './status.ts';

export type Subresource = 'status' | 'scale' | 'eviction' | 'binding' | 'log' | 'finalize' | 'token';

/** Where a `scale` subresource finds its numbers, as JSON paths without the leading dot. */
export interface ScalePaths {
  readonly specReplicas: string;
  readonly statusReplicas: string;
  readonly selector?: string | undefined;
}

/** What sets one kind apart from the others: defaults, checks, and what a write may change. */
export interface Rules {
  /** Fills what is unset, on every write. Changes its argument. */
  defaults?(object: KubeObject): void;
  /** What the server decides when an object is created (a pod's phase). Changes its argument. */
  beforeCreate?(object: KubeObject): void;
  /** What the server keeps or decides when an object is updated. Changes `next`. */
  beforeUpdate?(next: KubeObject, current: KubeObject): void;
  validate?(object: KubeObject): Cause[];
  validateUpdate?(next: KubeObject, current: KubeObject): Cause[];
  validateStatus?(next: KubeObject): Cause[];
}

/** How a kind travels in a version other than the one that it is stored in. */
export interface Conversion {
  toStored(object: KubeObject): KubeObject;
  fromStored(object: KubeObject): KubeObject;
}

/** One resource in one version, as a path of the API serves it. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Where its objects live in the store; two versions of one kind share it. */
  readonly collection: string;
  readonly subresources: ReadonlySet<Subresource>;
  readonly scale?: ScalePaths | undefined;
  /** Missing for custom resources, which take no strategic merge patch. */
  readonly mergeSchema?: MergeSchema | undefined;
  readonly rules: Rules;
  readonly conversion?: Conversion | undefined;
  /** `metadata.generation` counts changes of everything but metadata and status. */
  readonly generation: boolean;
  /** A PUT to a missing name creates it. */
  readonly createOnUpdate: boolean;
  /** A PUT may leave `resourceVersion` out. */
  readonly unconditionalUpdate: boolean;
  /** DELETE answers the object; a `Status` otherwise. */
  readonly returnsDeleted: boolean;
  readonly fieldReaders: FieldReaders;
  readonly custom?: CustomVersion | undefined;
}

/** What a CustomResourceDefinition says about one version that it serves. */
export interface CustomVersion {
  readonly schema: Fields | undefined;
  readonly columns: readonly Fields[];
  readonly definition: string;
}

export function groupVersion(resource: Pick<Resource, 'group' | 'version'>): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** The object as clients of this version see it. */
export function represent(resource: Resource, object: KubeObject): KubeObject {
  if (resource.conversion) return resource.conversion.fromStored(object);
  const apiVersion = groupVersion(resource);
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}
