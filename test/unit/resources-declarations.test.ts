import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { logStore } from '../../infra/resources/logs.ts';
import { QUEUES, type Queue, queueOf, VISIBILITY_PER_TIMEOUT } from '../../infra/resources/queues.ts';
import { functionPolicy, functionPolicyJson } from '../../infra/resources/role.ts';
import { TABLES } from '../../infra/resources/tables.ts';

const PLACE = { region: 'cn-hangzhou', accountId: '1234567890123456' };
const queues: readonly Queue[] = QUEUES;

describe('the declared tables', () => {
  it('let nothing expire but what is over: history after a year, quota windows after a day', () => {
    const expiring = TABLES.filter(({ timeToLive }) => timeToLive !== -1);
    expect(expiring.map(({ name, timeToLive }) => [name, timeToLive])).toEqual([
      ['history', 365 * 24 * 60 * 60],
      ['windows', 24 * 60 * 60],
    ]);
  });

  it('keep one version and have a key that Tablestore accepts: at most four columns, the first a string', () => {
    for (const { maxVersions, primaryKey } of TABLES) {
      expect(maxVersions).toBe(1);
      expect(primaryKey.length).toBeLessThanOrEqual(4);
      expect(primaryKey[0].type).toBe('STRING');
    }
  });

  it('sort deadlines by their time within a bucket', () => {
    const deadlines = TABLES.find(({ name }) => name === 'deadlines');
    expect(deadlines?.primaryKey.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'bucket STRING',
      'dueAt INTEGER',
      'claim STRING',
    ]);
  });
});

describe('the declared queues', () => {
  it('stay within the ranges of MNS', () => {
    for (const { visibilityTimeout, messageRetention, pollingWait } of queues) {
      expect(visibilityTimeout).toBeGreaterThanOrEqual(1);
      expect(visibilityTimeout).toBeLessThanOrEqual(43_200);
      expect(messageRetention).toBeGreaterThanOrEqual(60);
      expect(messageRetention).toBeLessThanOrEqual(604_800);
      expect(pollingWait).toBeLessThanOrEqual(30);
    }
  });

  it('send dead letters to a declared queue that keeps them as long as there is, and passes them on to none', () => {
    for (const { deadLetter, messageRetention } of queues) {
      if (!deadLetter) continue;
      expect(queueOf(deadLetter.queue).messageRetention).toBeGreaterThanOrEqual(messageRetention);
      expect(queueOf(deadLetter.queue).deadLetter).toBeUndefined();
    }
  });

  it('hide a message for six timeouts of the function that serverless.yml lets work on it', () => {
    const { functions } = parse(readFileSync('serverless.yml', 'utf8')) as {
      functions: { reconcile: { timeout: number; events: [{ queue: { queue: string } }] } };
    };
    const { timeout, events } = functions.reconcile;
    expect(queueOf(events[0].queue.queue).visibilityTimeout).toBe(VISIBILITY_PER_TIMEOUT * timeout);
  });

  it('name the declared ones when another is asked for', () => {
    expect(() => queueOf('hint')).toThrow('no queue "hint" is declared');
    expect(() => queueOf('hint')).toThrow('hints, hints-dead, failed');
  });
});

describe('the role of the functions', () => {
  const { Statement: statements } = functionPolicy('prod', PLACE);

  it('allows no action by a wildcard, and nothing in another region or account', () => {
    for (const { Action, Resource } of statements) {
      for (const action of Action) expect(action).toMatch(/^[a-z]+:[A-Z][A-Za-z]+$/);
      for (const resource of Resource) expect(resource).toContain(`:${PLACE.region}:${PLACE.accountId}:`);
    }
  });

  it('reaches rows of exactly the declared tables and cannot change a table', () => {
    const ofTables = statements.find(({ Action }) => Action.some((action) => action.startsWith('ots:')));
    expect(ofTables?.Resource).toEqual(
      TABLES.map(({ name }) => `acs:ots:cn-hangzhou:1234567890123456:instance/holdfast-prod/table/${name}`),
    );
    expect(ofTables?.Action.filter((action) => /Table/.test(action))).toEqual([]);
  });

  it('reaches messages of exactly the declared queues and cannot make or drop a queue', () => {
    const ofQueues = statements.find(({ Action }) => Action.some((action) => action.startsWith('mns:')));
    expect(ofQueues?.Resource).toContain(
      'acs:mns:cn-hangzhou:1234567890123456:/queues/holdfast-prod-hints/messages',
    );
    expect(ofQueues?.Resource).toHaveLength(2 * QUEUES.length);
    expect(ofQueues?.Action.filter((action) => /(Create|Delete|Set)Queue/.test(action))).toEqual([]);
  });

  it('may do to EIPs and ENIs what reconciling needs, and no more', () => {
    const actions = statements.flatMap(({ Action }) => Action).filter((action) => /^(vpc|ecs):/.test(action));
    expect(actions.sort()).toEqual([
      'ecs:AssignPrivateIpAddresses',
      'ecs:CreateNetworkInterface',
      'ecs:DeleteNetworkInterface',
      'ecs:DescribeNetworkInterfaces',
      'ecs:DescribeVSwitches',
      'ecs:UnassignPrivateIpAddresses',
      'vpc:AllocateEipAddress',
      'vpc:AssociateEipAddress',
      'vpc:DescribeEipAddresses',
      'vpc:DescribeVSwitches',
      'vpc:ReleaseEipAddress',
      'vpc:TagResources',
      'vpc:UnassociateEipAddress',
    ]);
  });

  it('is rendered as the JSON that RAM takes', () => {
    expect(JSON.parse(functionPolicyJson('prod', PLACE))).toEqual({ Version: '1', Statement: statements });
  });

  it('writes to the log store of its own stage only', () => {
    const { project, logstore } = logStore('prod', PLACE);
    const ofLogs = statements.find(({ Action }) => Action.includes('log:PostLogStoreLogs'));
    expect(ofLogs?.Resource).toEqual([
      `acs:log:cn-hangzhou:1234567890123456:project/${project}/logstore/${logstore}`,
    ]);
  });
});
