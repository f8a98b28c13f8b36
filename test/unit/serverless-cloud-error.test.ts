import { describe, expect, it } from 'vitest';
import { functionComputeError, queueError, tablestoreError } from '../../infra/serverless/cloud-error.ts';

const failure = (message: string, more: object = {}) => Object.assign(new Error(message), more);

describe('what a person is told when the cloud refuses', () => {
  it('by Function Compute: doing, code, request id and what to check', () => {
    const error = functionComputeError(
      'creating function intake',
      failure(
        'POST /services/s/functions failed with 403. requestid: 5F3A, message: the caller is not allowed.',
        {
          name: 'FCAccessDeniedError',
          code: 'AccessDenied',
        },
      ),
    );
    expect(error).toMatchObject({ code: 'AccessDenied', status: 403, requestId: '5F3A' });
    expect(error.message).toMatch(
      /^creating function intake: AccessDenied: the caller is not allowed \(request 5F3A\)\n {2}check that who deploys may/,
    );
  });

  it('by a connection: which command starts the local cloud', () => {
    const error = functionComputeError(
      'looking at service holdfast-local',
      failure('connect ECONNREFUSED 127.0.0.1:1', { code: 'ECONNREFUSED' }),
    );
    expect(error.status).toBeUndefined();
    expect(error.message).toContain('npm run cloud');
  });

  it('by a connection: the call that could not be made, apart from why', () => {
    const glued = failure(
      'getaddrinfo ENOTFOUND a.aliyuncs.comGET https://a.aliyuncs.com/services/s failed.',
      {
        code: 'ENOTFOUND',
      },
    );
    for (const told of [functionComputeError, queueError]) {
      expect(told('looking', glued).message).toContain(
        'getaddrinfo ENOTFOUND a.aliyuncs.com: GET https://a.aliyuncs.com/services/s failed.\n',
      );
    }
  });

  it('by a connection to Tablestore, which a deployment needs first: what to check', () => {
    const error = tablestoreError(
      'listing the tables of holdfast-prod',
      failure('getaddrinfo ENOTFOUND holdfast-prod.cn-x.ots.aliyuncs.com', { code: 'NetworkingError' }),
    );
    expect(error.message).toContain('check the region and the network');
  });

  it('by MNS, whose code is only in the name of the error', () => {
    const error = queueError(
      'creating queue q',
      failure(
        'PUT http://h/queues/q failed with 409. requestid: 7B, hostid: http://h, message: The queue exists.',
        {
          name: 'MNSQueueAlreadyExistError',
        },
      ),
    );
    expect(error).toMatchObject({ code: 'QueueAlreadyExist', status: 409, requestId: '7B' });
    expect(error.message).toMatch(
      /^creating queue q: QueueAlreadyExist: The queue exists\. \(request 7B\)\n/,
    );
  });

  it('by Tablestore, whose answer the SDK leaves undecoded', () => {
    const error = tablestoreError(
      'creating table claims',
      failure('\n\x15OTSConditionCheckFail\x12\x17Condition check failed. requestId:0005', {
        code: 403,
        headers: { 'x-ots-requestid': '0005' },
      }),
    );
    expect(error).toMatchObject({ code: 'OTSConditionCheckFail', status: 403, requestId: '0005' });
    expect(error.message).toBe(
      'creating table claims: OTSConditionCheckFail: Condition check failed. (request 0005)',
    );
  });

  it.each([
    ['OTSAuthFailed', 'ALIBABA_CLOUD_ACCESS_KEY_ID'],
    ['TimeExpired', 'clock of this machine'],
    ['LogStoreNotExist', 'infra/resources/logs.ts'],
    ['SignatureDoesNotMatch', 'cloud file'],
    ['OTSObjectAlreadyExist', 'somebody else is deploying'],
    ['FunctionAlreadyExists', 'somebody else is deploying'],
  ])('has a hint for %s', (code, hint) => {
    expect(functionComputeError('doing', failure('x', { code })).message).toContain(hint);
  });
});
