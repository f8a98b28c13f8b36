import type { KubeObject } from './objects.ts';

const texts = new WeakMap<KubeObject, string>();

/** The object's JSON, written once however many lists, watches and answers carry it: stored objects never change. */
export function jsonOf(object: KubeObject): string {
  let text = texts.get(object);
  if (text === undefined) {
    text = JSON.stringify(object);
    texts.set(object, text);
  }
  return text;
}
