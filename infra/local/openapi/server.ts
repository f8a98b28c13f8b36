import { join } from 'node:path';
import type { CloudContext } from '../kernel/context.ts';
import { listen } from '../kernel/http.ts';
import { createClientTokens } from './client-tokens.ts';
import { createCloud } from './cloud.ts';
import { createEndpoint } from './dispatch.ts';
import { type OpenApiOptions, TOKEN_VALIDITY_MS } from './options.ts';
import { keepSnapshot, loadSnapshot, restore } from './snapshot.ts';
import { resumeAll } from './transitions.ts';
import { createWorld, type VpcWorld } from './world.ts';

/** The VPC (2016-04-28) and ECS (2014-05-26) APIs, on one port of loopback. */
export interface OpenApi {
  readonly url: string;
  readonly port: number;
  readonly world: VpcWorld;
  close(): Promise<void>;
}

/** Starts both APIs; with `context.dataDir`, where they stopped before. */
export async function startOpenApi(context: CloudContext, options: OpenApiOptions = {}): Promise<OpenApi> {
  const file = context.dataDir === undefined ? undefined : join(context.dataDir, 'openapi.json');
  const saved = file === undefined ? undefined : loadSnapshot(file);
  const cloud = createCloud(context, options, saved?.returnedPublicAddresses);
  const tokens = createClientTokens(
    context.clock,
    options.tokenValidityMs ?? TOKEN_VALIDITY_MS,
    saved?.tokens,
  );
  if (saved) restore(cloud, saved);
  const world = createWorld(cloud);
  resumeAll(cloud);
  const keeper = file === undefined ? undefined : keepSnapshot(cloud, tokens, file);
  const listening = await listen(context, createEndpoint(context, cloud, tokens), options.port ?? 0);
  return {
    url: listening.url,
    port: listening.port,
    world,
    async close() {
      await listening.close();
      keeper?.close();
    },
  };
}
