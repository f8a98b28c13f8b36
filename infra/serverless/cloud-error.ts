/** What a service answered, in one form for the three SDKs, each of which words its errors in another way. */
export class CloudError extends Error {
  readonly code: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;

  constructor(
    doing: string,
    { code, status, requestId, message }: Omit<CloudAnswer, 'cause'>,
    cause?: unknown,
  ) {
    const hint = hintFor(code);
    super(
      `${doing}: ${code}${message ? `: ${apart(message)}` : ''}` +
        `${requestId ? ` (request ${requestId})` : ''}${hint ? `\n  ${hint}` : ''}`,
      { cause },
    );
    this.name = 'CloudError';
    this.code = code;
    this.status = status;
    this.requestId = requestId;
  }
}

/** httpx, below the SDKs, adds the call to a connection's error without a space: `ENOTFOUND hostGET https://host failed.` */
const apart = (message: string): string =>
  message.replace(/(?<=\S)(?=(?:GET|PUT|POST|DELETE) https?:\/\/\S+ failed\.$)/, ': ');

export interface CloudAnswer {
  readonly code: string;
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly message?: string | undefined;
}

/** What to check, by what the code begins with; the first that fits is given. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /^(SignatureDoesNotMatch|SignatureNotMatch|InvalidAccessKey|OTSAuthFailed|OTSInvalidAccessKey|NotFoundAccessKey)/i,
    'check ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET; for the local cloud, that the cloud file is of the one that runs',
  ],
  [
    /^(AccessDenied|Forbidden|NoPermission|OTSNoPermissionAccess)/i,
    'check that who deploys may do this (RAM policy), and that the account id is theirs',
  ],
  [/^(SecurityToken|OTSInvalidSecurityToken)/i, 'the temporary credentials are wrong or over: take new ones'],
  [
    /^(TimeExpired|RequestExpired|InvalidDateHeader|OTSAuthRequestTimeTooSkewed)/i,
    'check the clock of this machine',
  ],
  [
    /^(ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|RequestTimeout|NetworkingError|TimeoutError)/i,
    'check the region and the network; for stage local, start the local cloud with npm run cloud',
  ],
  [
    // We create only what was not there a moment before.
    /^(OTSObjectAlreadyExist|(Queue|Service|Function|Trigger)AlreadyExists?)/i,
    'somebody else is deploying this stage at the same time: wait until they are done, then deploy again',
  ],
  [
    /^(LogStoreNotExist|ProjectNotExist|LogProject|LogStore)/i,
    'create the log project and the log store first; infra/resources/logs.ts names them',
  ],
  [
    /^(RoleNotExist|InvalidRole|EntityNotExist\.Role)/i,
    'create the role first; `serverless role` prints its policy documents',
  ],
  [
    /^(OTSInstanceNotFound|OTSInstanceNotExist|InstanceNotExist|OTSObjectNotExist\.Instance)/i,
    'create the Tablestore instance first, or set HOLDFAST_TABLESTORE_INSTANCE',
  ],
  [
    /^(EventBridge|EventStreaming|ServiceLinkedRole)/i,
    'activate EventBridge in the console and grant it its role once',
  ],
  [
    /^(InvalidArgument|InvalidParameter|OTSParameterInvalid)/i,
    'the cloud does not accept a value: see serverless.yml',
  ],
];

const hintFor = (code: string): string | undefined => HINTS.find(([pattern]) => pattern.test(code))?.[1];

interface SdkError extends Error {
  readonly code?: unknown;
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * @alicloud/fc2 keeps the status and the request id in its message only:
 * `GET /services/x failed with 404. requestid: …, message: ….`
 */
export function functionComputeError(doing: string, cause: unknown): CloudError {
  const error = cause as SdkError;
  const [, status, requestId, message] =
    /failed with (\d+)\. requestid: (.*?), message: (.*?)\.?$/s.exec(error.message) ?? [];
  return new CloudError(
    doing,
    {
      code: codeOf(error),
      status: status === undefined ? undefined : Number(status),
      requestId: requestId === 'undefined' ? undefined : requestId,
      message: message ?? error.message,
    },
    cause,
  );
}

/** @alicloud/mns has the code in the error's name, `MNSQueueNotExistError`, and the rest in its message. */
export function queueError(doing: string, cause: unknown): CloudError {
  const error = cause as SdkError;
  const named = /^MNS(.+)Error$/.exec(error.name)?.[1];
  const [, status, requestId, message] =
    /failed with (\d+)\. requestid: (.*?), hostid: .*?, message: (.*)$/s.exec(error.message) ?? [];
  return new CloudError(
    doing,
    {
      code: named ?? codeOf(error),
      status: status === undefined ? error.statusCode : Number(status),
      requestId,
      message: message ?? error.message,
    },
    cause,
  );
}

/** tablestore leaves the answer undecoded in the message; the code is the first word that begins with OTS. */
export function tablestoreError(doing: string, cause: unknown): CloudError {
  const error = cause as SdkError;
  const code = /OTS[A-Za-z]+/.exec(error.message)?.[0];
  const status = typeof error.code === 'number' ? error.code : undefined;
  return new CloudError(
    doing,
    {
      code: code ?? codeOf(error),
      status,
      requestId: error.headers?.['x-ots-requestid'],
      message: code ? readable(error.message, code) : error.message,
    },
    cause,
  );
}

/** What follows the code, without the bytes between protobuf's fields. */
const readable = (raw: string, code: string): string =>
  raw
    .slice(raw.indexOf(code) + code.length)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those bytes are what is taken out
    .replace(/^[\u0000-\u001f][^\w]?/, '')
    .replace(/ requestId:.*$/s, '')
    .trim();

const codeOf = ({ code, name }: SdkError): string =>
  typeof code === 'string' && code !== '' ? code : typeof code === 'number' ? String(code) : name;
