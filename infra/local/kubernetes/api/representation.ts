import { type Format, partial } from './format.ts';
import type { KubeObject } from './objects.ts';
import { type Resource, represent } from './resources.ts';
import { jsonOf } from './serialization.ts';
import { tableOf } from './tables.ts';

/** One object as JSON, in the wished form. `headers` asks for the table's column definitions. */
export function objectJson(
  resource: Resource,
  object: KubeObject,
  format: Format,
  nowMs: number,
  headers = true,
): string {
  const shown = represent(resource, object);
  if (format.view === 'object') return jsonOf(shown);
  if (format.view === 'metadata') return JSON.stringify(partial(shown, format));
  const rows = tableOf(resource, [shown], nowMs, format, { resourceVersion: shown.metadata.resourceVersion });
  return JSON.stringify(headers ? rows : { ...rows, columnDefinitions: [] });
}
