/** An error as Tablestore words it: an HTTP status, a code that starts with `OTS`, and a sentence. */
export class TablestoreFailure extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'TablestoreFailure';
    this.status = status;
    this.code = code;
  }
}

// Statuses, codes and texts: Tablestore "Error codes", and the answers that the vendor's Python and Java SDK tests
// assert on against the real service where the page and the service differ.

export const parameterInvalid = (message: string) =>
  new TablestoreFailure(400, 'OTSParameterInvalid', message);

export const invalidPrimaryKey = (message: string) => new TablestoreFailure(400, 'OTSInvalidPK', message);

export const authFailed = (message: string) => new TablestoreFailure(403, 'OTSAuthFailed', message);

export const conditionCheckFailed = () =>
  new TablestoreFailure(403, 'OTSConditionCheckFail', 'Condition check failed.');

export const quotaExhausted = (message: string) => new TablestoreFailure(403, 'OTSQuotaExhausted', message);

export const adjustedTooOften = () =>
  new TablestoreFailure(
    403,
    'OTSTooFrequentReservedThroughputAdjustment',
    'Capacity unit adjustment is too frequent.',
  );

export const tableDoesNotExist = () =>
  new TablestoreFailure(404, 'OTSObjectNotExist', 'Requested table does not exist.');

export const tableAlreadyExists = () =>
  new TablestoreFailure(409, 'OTSObjectAlreadyExist', 'Requested table already exists.');

export const tableNotReady = () => new TablestoreFailure(404, 'OTSTableNotReady', 'The table is not ready.');

export const partitionUnavailable = () =>
  new TablestoreFailure(503, 'OTSPartitionUnavailable', 'The partition is not available.');

export const bodyTooLarge = () =>
  new TablestoreFailure(413, 'OTSRequestBodyTooLarge', 'The size of POST data is too large.');

export const methodNotAllowed = () =>
  new TablestoreFailure(405, 'OTSMethodNotAllowed', 'Only POST method for requests is supported.');

export const missingHeader = (name: string) =>
  new TablestoreFailure(400, 'OTSMissingHeader', `Missing header: '${name}'.`);

export const unsupportedOperation = (operation: string) =>
  new TablestoreFailure(400, 'OTSUnsupportOperation', `Unsupported operation: '${operation}'.`);
