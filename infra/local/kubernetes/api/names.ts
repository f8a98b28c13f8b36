import type { Cause } from './status.ts';
import { cause } from './status.ts';

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_FORM = new RegExp(`^${LABEL}$`);
const SUBDOMAIN_FORM = new RegExp(`^${SUBDOMAIN}$`);
const DNS1035_FORM = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED_FORM = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE_FORM = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

const LABEL_TEXT = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`;
const SUBDOMAIN_TEXT = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`;
const DNS1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const tooLong = (limit: number) => `must be no more than ${limit} characters`;

/** What is wrong with a DNS label (63 characters), as the API words it. Source: apimachinery, pkg/util/validation. */
export function dnsLabel(field: string, name: string): Cause[] {
  const causes: Cause[] = [];
  if (name.length > 63) causes.push(cause.invalid(field, name, tooLong(63)));
  if (!LABEL_FORM.test(name)) causes.push(cause.invalid(field, name, LABEL_TEXT));
  return causes;
}

export function dnsSubdomain(field: string, name: string): Cause[] {
  const causes: Cause[] = [];
  if (name.length > 253) causes.push(cause.invalid(field, name, tooLong(253)));
  if (!SUBDOMAIN_FORM.test(name)) causes.push(cause.invalid(field, name, SUBDOMAIN_TEXT));
  return causes;
}

export function dns1035Label(field: string, name: string): Cause[] {
  const causes: Cause[] = [];
  if (name.length > 63) causes.push(cause.invalid(field, name, tooLong(63)));
  if (!DNS1035_FORM.test(name)) causes.push(cause.invalid(field, name, DNS1035_TEXT));
  return causes;
}

/** Keys of labels and annotations, finalizers and taints: an optional DNS subdomain, a slash, a name. */
export function qualifiedName(field: string, name: string): Cause[] {
  const parts = name.split('/');
  if (parts.length > 2) {
    return [
      cause.invalid(
        field,
        name,
        `a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
      ),
    ];
  }
  const causes: Cause[] = [];
  const [prefix, last] = parts.length === 2 ? [parts[0] ?? '', parts[1] ?? ''] : [undefined, parts[0] ?? ''];
  if (prefix === '') causes.push(cause.invalid(field, name, 'prefix part must be non-empty'));
  else if (prefix !== undefined && !SUBDOMAIN_FORM.test(prefix)) {
    causes.push(cause.invalid(field, name, `prefix part ${SUBDOMAIN_TEXT}`));
  }
  if (last === '') causes.push(cause.invalid(field, name, 'name part must be non-empty'));
  else if (last.length > 63) causes.push(cause.invalid(field, name, `name part ${tooLong(63)}`));
  if (!QUALIFIED_FORM.test(last)) causes.push(cause.invalid(field, name, QUALIFIED_TEXT));
  return causes;
}

export function labelValue(field: string, value: string): Cause[] {
  if (value.length > 63) return [cause.invalid(field, value, tooLong(63))];
  return LABEL_VALUE_FORM.test(value) ? [] : [cause.invalid(field, value, LABEL_VALUE_TEXT)];
}
