import type { Api } from './api.ts';

export function collectGarbage(_api: Api): () => void {
  return () => {};
}
