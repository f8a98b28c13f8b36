import { ensureFields, fieldsAt, type KubeObject, listAt, recordsAt, setDefault, textAt } from './objects.ts';
import type { Rules } from './resources.ts';
import { type Cause, cause } from './status.ts';

/** CustomResourceDefinitions: names, versions and what they default to. Source: apiextensions-apiserver, v1. */
export const DEFINITION_RULES: Rules = {
  defaults(definition) {
    const spec = ensureFields(definition, 'spec');
    const names = ensureFields(spec, 'names');
    setDefault(names, 'singular', textAt(names, 'kind').toLowerCase());
    setDefault(names, 'listKind', `${textAt(names, 'kind')}List`);
    setDefault(spec, 'conversion', { strategy: 'None' });
  },
  beforeCreate(definition) {
    const stored = recordsAt(definition, 'spec', 'versions').find((version) => version.storage === true);
    definition.status = {
      conditions: null,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: stored ? [stored.name] : [],
    };
  },
  validate: validateDefinition,
  validateUpdate(next, current) {
    const causes: Cause[] = [];
    for (const path of [['scope'], ['group'], ['names', 'kind'], ['names', 'plural']]) {
      const after = textAt(next, 'spec', ...path);
      if (after !== textAt(current, 'spec', ...path)) {
        causes.push(cause.invalid(`spec.${path.join('.')}`, after, 'field is immutable'));
      }
    }
    return causes;
  },
};

function validateDefinition(definition: KubeObject): Cause[] {
  const spec = fieldsAt(definition, 'spec');
  const causes: Cause[] = [];
  const expected = `${textAt(spec, 'names', 'plural')}.${textAt(spec, 'group')}`;
  if (definition.metadata.name !== expected) {
    causes.push(
      cause.invalid('metadata.name', definition.metadata.name, `must be spec.names.plural+"."+spec.group`),
    );
  }
  for (const path of [['group'], ['names', 'plural'], ['names', 'kind']]) {
    if (textAt(spec, ...path) === '') causes.push(cause.required(`spec.${path.join('.')}`));
  }
  if (!['Namespaced', 'Cluster'].includes(textAt(spec, 'scope'))) {
    causes.push(cause.unsupported('spec.scope', spec.scope ?? '', ['Cluster', 'Namespaced']));
  }
  const versions = recordsAt(spec, 'versions');
  if (versions.filter((version) => version.storage === true).length !== 1) {
    causes.push(
      cause.invalid(
        'spec.versions',
        listAt(spec, 'versions'),
        'must have exactly one version marked as storage version',
      ),
    );
  }
  versions.forEach((version, index) => {
    if (fieldsAt(version, 'schema', 'openAPIV3Schema').type === undefined) {
      causes.push(cause.required(`spec.versions[${index}].schema.openAPIV3Schema`, 'schemas are required'));
    }
  });
  return causes;
}
