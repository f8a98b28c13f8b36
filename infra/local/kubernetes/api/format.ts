import type { KubeObject } from './objects.ts';

/** How a client wants objects: whole, as rows of a table, or their metadata only. */
export type View = 'object' | 'table' | 'metadata';

export interface Format {
  readonly view: View;
  /** Version of `meta.k8s.io` that a table or partial metadata is answered in. */
  readonly metaVersion: string;
  readonly includeObject: string;
}

/** Reads the first form of the Accept header that can be served. */
export function formatOf(accept: string | undefined, query: URLSearchParams): Format {
  const includeObject = query.get('includeObject') ?? 'Metadata';
  for (const part of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    if (!['application/json', 'application/*', '*/*', ''].includes(type)) continue;
    const values = new Map(parameters.map((parameter) => parameter.split('=') as [string, string]));
    const metaVersion = values.get('v') ?? 'v1';
    if (values.get('as') === 'Table') return { view: 'table', metaVersion, includeObject };
    if (values.get('as')?.startsWith('PartialObjectMetadata'))
      return { view: 'metadata', metaVersion, includeObject };
    return { view: 'object', metaVersion, includeObject };
  }
  return { view: 'object', metaVersion: 'v1', includeObject };
}

export function partial(object: KubeObject, format: Pick<Format, 'metaVersion'>) {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: `meta.k8s.io/${format.metaVersion}`,
    metadata: object.metadata,
  };
}
