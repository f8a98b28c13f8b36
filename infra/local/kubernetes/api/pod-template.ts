import { dnsLabel } from './names.ts';
import {
  ensureFields,
  type Fields,
  fieldsAt,
  isFields,
  listAt,
  recordsAt,
  setDefault,
  textAt,
} from './objects.ts';
import { type Cause, cause } from './status.ts';

/** Fills a pod's or a template's `spec`. Source: Kubernetes, pkg/apis/core/v1/defaults.go. */
export function defaultPodSpec(spec: Fields): void {
  for (const container of containersOf(spec)) defaultContainer(container);
  for (const volume of recordsAt(spec, 'volumes')) defaultVolume(volume);
  setDefault(spec, 'restartPolicy', 'Always');
  setDefault(spec, 'terminationGracePeriodSeconds', 30);
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'securityContext', {});
  setDefault(spec, 'schedulerName', 'default-scheduler');
  if (textAt(spec, 'serviceAccountName') !== '') setDefault(spec, 'serviceAccount', spec.serviceAccountName);
}

export function containersOf(spec: Fields): Fields[] {
  return [...recordsAt(spec, 'initContainers'), ...recordsAt(spec, 'containers')];
}

function defaultContainer(container: Fields): void {
  for (const port of recordsAt(container, 'ports')) setDefault(port, 'protocol', 'TCP');
  for (const variable of recordsAt(container, 'env')) {
    const reference = fieldsAt(variable, 'valueFrom', 'fieldRef');
    if (Object.keys(reference).length > 0) setDefault(reference, 'apiVersion', 'v1');
  }
  const resources = ensureFields(container, 'resources');
  const limits = fieldsAt(resources, 'limits');
  if (Object.keys(limits).length > 0) {
    const requests = ensureFields(resources, 'requests');
    for (const [name, amount] of Object.entries(limits)) setDefault(requests, name, amount);
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (isFields(container[name])) defaultProbe(container[name]);
  }
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  setDefault(container, 'imagePullPolicy', pullPolicy(textAt(container, 'image')));
}

function defaultProbe(probe: Fields): void {
  if (isFields(probe.httpGet)) {
    setDefault(probe.httpGet, 'path', '/');
    setDefault(probe.httpGet, 'scheme', 'HTTP');
  }
  setDefault(probe, 'timeoutSeconds', 1);
  setDefault(probe, 'periodSeconds', 10);
  setDefault(probe, 'successThreshold', 1);
  setDefault(probe, 'failureThreshold', 3);
}

const VOLUMES_WITH_MODE = ['configMap', 'secret', 'projected', 'downwardAPI'];

function defaultVolume(volume: Fields): void {
  for (const source of VOLUMES_WITH_MODE) {
    if (isFields(volume[source])) setDefault(volume[source], 'defaultMode', 0o644);
  }
  if (isFields(volume.hostPath)) setDefault(volume.hostPath, 'type', '');
  if (Object.keys(volume).every((name) => name === 'name')) volume.emptyDir = {};
}

/** An image without a tag, or with `latest`, is pulled every time. */
function pullPolicy(image: string): string {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

/** What is wrong with a pod's or a template's `spec`, at `path`. Source: pkg/apis/core/validation/validation.go. */
export function validatePodSpec(spec: Fields, path: string): Cause[] {
  const causes: Cause[] = [];
  const volumes = validateVolumes(spec, path, causes);
  const seen = new Set<string>();
  if (listAt(spec, 'containers').length === 0) causes.push(cause.required(`${path}.containers`));
  for (const list of ['containers', 'initContainers']) {
    recordsAt(spec, list).forEach((container, index) => {
      const at = `${path}.${list}[${index}]`;
      const name = textAt(container, 'name');
      if (name === '') causes.push(cause.required(`${at}.name`));
      else if (dnsLabel('', name).length > 0) causes.push(...dnsLabel(`${at}.name`, name));
      else if (seen.has(name)) causes.push(cause.duplicate(`${at}.name`, name));
      else seen.add(name);
      if (textAt(container, 'image') === '') causes.push(cause.required(`${at}.image`));
      causes.push(...validateMounts(container, volumes, at));
    });
  }
  checkChoice(spec, 'restartPolicy', RESTART_POLICIES, path, causes);
  checkChoice(spec, 'dnsPolicy', DNS_POLICIES, path, causes);
  return causes;
}

function validateVolumes(spec: Fields, path: string, causes: Cause[]): Set<string> {
  const names = new Set<string>();
  recordsAt(spec, 'volumes').forEach((volume, index) => {
    const at = `${path}.volumes[${index}].name`;
    const name = textAt(volume, 'name');
    if (name === '') causes.push(cause.required(at));
    else if (names.has(name)) causes.push(cause.duplicate(at, name));
    else causes.push(...dnsLabel(at, name));
    names.add(name);
  });
  return names;
}

function validateMounts(container: Fields, volumes: ReadonlySet<string>, at: string): Cause[] {
  const causes: Cause[] = [];
  recordsAt(container, 'volumeMounts').forEach((mount, index) => {
    const name = textAt(mount, 'name');
    const field = `${at}.volumeMounts[${index}]`;
    if (name === '') causes.push(cause.required(`${field}.name`));
    else if (!volumes.has(name)) {
      causes.push({
        reason: 'FieldValueNotFound',
        message: `Not found: ${JSON.stringify(name)}`,
        field: `${field}.name`,
      });
    }
    if (textAt(mount, 'mountPath') === '') causes.push(cause.required(`${field}.mountPath`));
  });
  return causes;
}

function checkChoice(
  spec: Fields,
  name: string,
  choices: readonly string[],
  path: string,
  causes: Cause[],
): void {
  const value = textAt(spec, name);
  if (!choices.includes(value)) causes.push(cause.unsupported(`${path}.${name}`, value, choices));
}
