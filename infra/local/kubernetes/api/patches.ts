import jsonPatch from 'fast-json-patch';
import type { MergeSchema } from './merge-schema.ts';
import { clone, type Fields, isFields } from './objects.ts';
import { badRequest, StatusError } from './status.ts';
import { strategicMerge } from './strategic-merge.ts';

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE_PATCH = 'application/merge-patch+json';
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
export const APPLY_PATCH = 'application/apply-patch+yaml';

/** Source: RFC 7396. */
export function jsonMerge(original: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Fields = isFields(original) ? { ...original } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = jsonMerge(result[name], value);
  }
  return result;
}

/** Source: RFC 6902. 400 for what is no patch, 422 for a patch that does not apply (a failed `test` among them). */
export function applyJsonPatch(original: Fields, patch: unknown): Fields {
  if (!Array.isArray(patch)) {
    throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  }
  try {
    return jsonPatch.applyPatch(clone(original), patch, true, true).newDocument;
  } catch {
    throw new StatusError(
      422,
      'Invalid',
      'the server rejected our request due to an error in our request',
      {},
    );
  }
}

/** The patched record. `contentType` is one of the three patch types that change an object in place. */
export function applyPatch(
  original: Fields,
  patch: unknown,
  contentType: string,
  schema: MergeSchema,
): Fields {
  if (contentType === JSON_PATCH) return applyJsonPatch(original, patch);
  if (!isFields(patch)) {
    throw new StatusError(422, 'Invalid', `the patch is no JSON object: ${JSON.stringify(patch)}`, {
      causes: [{ reason: 'FieldValueInvalid', message: 'Invalid value: not a JSON object', field: 'patch' }],
    });
  }
  if (contentType === MERGE_PATCH) return jsonMerge(original, patch) as Fields;
  return strategicMerge(original, patch, schema);
}
