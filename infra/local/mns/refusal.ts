/**
 * The errors of the service, with their statuses and words. Source: MNS developer reference, "Error codes"; the
 * misspelling of InvalidDegist is the cloud's own.
 */
const CATALOGUE = {
  InvalidArgument: [400, 'The XML you provided did not validate against our published schema.'],
  InvalidAuthorizationHeader: [400, 'The Authorization header format is invalid.'],
  InvalidContentType: [400, 'The content type must be text/xml or application/xml.'],
  InvalidDateHeader: [400, 'The Date header format is invalid.'],
  InvalidDegist: [400, 'The Content-MD5 you specified is invalid.'],
  InvalidQueryString: [400, 'Http request URL contains invalid querystring item.'],
  InvalidQueueName: [
    400,
    'The queue name you provided is invalid. QueueName should start with a letter or digit and contain only letters, digits or -.',
  ],
  InvalidRequestURL: [400, 'Http request URL format invalid.'],
  InvalidVersionHeader: [400, 'The x-mns-version header must be 2015-06-06.'],
  MalformedXML: [400, 'The XML you provided was not well-formed.'],
  MissingAuthorizationHeader: [400, 'Authorization header is required.'],
  MissingDateHeader: [400, 'Date header is required.'],
  MissingReceiptHandle: [400, 'ReceiptHandle is required.'],
  MissingVersionHeader: [400, 'The x-mns-version header is required.'],
  MissingVisibilityTimeout: [400, 'VisibilityTimeout is required.'],
  QueueNameLengthError: [400, 'Queue name length should between 1 and 120.'],
  ReceiptHandleError: [400, 'The receipt handle you provide is not valid.'],
  InvalidAccessKeyId: [403, 'The AccessKey Id you provided is not exist.'],
  InvalidSecurityToken: [403, 'The security token you provided is invalid.'],
  SecurityTokenExpired: [403, 'The security token you provided has expired.'],
  SignatureDoesNotMatch: [
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ],
  MessageNotExist: [404, 'Message not exist.'],
  QueueNotExist: [404, 'The queue name you provided is not exist.'],
  TimeExpired: [408, 'The http request you sent is expired.'],
  QueueAlreadyExist: [409, 'The queue you want to create is already exist.'],
  InternalError: [500, 'Internal error.'],
} as const satisfies Record<string, readonly [number, string]>;

export type RefusalCode = keyof typeof CATALOGUE;

/** An error of the service, as a client sees it: `code` and `status` are the cloud's own. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly status: number;

  /** `message` replaces the catalogue's words where there is more to say. */
  constructor(code: RefusalCode, message: string = CATALOGUE[code][1]) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.status = CATALOGUE[code][0];
  }
}

/** `value` as a whole number of [low, high], or an InvalidArgument that names the element. */
export function inRange(element: string, value: string | number, low: number, high: number): number {
  const number =
    typeof value === 'number' ? value : /^\d{1,15}$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (!Number.isInteger(number) || number < low || number > high) {
    throw new Refusal(
      'InvalidArgument',
      `The value of ${element} should between ${low} and ${high} seconds/bytes, got "${value}".`,
    );
  }
  return number;
}
