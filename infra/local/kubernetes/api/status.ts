import type { Fields } from './objects.ts';
import type { Resource } from './resources.ts';

/** One field that a validation found wrong. */
export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** A refusal, answered as a `Status` object. Source: apimachinery, pkg/api/errors. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string | undefined;
  readonly details: Fields | undefined;
  readonly meta: Fields;
  constructor(
    code: number,
    reason: string | undefined,
    message: string,
    details?: Fields | undefined,
    meta: Fields = {},
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.meta = meta;
  }
}

export function statusBody(error: StatusError): Fields {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: error.meta,
    status: 'Failure',
    message: error.message,
    ...(error.reason === undefined ? {} : { reason: error.reason }),
    ...(error.details === undefined ? {} : { details: error.details }),
    code: error.code,
  };
}

export function successBody(details: Fields): Fields {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

/** `pods` or `deployments.apps`: how messages name a resource. */
export function qualified(resource: Pick<Resource, 'plural' | 'group'>): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

/** What a `Status` says about its subject. */
export const detailsOf = (resource: Resource, name: string): Fields => ({
  ...(name === '' ? {} : { name }),
  ...(resource.group === '' ? {} : { group: resource.group }),
  kind: resource.plural,
});

export function notFound(resource: Resource, name: string): StatusError {
  return new StatusError(
    404,
    'NotFound',
    `${qualified(resource)} "${name}" not found`,
    detailsOf(resource, name),
  );
}

export function pathNotFound(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(resource: Resource, name: string): StatusError {
  return new StatusError(
    409,
    'AlreadyExists',
    `${qualified(resource)} "${name}" already exists`,
    detailsOf(resource, name),
  );
}

export function conflict(resource: Resource, name: string, why: string): StatusError {
  return new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    detailsOf(resource, name),
  );
}

export const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

export function forbidden(resource: Resource, name: string, why: string, causes: Cause[] = []): StatusError {
  return new StatusError(403, 'Forbidden', `${qualified(resource)} "${name}" is forbidden: ${why}`, {
    ...detailsOf(resource, name),
    ...(causes.length === 0 ? {} : { causes }),
  });
}

/** 422 with all that is wrong, each with its field. */
export function invalid(resource: Resource, name: string, causes: readonly Cause[]): StatusError {
  const messages = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  const text = messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`;
  return new StatusError(
    422,
    'Invalid',
    `${resource.kind}${groupSuffix(resource)} "${name}" is invalid: ${text}`,
    {
      ...detailsOf(resource, name),
      kind: resource.kind,
      causes,
    },
  );
}

const groupSuffix = (resource: Resource) => (resource.group === '' ? '' : `.${resource.group}`);

/** A PUT without the revision that it replaces, of a kind that asks for it; the resource, not the kind, is named. */
export function revisionRequired(resource: Resource, name: string): StatusError {
  const field = 'metadata.resourceVersion';
  const message = 'Invalid value: 0x0: must be specified for an update';
  return new StatusError(
    422,
    'Invalid',
    `${qualified(resource)} "${name}" is invalid: ${field}: ${message}`,
    {
      ...detailsOf(resource, name),
      causes: [{ reason: 'FieldValueInvalid', message, field }],
    },
  );
}

/** Options of a request that cannot be meant. */
export function invalidOptions(
  kind: 'ListOptions' | 'DeleteOptions' | 'PatchOptions',
  found: Cause,
): StatusError {
  return new StatusError(
    422,
    'Invalid',
    `${kind}.meta.k8s.io "" is invalid: ${found.field}: ${found.message}`,
    {
      group: 'meta.k8s.io',
      kind,
      causes: [found],
    },
  );
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

export function methodNotAllowed(): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

/** Two guards of a delete that can fail; the kind, not the resource, is named. */
export function preconditionFailed(resource: Resource, name: string, why: string): StatusError {
  return new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${resource.kind}${groupSuffix(resource)} "${name}": ${why}`,
    { ...detailsOf(resource, name), kind: resource.kind },
  );
}

/** The history no longer reaches back to the revision that was asked for. */
export function expired(message: string, meta: Fields = {}): StatusError {
  return new StatusError(410, 'Expired', message, undefined, meta);
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized');
}

/** Words a cause as apimachinery's field errors do. */
export const cause = {
  required: (field: string, detail = ''): Cause => ({
    reason: 'FieldValueRequired',
    message: `Required value${detail === '' ? '' : `: ${detail}`}`,
    field,
  }),
  invalid: (field: string, value: unknown, detail: string): Cause => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(value)}: ${detail}`,
    field,
  }),
  /** As `invalid`, with the value already worded: the server prints maps in Go's syntax. */
  invalidGo: (field: string, worded: string, detail: string): Cause => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${worded}: ${detail}`,
    field,
  }),
  forbidden: (field: string, detail: string): Cause => ({
    reason: 'FieldValueForbidden',
    message: `Forbidden: ${detail}`,
    field,
  }),
  duplicate: (field: string, value: unknown): Cause => ({
    reason: 'FieldValueDuplicate',
    message: `Duplicate value: ${JSON.stringify(value)}`,
    field,
  }),
  unsupported: (field: string, value: unknown, supported: readonly string[]): Cause => ({
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map((item) => JSON.stringify(item)).join(', ')}`,
    field,
  }),
  tooLong: (field: string, limit: number): Cause => ({
    reason: 'FieldValueTooLong',
    message: `Too long: must have at most ${limit} bytes`,
    field,
  }),
};
