import { defaultBySchema, pruneBySchema, validateBySchema } from './custom-schema.ts';
import { fieldsAt, isFields, type KubeObject, read, recordsAt, setDefault, textAt } from './objects.ts';
import type { Resource, Rules, Subresource } from './resources.ts';
import { METADATA_READERS } from './selectors.ts';

/** The resources that a CustomResourceDefinition declares, one for each served version. */
export function definedResources(definition: KubeObject): Resource[] {
  const spec = fieldsAt(definition, 'spec');
  const names = fieldsAt(spec, 'names');
  const group = textAt(spec, 'group');
  const plural = textAt(names, 'plural');
  const texts = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
  return recordsAt(spec, 'versions')
    .filter((version) => version.served === true)
    .map((version) => {
      const subresources = new Set<Subresource>();
      if (isFields(read(version, 'subresources', 'status'))) subresources.add('status');
      const scale = read(version, 'subresources', 'scale');
      if (isFields(scale)) subresources.add('scale');
      const schema = fieldsAt(version, 'schema', 'openAPIV3Schema');
      const kind = textAt(names, 'kind');
      return {
        group,
        version: textAt(version, 'name'),
        kind,
        listKind: textAt(names, 'listKind') || `${kind}List`,
        plural,
        singular: textAt(names, 'singular') || kind.toLowerCase(),
        shortNames: texts(names.shortNames),
        categories: texts(names.categories),
        namespaced: spec.scope === 'Namespaced',
        collection: `${plural}.${group}`,
        subresources,
        scale: isFields(scale)
          ? {
              specReplicas: textAt(scale, 'specReplicasPath').slice(1),
              statusReplicas: textAt(scale, 'statusReplicasPath').slice(1),
              selector: textAt(scale, 'labelSelectorPath').slice(1) || undefined,
            }
          : undefined,
        rules: schemaRules(schema, subresources.has('status')),
        generation: true,
        createOnUpdate: false,
        unconditionalUpdate: false,
        returnsDeleted: false,
        fieldReaders: METADATA_READERS,
        custom: {
          schema,
          columns: recordsAt(version, 'additionalPrinterColumns'),
          definition: definition.metadata.name,
        },
      };
    });
}

function schemaRules(schema: Record<string, unknown>, hasStatus: boolean): Rules {
  return {
    defaults(object) {
      pruneBySchema(object, schema);
      defaultBySchema(object, schema);
    },
    beforeCreate(object) {
      if (hasStatus) delete object.status;
    },
    validate: (object) => validateBySchema(object, schema, ''),
  };
}

/** What the server writes into the status of a definition once it serves it. */
export function establishedStatus(definition: KubeObject, now: string): Record<string, unknown> {
  const spec = fieldsAt(definition, 'spec');
  const names = { ...fieldsAt(spec, 'names') };
  const status = fieldsAt(definition, 'status');
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: 'True',
    lastTransitionTime: now,
    reason,
    message,
  });
  setDefault(names, 'listKind', `${textAt(names, 'kind')}List`);
  return {
    ...status,
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: names,
  };
}
