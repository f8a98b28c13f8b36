import { z } from 'zod';
import { EVENT_TYPES, eventSchemas, functionSchema, PROVIDER, providerSchema } from './configuration.ts';

/** The part of osls' ConfigSchemaHandler that a provider uses. */
export interface ConfigSchemaHandler {
  defineProvider(name: string, parts: { provider: object; function: object }): void;
  defineFunctionEvent(provider: string, type: string, schema: object): void;
}

/**
 * Tells osls what serverless.yml may hold, so that a mistyped key is refused with its place before anything is done.
 * The schemas are those that the configuration is read by, there is no second list to keep in step.
 */
export function defineSchema(handler: ConfigSchemaHandler): void {
  handler.defineProvider(PROVIDER, {
    provider: jsonSchema(providerSchema),
    function: jsonSchema(functionSchema),
  });
  for (const type of EVENT_TYPES) {
    handler.defineFunctionEvent(PROVIDER, type, jsonSchema(eventSchemas[type]));
  }
}

/** osls validates by draft 7 and objects to a `$schema` inside of a schema. */
function jsonSchema(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
  return rest;
}
