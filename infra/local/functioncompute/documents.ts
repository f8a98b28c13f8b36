import type { CloudFunction, Service, Stamped } from './catalog.ts';
import { Refusal } from './refusal.ts';
import type { TriggerSettings } from './trigger-settings.ts';

/** The records as the API words them. Source: Function Compute API, data structures. */

/** Times have whole seconds. */
const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

const times = ({ createdAt, modifiedAt }: { createdAt: number; modifiedAt: number }) => ({
  createdTime: time(createdAt),
  lastModifiedTime: time(modifiedAt),
});

export function serviceDocument({ name, record }: Service) {
  const { id, createdAt, modifiedAt, revision: _revision, ...settings } = record;
  return { serviceName: name, serviceId: id, ...settings, ...times({ createdAt, modifiedAt }) };
}

export function functionDocument({ name, record, code }: CloudFunction) {
  const { id, createdAt, modifiedAt, revision: _revision, initializer, ...settings } = record;
  return {
    functionName: name,
    functionId: id,
    ...settings,
    initializer: initializer === '' ? null : initializer,
    codeSize: code.zip.length,
    codeChecksum: code.checksum,
    ...times({ createdAt, modifiedAt }),
  };
}

/** `url` is where an HTTP trigger can be reached. */
export function triggerDocument(trigger: Stamped<TriggerSettings>, url: string) {
  const { id, createdAt, modifiedAt, revision: _revision, ...settings } = trigger;
  return {
    triggerId: id,
    ...settings,
    ...(trigger.triggerType === 'http' ? { urlInternet: url, urlIntranet: url } : {}),
    ...times({ createdAt, modifiedAt }),
  };
}

export function asyncConfigurationDocument(fn: CloudFunction) {
  const configuration = fn.asyncConfiguration;
  if (!configuration) {
    throw new Refusal(
      'AsyncConfigNotExists',
      `AsyncConfig for ${fn.service.name}:${fn.name} does not exist.`,
    );
  }
  const { createdAt, modifiedAt, id: _id, revision: _revision, ...settings } = configuration;
  return {
    service: fn.service.name,
    function: fn.name,
    qualifier: 'LATEST',
    ...settings,
    ...times({ createdAt, modifiedAt }),
  };
}

export function onDemandConfigurationDocument(fn: CloudFunction) {
  const configuration = fn.onDemandConfiguration;
  const resource = `services/${fn.service.name}.LATEST/functions/${fn.name}`;
  if (!configuration) {
    throw new Refusal('OnDemandConfigNotFound', `on-demand config of '${resource}' does not exist`);
  }
  return { resource, ...configuration };
}

const DEFAULT_LIMIT = 20;
const LARGEST_LIMIT = 100;

/** One page of `items` by name: `prefix` and `startKey` narrow them, `nextToken` goes on where a page ended. */
export function page<T extends { readonly name: string }>(
  items: Iterable<T>,
  query: URLSearchParams,
): { readonly items: T[]; readonly nextToken?: string } {
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= LARGEST_LIMIT)) {
    throw new Refusal(
      'InvalidArgument',
      `limit: it must be 1 to ${LARGEST_LIMIT}, got '${query.get('limit')}'`,
    );
  }
  const prefix = query.get('prefix') ?? '';
  const token = query.get('nextToken');
  const from = token ? Buffer.from(token, 'base64url').toString() : (query.get('startKey') ?? '');
  const fitting = [...items]
    .filter(({ name }) => name.startsWith(prefix) && name >= from)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const next = fitting[limit];
  return {
    items: fitting.slice(0, limit),
    ...(next ? { nextToken: Buffer.from(next.name).toString('base64url') } : {}),
  };
}
