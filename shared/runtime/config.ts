import { gunzipSync } from 'node:zlib';
import { z } from 'zod/mini';

/** What a function may be told by its environment. One table: the documentation is generated from it. */
export const SETTINGS = {
  HOLDFAST_TABLESTORE_ENDPOINT: 'URL of the Tablestore instance.',
  HOLDFAST_TABLESTORE_INSTANCE:
    'Name of the Tablestore instance. It also names this installation in the tags of what it buys.',
  HOLDFAST_MNS_ENDPOINT: 'URL of the message service.',
  HOLDFAST_QUEUE: 'Name of the queue that hints travel on.',
  HOLDFAST_VPC_ENDPOINT: 'Endpoint of the VPC API.',
  HOLDFAST_ECS_ENDPOINT: 'Endpoint of the ECS API.',
  HOLDFAST_VPC_ID: 'Optional. The VPC of the pods, where private IPs repeat across VPCs of the account.',
  HOLDFAST_KUBECONFIG:
    'A kubeconfig in base64, gzipped or not, with one context a cluster; the name of a context is the id of its cluster.',
  HOLDFAST_CLUSTERS:
    'Ids of the clusters whose events are taken, separated by commas. Only intake needs it; the others read the kubeconfig.',
  HOLDFAST_INTAKE_TOKEN: 'The bearer token that exporters send, 16 characters or more. Only intake has it.',
  HOLDFAST_QUOTAS:
    'Optional. Calls a minute, where the account has others than the defaults: {"AssociateEipAddress":{"bind":240,"release":0}}.',
  HOLDFAST_RELEASES_PER_MINUTE:
    'Optional. How many addresses may be released in a minute, whatever is due and whatever finds it (default 200).',
  HOLDFAST_CLOCK:
    'Optional. `own` has the functions go by their own clock alone, as on a local cloud whose time is ahead of a real cluster; otherwise it is compared with the clocks of the clusters.',
  HOLDFAST_LOG_LEVEL: 'Optional. debug, info (default) or warn.',
} as const;

export type Setting = keyof typeof SETTINGS;

const url = z
  .string()
  .check(z.regex(/^https?:\/\/[^\s/]+/, 'is not a URL such as https://name.region.example'));
const endpoint = z
  .string()
  .check(z.regex(/^(?:https?:\/\/)?[^\s/]+\/?$/, 'is not an endpoint such as vpc.aliyuncs.com'));
const name = z
  .string()
  .check(z.regex(/^[A-Za-z0-9][-A-Za-z0-9]{0,119}$/, 'is not a name of letters, digits and hyphens'));
/** First byte of a gzip stream; no text begins with it. */
const GZIP = 0x1f;
const base64 = z.pipe(
  z.string().check(z.regex(/^[A-Za-z0-9+/\s]+=*\s*$/, 'is not base64')),
  z.transform((text: string, context) => {
    const bytes = Buffer.from(text, 'base64');
    try {
      return (bytes[0] === GZIP ? gunzipSync(bytes) : bytes).toString('utf8');
    } catch {
      context.issues.push({ code: 'custom', message: 'is a broken gzip stream in base64', input: text });
      return '';
    }
  }),
);
const json = z.pipe(
  z.string(),
  z.transform((text: string, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.issues.push({ code: 'custom', message: 'is not JSON', input: text });
      return undefined;
    }
  }),
);
const perMinute = z.int().check(z.nonnegative());

const SCHEMAS = {
  HOLDFAST_TABLESTORE_ENDPOINT: url,
  HOLDFAST_TABLESTORE_INSTANCE: name,
  HOLDFAST_MNS_ENDPOINT: url,
  HOLDFAST_QUEUE: name,
  HOLDFAST_VPC_ENDPOINT: endpoint,
  HOLDFAST_ECS_ENDPOINT: endpoint,
  HOLDFAST_VPC_ID: z.optional(z.string().check(z.regex(/^vpc-[a-z0-9-]+$/, 'is not the id of a VPC'))),
  HOLDFAST_KUBECONFIG: base64,
  HOLDFAST_CLUSTERS: z.pipe(
    z
      .string()
      .check(z.regex(/^[-._A-Za-z0-9]+(?:,[-._A-Za-z0-9]+)*$/, 'is not a list of cluster ids such as c1,c2')),
    z.transform((text: string): readonly string[] => text.split(',')),
  ),
  HOLDFAST_INTAKE_TOKEN: z.string().check(z.minLength(16, 'is shorter than 16 characters')),
  HOLDFAST_QUOTAS: z.optional(
    z.pipe(json, z.record(z.string(), z.object({ bind: perMinute, release: perMinute }))),
  ),
  HOLDFAST_RELEASES_PER_MINUTE: z._default(
    z.pipe(
      z.string().check(z.regex(/^[1-9][0-9]{0,4}$/, 'is not a whole number from 1 to 99999')),
      z.transform(Number),
    ),
    200,
  ),
  HOLDFAST_CLOCK: z.optional(z.literal('own', 'is not own')),
  HOLDFAST_LOG_LEVEL: z._default(
    z.enum(['debug', 'info', 'warn'], 'is none of debug, info and warn'),
    'info',
  ),
} as const satisfies Record<Setting, z.ZodMiniType>;

export type Config<S extends Setting> = { readonly [K in S]: z.infer<(typeof SCHEMAS)[K]> };

/** What only somebody else can tell of a value: what is wrong with it, in words that follow the setting's name. */
export type Checks<S extends Setting> = { readonly [K in S]?: (value: Config<S>[K]) => string | undefined };

/**
 * The settings that a function needs, read once when it starts. Throws one error that lists everything that is wrong,
 * also a setting that nobody knows (a typo).
 */
export function readConfig<S extends Setting>(
  environment: Readonly<Record<string, string | undefined>>,
  settings: readonly S[],
  checks: Checks<S> = {},
): Config<S> {
  const { config, problems } = readSettings(environment, settings, checks);
  if (problems.length > 0) throw new Error(`configuration:\n  ${problems.join('\n  ')}`);
  return config as Config<S>;
}

/** As `readConfig`, without throwing: each problem begins with the setting's name. */
export function readSettings<S extends Setting>(
  environment: Readonly<Record<string, string | undefined>>,
  settings: readonly S[],
  checks: Checks<S> = {},
): { readonly config: Partial<Config<S>>; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const config: Record<string, unknown> = {};
  for (const setting of settings) {
    const given = environment[setting];
    const result = SCHEMAS[setting].safeParse(given === '' ? undefined : given);
    if (result.success) {
      config[setting] = result.data;
      const problem = checks[setting]?.(result.data as Config<S>[S]);
      if (problem !== undefined) problems.push(`${setting} ${problem}`);
    } else if (given === undefined || given === '')
      problems.push(`${setting} is missing: ${SETTINGS[setting]}`);
    else
      for (const { message, path } of result.error.issues)
        problems.push(`${[setting, ...path].join('.')} ${message}`);
  }
  for (const known of Object.keys(environment)) {
    if (known.startsWith('HOLDFAST_') && !(known in SETTINGS))
      problems.push(`${known} is not a setting; known are ${Object.keys(SETTINGS).join(', ')}`);
  }
  return { config: config as Partial<Config<S>>, problems };
}
