import type { Api } from './api.ts';

export function emptyNamespaces(_api: Api): () => void {
  return () => {};
}
