import type { PrimaryKey, Row } from '../../../shared/adapters/tablestore/table.ts';
import { NEWER_SCHEMA } from '../books/records.ts';
import type { Pod } from '../cluster/pod.ts';
import type { RowStore } from '../row-store.ts';

/** A newer Holdfast that has been at work: nobody of today's can read what it wrote. */
export interface NewerVersion {
  rewriteRecordsOf(pod: Pod): void;
  /** All that was rewritten is as it was, and can be read again. */
  takeBack(): void;
}

export function createNewerVersion(store: RowStore): NewerVersion {
  /** Rows of claims as they were before they were rewritten, by the claims' names. */
  const rewritten = new Map<string, { readonly key: PrimaryKey; readonly cells: Row }>();

  return {
    rewriteRecordsOf({ clusterId, namespace, name }) {
      for (const { bucket = '', claim = '', ...cells } of store.rows('claims')) {
        const isOf = String(claim).startsWith(`${clusterId}/${namespace}/${name}/`);
        if (!isOf || rewritten.has(String(claim))) continue;
        const key: PrimaryKey = [
          ['bucket', bucket],
          ['claim', claim],
        ];
        rewritten.set(String(claim), { key, cells });
        store.put('claims', key, { ...cells, rev: Number(cells.rev) + 1, schema: NEWER_SCHEMA });
      }
    },
    takeBack() {
      for (const { key, cells } of rewritten.values())
        store.put('claims', key, { ...cells, rev: Number(cells.rev) + 2 });
      rewritten.clear();
    },
  };
}
