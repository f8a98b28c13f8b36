import { type Fields, type KubeObject, read, textAt } from './objects.ts';
import { type Column, shortAge } from './table-column.ts';

const AGE: Fields = {
  name: 'Age',
  type: 'date',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
  jsonPath: '.metadata.creationTimestamp',
};

/** The columns that a CustomResourceDefinition asks for; only the age where it asks for none. */
export function customColumns(declared: readonly Fields[]): Column[] {
  return (declared.length === 0 ? [AGE] : declared).map((column) => {
    const path = textAt(column, 'jsonPath');
    const type = textAt(column, 'type');
    return {
      name: textAt(column, 'name'),
      type,
      format: textAt(column, 'format'),
      description:
        textAt(column, 'description') || `Custom resource definition column (in JSONPath format): ${path}`,
      priority: typeof column.priority === 'number' ? column.priority : 0,
      cell(object: KubeObject, nowMs: number) {
        const value = valueAt(object, path);
        if (value === undefined || value === null) return null;
        return type === 'date' ? shortAge(value, nowMs) : value;
      },
    };
  });
}

/** Plain field paths, quoted or escaped names, and `[n]`: what printer columns use in practice. */
function valueAt(object: KubeObject, path: string): unknown {
  let current: unknown = object;
  for (const step of path.matchAll(/\.((?:\\.|[^.[\]])+)|\[['"]([^'"]+)['"]\]|\[(\d+)\]/g)) {
    const [, field, quoted, index] = step;
    if (index !== undefined) current = Array.isArray(current) ? current[Number(index)] : undefined;
    else current = read(current, (field ?? quoted ?? '').replace(/\\(.)/g, '$1'));
  }
  return typeof current === 'object' && current !== null ? JSON.stringify(current) : current;
}
