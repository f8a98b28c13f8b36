import { API_CODES, COMMON_CODES } from '../../shared/adapters/openapi/codes.ts';
import { DEFAULT_QUOTAS } from '../../shared/adapters/tablestore/quota.ts';
import { KINDS, type Kind } from '../../shared/claim/identity.ts';
import { ANNOTATIONS } from '../../shared/claim/policy.ts';
import {
  BOUND_REASON_TEXT,
  CONDITION_TYPES,
  EVENT_SUBJECTS,
  NORMAL_REASONS,
  REASONS,
  RESULT_ANNOTATIONS,
  type Reason,
} from '../../shared/claim/reason.ts';
import { formatDuration } from '../../shared/net/duration.ts';
import { CONSEQUENCES } from '../../shared/reconcile/failure.ts';
import type { Verdict } from '../../shared/reconcile/ports.ts';
import { SETTINGS } from '../../shared/runtime/config.ts';
import { LOG_FIELDS } from '../../shared/runtime/log.ts';
import { GUARDS } from '../../test/simulation/guards.ts';
import { RULES } from '../../test/simulation/rules.ts';
import { QUEUES, type Queue } from '../resources/queues.ts';
import { TABLES, type Table } from '../resources/tables.ts';
import { drawActions, drawDecisions, drawTransitions } from './decide-table.ts';
import { type Decision, readDecisions } from './decisions.ts';
import { neededVariables } from './deploy-environment.ts';
import { type DeployedFunction, readDeployedFunctions } from './deployed-functions.ts';
import { code, markdownTable } from './markdown.ts';

/** Every table that a page can have between markers, as Markdown, by its name. */
export async function drawTables(root: string): Promise<ReadonlyMap<string, string>> {
  const functions = await readDeployedFunctions(root);
  return new Map([
    ['annotations', annotations()],
    ['result-annotations', resultAnnotations()],
    ['conditions', conditions()],
    ['reasons', reasons()],
    ['events', events()],
    ['settings', settings(functions)],
    ['deploy-environment', deployEnvironment()],
    ['functions', functionTable(functions)],
    ['verdicts', verdicts()],
    ['common-codes', codes(COMMON_CODES)],
    ['api-codes', apiCodes()],
    ['log-fields', logFields()],
    ['tables', tables(TABLES)],
    ['queues', queues(QUEUES)],
    ['quotas', quotas()],
    ['decisions', decisions(await readDecisions(root))],
    ['simulation-rules', simulationRules()],
    ['simulation-guards', simulationGuards()],
    ['decide-actions', drawActions()],
    ['decide-transitions', drawTransitions()],
    ['decide-eip', drawDecisions('eip')],
    ['decide-ip', drawDecisions('ip')],
  ]);
}

const simulationRules = () =>
  markdownTable(
    ['Name', 'Broken where'],
    Object.entries(RULES).map(([name, what]) => [name, what]),
  );

const simulationGuards = () =>
  markdownTable(
    ['Without', 'within stories', 'this breaks'],
    GUARDS.map(({ name, within, breaks }) => [name, String(within), breaks.join(', ')]),
  );

const KIND_NAMES: Readonly<Record<Kind, string>> = { eip: 'EIP', ip: 'fixed private IP' };

const lines = (names: readonly string[]) => names.map(code).join('<br>');

const annotations = () =>
  markdownTable(
    ['Annotation (any spelling)', 'Allowed', 'What it does'],
    Object.values(ANNOTATIONS).map(({ names, allowed, meaning }) => [lines(names), allowed, meaning]),
  );

const resultAnnotations = () =>
  markdownTable(
    ['Address', 'Annotation with the address'],
    KINDS.map((kind) => [KIND_NAMES[kind], lines(RESULT_ANNOTATIONS[kind])]),
  );

const logFields = () =>
  markdownTable(
    ['Field', 'Indexed as', 'Holds'],
    Object.entries(LOG_FIELDS).map(([name, { holds, as }]) => [code(name), as, holds]),
  );

const conditions = () =>
  markdownTable(
    ['Address', 'Condition type', 'Reason when it is `True`'],
    KINDS.map((kind) => [KIND_NAMES[kind], code(CONDITION_TYPES[kind]), code(BOUND_REASON_TEXT[kind])]),
  );

const reasons = () =>
  markdownTable(
    ['Reason', 'What it means'],
    (Object.keys(REASONS) as Reason[]).map((reason) => [code(reason), REASONS[reason]]),
  );

const events = () =>
  markdownTable(
    ['Event for an EIP', 'Event for a fixed IP', 'Type'],
    (Object.keys(REASONS) as Reason[]).map((reason) => [
      code(`${EVENT_SUBJECTS.eip}${reason}`),
      code(`${EVENT_SUBJECTS.ip}${reason}`),
      NORMAL_REASONS.includes(reason) ? 'Normal' : 'Warning',
    ]),
  );

function settings(functions: readonly DeployedFunction[]): string {
  const needed = new Set(neededVariables().map(({ name }) => name));
  return markdownTable(
    ['Setting', 'What it is', 'Functions', 'Who sets it'],
    Object.entries(SETTINGS).map(([setting, meaning]) => {
      const having = functions.filter(({ environment }) => setting in environment);
      const [value = ''] = having.map(({ environment }) => environment[setting] ?? '');
      const names = having.map(({ name }) => name);
      return [
        code(setting),
        meaning,
        names.length === functions.length ? 'all' : names.join(', '),
        value.startsWith('${env:') || needed.has(setting) ? 'you, when you deploy' : 'the deployment',
      ];
    }),
  );
}

const deployEnvironment = () =>
  markdownTable(
    ['Variable', 'What it is'],
    neededVariables().map(({ name, meaning }) => [code(name), meaning]),
  );

const functionTable = (functions: readonly DeployedFunction[]) =>
  markdownTable(
    ['Function', 'What it does', 'Trigger', 'Memory', 'Timeout'],
    functions.map(({ name, description, triggers, memory, timeout }) => [
      code(name),
      description,
      triggers.join('<br>'),
      `${memory} MB`,
      `${timeout} s`,
    ]),
  );

/** In the words of `shared/reconcile/ports.ts`. */
const VERDICTS: Readonly<Record<Verdict, string>> = {
  busy: 'The resource is in transition, or somebody works on it.',
  throttled: "Too many calls in this minute, by the cloud's count or by Holdfast's own windows.",
  late: 'Not asked: the function has not the time left to hear the answer.',
  unavailable: 'No answer, or one that leaves open whether the call acted.',
  gone: 'The resource does not exist, or no longer.',
  unbound: 'It is not bound there: what was to be undone is undone.',
  elsewhere: 'It is bound, but not where the call said.',
  taken: 'Somebody else has it.',
  occupied: 'The place that it should go to has another one.',
  misplaced: 'The address or the ENI is not where the call said.',
  'token-spent': 'This ClientToken can bring nothing any more.',
  exhausted: 'A quota of the account is used up.',
  unpaid: 'The balance of the account does not cover it.',
  drained: 'The vSwitch has no idle private IP.',
  full: 'This ENI can take no more private IPs.',
  managed: 'The ENI belongs to a cloud service.',
  forbidden: 'The role may not do this.',
  refused: 'The request is wrong and will stay wrong.',
  unreadable: 'A record breaks its own rules, or was written by a newer version.',
};

const verdicts = () =>
  markdownTable(
    ['Verdict', 'What it means', 'Class', 'What the pod is told', 'Tried again after'],
    (Object.keys(VERDICTS) as Verdict[]).map((verdict) => {
      const { is, reason, afterMs } = CONSEQUENCES[verdict];
      return [
        code(verdict),
        VERDICTS[verdict],
        is,
        reason === undefined ? 'nothing' : code(reason),
        afterMs === undefined ? 'not' : formatDuration(afterMs),
      ];
    }),
  );

type CodeRows = readonly (readonly [name: string, verdict: Verdict])[];

const codes = (rows: CodeRows) =>
  markdownTable(
    ['Code', 'Verdict'],
    rows.map(([name, verdict]) => [code(name), code(verdict)]),
  );

const apiCodes = () =>
  markdownTable(
    ['API', 'Code', 'Verdict'],
    Object.entries(API_CODES).flatMap(([api, rows]) =>
      rows.map(([name, verdict]) => [code(api), code(name), code(verdict)]),
    ),
  );

const tables = (declared: readonly Table[]) =>
  markdownTable(
    ['Table', 'Primary key', 'Rows are kept'],
    declared.map(({ name, primaryKey, timeToLive }) => [
      code(name),
      primaryKey.map((column) => `${code(column.name)} ${column.type.toLowerCase()}`).join(', '),
      timeToLive === -1 ? 'until they are deleted' : `${timeToLive / 86_400} days`,
    ]),
  );

const queues = (declared: readonly Queue[]) =>
  markdownTable(
    ['Queue', 'Message hidden while worked on', 'Message kept', 'Dead letters'],
    declared.map(({ name, visibilityTimeout, messageRetention, deadLetter }) => [
      code(name),
      `${visibilityTimeout} s`,
      `${messageRetention / 86_400} days`,
      deadLetter ? `${code(deadLetter.queue)}, after ${deadLetter.maxReceiveCount} receives` : 'none',
    ]),
  );

const quotas = () =>
  markdownTable(
    ['API', 'For binding, a minute', 'For releasing, a minute'],
    Object.entries(DEFAULT_QUOTAS).map(([api, { bind, release }]) => [
      code(api),
      String(bind),
      String(release),
    ]),
  );

const decisions = (records: readonly Decision[]) =>
  records.map(({ file, title }) => `- [${file.slice(0, 3)}](${file}) ${title}`).join('\n');
