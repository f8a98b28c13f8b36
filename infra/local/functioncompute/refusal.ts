/** The errors of the service, with their statuses. Source: Function Compute 2.0, "Error codes". */
const STATUSES = {
  InvalidArgument: 400,
  MissingRequiredHeader: 400,
  PathNotSupported: 400,
  EntityTooLarge: 400,
  AccessDenied: 403,
  InvalidAccessKeyID: 403,
  SignatureNotMatch: 403,
  ServiceNotFound: 404,
  FunctionNotFound: 404,
  TriggerNotFound: 404,
  AsyncConfigNotExists: 404,
  OnDemandConfigNotFound: 404,
  MethodNotAllowed: 405,
  ServiceAlreadyExists: 409,
  FunctionAlreadyExists: 409,
  TriggerAlreadyExists: 409,
  ServiceNotEmpty: 409,
  FunctionNotEmpty: 409,
  PreconditionFailed: 412,
  ResourceExhausted: 429,
  InternalServerError: 500,
} as const;

export type RefusalCode = keyof typeof STATUSES;

/** An error of the service, as a client sees it: `code` and `status` are the cloud's own. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly status: number;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.status = STATUSES[code];
  }
}

export const serviceNotFound = (service: string): Refusal =>
  new Refusal('ServiceNotFound', `service '${service}' does not exist`);

export const functionNotFound = (service: string, name: string): Refusal =>
  new Refusal('FunctionNotFound', `function '${name}' does not exist in service '${service}'`);

export const tooLarge = (limit: number): Refusal =>
  new Refusal('EntityTooLarge', `payload size exceeds maximum allowed size (${limit} bytes)`);
