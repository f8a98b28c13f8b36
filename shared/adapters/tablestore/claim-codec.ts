import type { Binding, Claim, Retention } from '../../claim/claim.ts';
import {
  type ClaimKey,
  formatClaimKey,
  isClusterId,
  isNamespaceName,
  isPodName,
  parseClaimKey,
} from '../../claim/identity.ts';
import { formatDuration, parseGoDuration } from '../../net/duration.ts';
import { isIPv4 } from '../../net/ipv4.ts';
import { failure } from '../failure.ts';
import type { Row } from './table.ts';

/** The version of this layout. A row with a higher one was written by a newer Holdfast and is left alone. */
export const SCHEMA = 1;

/** A claim as plain columns, readable in the cloud's own console; times are epoch ms. */
export function encodeClaim(claim: Claim): Row {
  const { key: _, rev, phase, origin, retention, createdAt } = claim;
  const row: Record<string, string | number> = {
    schema: SCHEMA,
    rev,
    phase,
    origin,
    retention: encodeRetention(retention),
    createdAt,
  };
  const put = (name: string, value: string | number | undefined) => {
    if (value !== undefined) row[name] = value;
  };
  const putBinding = (prefix: string, binding: Binding | undefined) => {
    put(`${prefix}PodUid`, binding?.podUid);
    put(`${prefix}EniId`, binding?.eniId);
    put(`${prefix}PrivateIp`, binding?.privateIp);
  };
  if ('allocation' in claim) {
    put('allocationId', claim.allocation.id);
    put('address', claim.allocation.address);
    put('securityGroupId', claim.allocation.securityGroupId);
    put('holdEniId', claim.holdEniId);
    putBinding('last', claim.lastBinding);
  }
  switch (claim.phase) {
    case 'Allocating':
      put('token', claim.token);
      put('podUid', claim.podUid);
      put('eniId', claim.eniId);
      put('bandwidth', claim.bandwidth);
      put('reclaim', claim.reclaim);
      break;
    case 'Bound':
      putBinding('bound', claim.binding);
      put('boundAt', claim.boundAt);
      break;
    case 'Retained':
      put('retainUntil', claim.retainUntil);
      break;
    case 'Released':
      put('releasedAt', claim.releasedAt);
      break;
    case 'Releasing':
      break;
  }
  return row;
}

/**
 * The claim that a row holds. Throws a failure where it is newer (`NewerRecord`) or breaks its own rules
 * (`BrokenRecord`): such a claim is left alone.
 */
export function decodeClaim(row: Row): Claim {
  const name = row.claim;
  const broken = (what: string) =>
    failure('refused', 'BrokenRecord', `the record of ${String(name)} has ${what}`);
  const key = typeof name === 'string' ? parseClaimKey(name) : undefined;
  if (!key || !isNamed(key)) throw broken('no readable key');
  if (typeof row.schema === 'number' && row.schema > SCHEMA) {
    throw failure(
      'refused',
      'NewerRecord',
      `${formatClaimKey(key)} was written by a newer version (layout ${row.schema}, known is ${SCHEMA})`,
    );
  }
  if (row.schema !== SCHEMA) throw broken(`the layout "${String(row.schema)}"`);
  const text = (column: string): string => {
    const value = row[column];
    if (typeof value !== 'string' || value === '') throw broken(`no text in ${column}`);
    return value;
  };
  const number = (column: string, least = 0): number => {
    const value = row[column];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least)
      throw broken(`no integer from ${least} in ${column}`);
    return value;
  };
  const optionalText = (column: string) => (row[column] === undefined ? {} : { [column]: text(column) });
  const optionalNumber = (column: string) => (row[column] === undefined ? {} : { [column]: number(column) });
  const binding = (prefix: string): Binding => ({
    podUid: text(`${prefix}PodUid`),
    eniId: text(`${prefix}EniId`),
    privateIp: text(`${prefix}PrivateIp`),
  });
  // A part of it is none: it is the only other place that the address may be taken from.
  const lastBinding = () =>
    ['lastPodUid', 'lastEniId', 'lastPrivateIp'].every((column) => row[column] === undefined)
      ? {}
      : { lastBinding: binding('last') };
  const allocation = () => {
    const address = text('address');
    if (!isIPv4(address)) throw broken(`the address "${address}"`);
    return { id: text('allocationId'), address, ...optionalText('securityGroupId') };
  };

  const origin = text('origin');
  // Only an EIP can be the user's own, and it is taken as it is, never allocated.
  const canBeGiven = key.kind === 'eip' && row.phase !== 'Allocating';
  if (origin !== 'auto' && !(origin === 'given' && canBeGiven)) throw broken(`the origin "${origin}"`);
  const retention = decodeRetention(text('retention'));
  if (!retention) throw broken(`the retention "${text('retention')}"`);
  const common = { key, rev: number('rev', 1), origin, retention, createdAt: number('createdAt') } as const;

  const phase = text('phase');
  switch (phase) {
    case 'Allocating':
      return {
        ...common,
        phase,
        token: text('token'),
        podUid: text('podUid'),
        // Without the ENI, an address that was assigned there could not be found again.
        ...(key.kind === 'ip' ? { eniId: text('eniId') } : optionalText('eniId')),
        ...optionalNumber('bandwidth'),
        ...optionalText('reclaim'),
      };
    case 'Bound':
      return {
        ...common,
        phase,
        allocation: allocation(),
        binding: binding('bound'),
        boundAt: number('boundAt'),
        ...optionalText('holdEniId'),
        ...lastBinding(),
      };
    case 'Retained':
      return {
        ...common,
        phase,
        allocation: allocation(),
        ...optionalNumber('retainUntil'),
        ...optionalText('holdEniId'),
        ...lastBinding(),
      };
    case 'Releasing':
      return { ...common, phase, allocation: allocation(), ...optionalText('holdEniId'), ...lastBinding() };
    case 'Released':
      return { ...common, phase, releasedAt: number('releasedAt') };
    default:
      throw broken(`the phase "${phase}"`);
  }
}

/** As Kubernetes and the settings would have it: nothing else can have got a claim. */
const isNamed = ({ clusterId, namespace, pod }: ClaimKey): boolean =>
  isClusterId(clusterId) && isNamespaceName(namespace) && isPodName(pod);

const encodeRetention = (retention: Retention): string =>
  retention.kind === 'after' ? formatDuration(retention.ms) : retention.kind;

function decodeRetention(text: string): Retention | undefined {
  if (text === 'follow' || text === 'never') return { kind: text };
  const ms = parseGoDuration(text);
  return ms === undefined ? undefined : { kind: 'after', ms };
}
