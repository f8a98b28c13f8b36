import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Where the local cloud leaves word of itself, unless HOLDFAST_CLOUD names another file. */
export const DEFAULT_CLOUD_FILE = '.holdfast/cloud.json';

/** Shorter tokens can be guessed; the intake refuses to start with one. */
export const SHORTEST_TOKEN = 16;

const endpoint = z.url({ protocol: /^https?$/ });

/** What a running local cloud tells of itself; `npm run cloud` writes it, deployment and the tests read it. */
export const cloudFileSchema = z.object({
  accountId: z.string().min(1),
  region: z.string().min(1),
  accessKeyId: z.string().min(1),
  accessKeySecret: z.string().min(1),
  /** Base URLs, `http://127.0.0.1:<port>`. */
  endpoints: z.object({
    fc: endpoint,
    mns: endpoint,
    tablestore: endpoint,
    vpc: endpoint,
    ecs: endpoint,
  }),
  tablestoreInstance: z.string().min(1),
  /** `kubeconfig` is the text of one, in YAML or JSON, whose current context is the cluster. */
  clusters: z.array(z.object({ id: z.string().min(1), kubeconfig: z.string().min(1) })),
  intakeToken: z.string().min(SHORTEST_TOKEN),
});

export type CloudFile = z.infer<typeof cloudFileSchema>;

/** Reads and checks a cloud file. Throws an Error that says how to get one, or what is wrong with it. */
export function readCloudFile(path: string): CloudFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`no local cloud: ${path} cannot be read; start the local cloud with npm run cloud`, {
      cause,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is not JSON; start the local cloud again with npm run cloud`, { cause });
  }
  const parsed = cloudFileSchema.safeParse(json);
  if (!parsed.success) {
    throw new Error(
      `${path} is not what the local cloud writes, start it again with npm run cloud:\n${z.prettifyError(parsed.error)}`,
    );
  }
  return parsed.data;
}
