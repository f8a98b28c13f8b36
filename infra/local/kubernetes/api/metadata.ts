import { dns1035Label, dnsLabel, dnsSubdomain, labelValue, qualifiedName } from './names.ts';
import { equal, type Fields, isFields, type KubeObject, type ObjectMeta } from './objects.ts';
import type { Resource } from './resources.ts';
import { type Cause, cause } from './status.ts';

/** The order in which the server writes metadata. */
const ORDER = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const;

const isEmpty = (value: unknown) =>
  value === undefined ||
  value === null ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isFields(value) && Object.keys(value).length === 0);

/** Known fields in the server's order; empty ones are left out, as Go's `omitempty` does. */
export function orderedMetadata(metadata: Fields | ObjectMeta): ObjectMeta {
  const source = metadata as Fields;
  const ordered: Fields = {};
  for (const name of ORDER) if (!isEmpty(source[name])) ordered[name] = source[name];
  return ordered as unknown as ObjectMeta;
}

/** The object in the server's order of fields: kind, apiVersion, metadata, then the rest as it came. */
export function ordered(object: KubeObject): KubeObject {
  const { kind, apiVersion, metadata, ...rest } = object;
  return { kind, apiVersion, metadata: orderedMetadata(metadata), ...rest };
}

/** Source: apimachinery, pkg/api/validation/objectmeta.go. */
export function validateMetadata(resource: Resource, metadata: ObjectMeta): Cause[] {
  const causes: Cause[] = [];
  if (metadata.generateName !== undefined && metadata.generateName !== '') {
    const base = metadata.generateName.replace(/-$/, 'a');
    causes.push(
      ...validateName(resource, base, 'metadata.generateName').map((found) => ({
        ...found,
        message: found.message.replace(JSON.stringify(base), JSON.stringify(metadata.generateName)),
      })),
    );
  }
  if (!metadata.name) causes.push(cause.required('metadata.name', 'name or generateName is required'));
  else causes.push(...validateName(resource, metadata.name, 'metadata.name'));
  for (const [name, value] of Object.entries(metadata.labels ?? {})) {
    causes.push(...qualifiedName('metadata.labels', name), ...labelValue('metadata.labels', String(value)));
  }
  for (const name of Object.keys(metadata.annotations ?? {})) {
    causes.push(...qualifiedName('metadata.annotations', name.toLowerCase()));
  }
  causes.push(...validateOwners(metadata), ...validateFinalizers(metadata));
  return causes;
}

function validateName(resource: Resource, name: string, field: string): Cause[] {
  if (resource.kind === 'Namespace') return dnsLabel(field, name);
  if (resource.kind === 'Service') return dns1035Label(field, name);
  return dnsSubdomain(field, name);
}

function validateOwners(metadata: ObjectMeta): Cause[] {
  const causes: Cause[] = [];
  const owners = metadata.ownerReferences ?? [];
  owners.forEach((owner) => {
    const at = 'metadata.ownerReferences';
    if (!owner.apiVersion) causes.push(cause.invalid(`${at}.apiVersion`, '', 'version must not be empty'));
    if (!owner.kind) causes.push(cause.invalid(`${at}.kind`, '', 'kind must not be empty'));
    if (!owner.name) causes.push(cause.invalid(`${at}.name`, '', 'name must not be empty'));
    if (!owner.uid) causes.push(cause.invalid(`${at}.uid`, '', 'uid must not be empty'));
  });
  const controllers = owners.filter((owner) => owner.controller === true);
  if (controllers.length > 1) {
    causes.push(
      cause.invalid(
        'metadata.ownerReferences',
        owners,
        `Only one reference can have Controller set to true. Found "true" in references for ${controllers[0]?.kind}/${controllers[0]?.name} and ${controllers[1]?.kind}/${controllers[1]?.name}`,
      ),
    );
  }
  return causes;
}

const STANDARD_FINALIZERS = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

function validateFinalizers(metadata: ObjectMeta): Cause[] {
  const finalizers = metadata.finalizers ?? [];
  const causes = finalizers.flatMap((finalizer, index) => {
    const found = qualifiedName('metadata.finalizers', finalizer);
    if (found.length > 0 || finalizer.includes('/') || STANDARD_FINALIZERS.has(finalizer)) return found;
    return [
      cause.invalid(
        `metadata.finalizers[${index}]`,
        finalizer,
        'name is neither a standard finalizer name nor is it fully qualified',
      ),
    ];
  });
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    causes.push(
      cause.invalid(
        'metadata.finalizers',
        finalizers,
        'finalizer orphan and foregroundDeletion cannot be both set',
      ),
    );
  }
  return causes;
}

/** What an update may not change. Source: apimachinery, ValidateObjectMetaAccessorUpdate. */
export function validateMetadataUpdate(next: ObjectMeta, current: ObjectMeta): Cause[] {
  const causes: Cause[] = [];
  for (const name of IMMUTABLE) {
    if (!equal(next[name], current[name])) {
      causes.push(cause.invalid(`metadata.${name}`, next[name] ?? null, 'field is immutable'));
    }
  }
  if (current.deletionTimestamp !== undefined) {
    const added = (next.finalizers ?? []).filter((finalizer) => !current.finalizers?.includes(finalizer));
    if (added.length > 0) {
      const worded = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
      causes.push(
        cause.forbidden(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers ${worded}`,
        ),
      );
    }
  }
  return causes;
}

const IMMUTABLE = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;
