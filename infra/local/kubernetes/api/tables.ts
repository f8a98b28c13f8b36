import { type Format, partial } from './format.ts';
import { type KubeObject, textAt } from './objects.ts';
import type { Resource } from './resources.ts';
import { type Column, NAME_COLUMN, shortAge } from './table-column.ts';
import { customColumns } from './table-custom.ts';
import { COLUMNS } from './table-kinds.ts';

const PLAIN: readonly Column[] = [
  NAME_COLUMN,
  {
    name: 'Age',
    type: 'string',
    description:
      'CreationTimestamp is a timestamp representing the server time when this object was created.',
    cell: (object, nowMs) => shortAge(object.metadata.creationTimestamp, nowMs),
  },
];

/** Objects as the rows that kubectl prints. Source: meta.k8s.io/v1, Table. */
export function tableOf(
  resource: Resource,
  objects: readonly KubeObject[],
  nowMs: number,
  format: Format,
  metadata: Record<string, unknown>,
) {
  const columns = resource.custom
    ? [NAME_COLUMN, ...customColumns(resource.custom.columns)]
    : (COLUMNS[resource.kind] ?? PLAIN);
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${format.metaVersion}`,
    metadata,
    columnDefinitions: columns.map(({ name, type, format: cellFormat = '', description, priority = 0 }) => ({
      name,
      type,
      format: cellFormat,
      description,
      priority,
    })),
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object, nowMs)),
      ...rowConditions(object),
      object: rowObject(object, format),
    })),
  };
}

function rowObject(object: KubeObject, format: Format): unknown {
  if (format.includeObject === 'None') return null;
  return format.includeObject === 'Object' ? object : partial(object, format);
}

/** Pods that are done are marked, so that a client can leave them out. */
function rowConditions(object: KubeObject): { conditions?: unknown[] } {
  const phase = object.kind === 'Pod' ? textAt(object, 'status', 'phase') : '';
  if (phase !== 'Succeeded' && phase !== 'Failed') return {};
  const message = phase === 'Succeeded' ? 'The pod has completed successfully.' : 'The pod failed.';
  return { conditions: [{ type: 'Completed', status: 'True', reason: phase, message }] };
}
