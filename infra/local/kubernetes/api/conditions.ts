import { type KubeObject, recordsAt } from './objects.ts';

/** Times of conditions are written even when nobody set them: as null. */
export function writeTimes(object: KubeObject, ...names: string[]): void {
  for (const condition of recordsAt(object, 'status', 'conditions')) {
    for (const name of names) condition[name] ??= null;
  }
}
