import type { Api } from './api.ts';
import type { KubeObject } from './objects.ts';
import type { Resource } from './resources.ts';

/** Notes in `metadata.managedFields` who set what changed between two states of an object. Changes `next`. */
export function recordManager(
  _api: Api,
  _resource: Resource,
  _current: KubeObject | undefined,
  _next: KubeObject,
  _manager: string,
): void {}
