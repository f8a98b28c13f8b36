/** What a path of the API names. */
export interface Route {
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly plural: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  /** The old `/watch/` prefix. */
  readonly watch: boolean;
}

/** Parses `/api/v1/...` and `/apis/<group>/<version>/...`; undefined for any other path, and for a bare group version. */
export function routeOf(path: string): Route | undefined {
  const parts = path.split('/').slice(1).map(decode);
  if (parts.at(-1) === '') parts.pop();
  const core = parts[0] === 'api';
  if (!core && parts[0] !== 'apis') return undefined;
  const [group, version] = core ? ['', parts[1]] : [parts[1], parts[2]];
  const rest = parts.slice(core ? 2 : 3);
  const watch = rest[0] === 'watch';
  if (watch) rest.shift();
  if (group === undefined || version === undefined || rest.length === 0) return undefined;
  let namespace: string | undefined;
  // `namespaces/x/status` and `namespaces/x/finalize` are subresources of the namespace itself.
  if (rest[0] === 'namespaces' && rest.length > 2 && !['status', 'finalize'].includes(rest[2] ?? '')) {
    namespace = rest[1];
    rest.splice(0, 2);
  }
  const [plural = '', name, subresource, ...more] = rest;
  if (more.length > 0) return undefined;
  return { group, version, namespace, plural, name, subresource, watch };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
