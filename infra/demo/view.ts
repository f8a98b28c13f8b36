import { styleText } from 'node:util';
import type { Sight } from './sight.ts';
import type { Keeping, Scene, Verdict } from './story.ts';

const KIND = { ip: 'fixed IP', eip: 'EIP' } as const;

type Style = Parameters<typeof styleText>[0];

export interface ViewOptions {
  readonly colors: boolean;
  write(line: string): void;
  /** Cloud time at which the story begins, ms: what the clock in the margin counts from. */
  readonly start: number;
}

/** Shows a story as lines on a terminal, each as it happens. */
export function createView({ colors, write, start }: ViewOptions) {
  const paint = (style: Style, text: string) =>
    colors ? styleText(style, text, { validateStream: false }) : text;
  const dim = (text: string) => paint('dim', text);
  const stamp = (at: number) => dim(elapsed(at - start).padStart(9));

  const table = (sights: readonly Sight[], kept: readonly Keeping[]) => {
    const rows = [
      ...sights.map(({ pod, podIp, kind, address, reason }) => [
        pod,
        podIp ?? '-',
        KIND[kind],
        address ?? '-',
        address ? 'bound' : (reason ?? 'waiting'),
      ]),
      ...kept.map(({ pod, kind, address, until }) => [
        pod,
        '-',
        KIND[kind],
        address,
        `until ${elapsed(until - start)}`,
      ]),
    ];
    const all = [
      ['POD', 'POD IP', 'KIND', 'ADDRESS', 'STATE'],
      ...rows.sort((a, b) => String(a[0]).localeCompare(String(b[0]))),
    ];
    const widths =
      all[0]?.map((_, column) => Math.max(...all.map((row) => String(row[column]).length))) ?? [];
    for (const [index, row] of all.entries()) {
      const line = row
        .map((cell, column) => String(cell).padEnd((widths[column] ?? 0) + 3))
        .join('')
        .trimEnd();
      write(`            ${index === 0 ? dim(line) : line}`);
    }
  };

  return {
    note: (text: string) => write(dim(`  ${text}`)),
    show(scene: Scene) {
      switch (scene.kind) {
        case 'chapter':
          write('');
          return write(paint('bold', `▸ ${scene.title}`));
        case 'bound': {
          const { pod, kind, address } = scene.sight;
          const what = `${pod.padEnd(30)} ${KIND[kind].padEnd(9)} ${String(address).padEnd(16)}`;
          if (scene.how === 'lost')
            return write(`${stamp(scene.at)}  ${paint('red', '✗')} ${what} not the one it had`);
          const mark = paint('green', scene.how === 'kept' ? '✓' : '+');
          return write(
            `${stamp(scene.at)}  ${mark} ${what} ${dim(scene.how === 'kept' ? 'the same as before' : 'bound')}`,
          );
        }
        case 'gone':
          return write(`${stamp(scene.at)}  ${dim(`- ${scene.pod.padEnd(30)} pod is gone`)}`);
        case 'released': {
          const text = `${scene.pod.padEnd(30)} ${scene.address.padEnd(26)}`;
          return write(
            `${stamp(scene.at)}  ${scene.early ? paint('red', `✗ ${text} gone before its time`) : dim(`○ ${text} released`)}`,
          );
        }
        case 'pods':
          return table(scene.sights, scene.kept);
        case 'clock':
          return undefined;
        case 'failed':
          return write(paint('red', `            ✗ ${scene.why}`));
      }
    },
    verdict({ pods, rebinds, kept, lost, wrongReleases, leaked }: Verdict, seconds: number) {
      const good = kept === rebinds && lost === 0 && wrongReleases === 0 && leaked === 0;
      write('');
      write(
        `${good ? paint('green', '✓ Every address was kept.') : paint('red', '✗ Not every promise was kept.')} ` +
          `${pods} pods, ${rebinds} came back, ${kept} with the address they had; ` +
          `${lost} lost, ${wrongReleases} released too early, ${leaked} left over. ${dim(`${seconds.toFixed(1)} s`)}`,
      );
      return good;
    },
  };
}

/** `0:00:07`, `2d 0:00:00` */
function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const days = Math.floor(seconds / 86_400);
  const clock = [Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  const text = clock
    .map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0')))
    .join(':');
  return days > 0 ? `${days}d ${text}` : text;
}
