import type { CloudContext } from '../../kernel/context.ts';
import type { Catalog } from './catalog.ts';
import type { Store } from './store.ts';

/** What every part of the API server stands on. */
export interface Api {
  readonly context: CloudContext;
  readonly store: Store;
  readonly catalog: Catalog;
  /** Cloud time, as metadata carries it. */
  now(): string;
  uid(): string;
  /** The end that `generateName` is given. */
  suffix(): string;
  /** In [0, 1): spreads what would otherwise end at once. */
  jitter(): number;
  /** What ends each watch that is open. */
  readonly openWatches: Set<() => void>;
}

/** Who writes, and how: from the query and the headers of a request. */
export interface WriteOptions {
  readonly dryRun: boolean;
  /** Named in `managedFields`. */
  readonly manager: string;
}
