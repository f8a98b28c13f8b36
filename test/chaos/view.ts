import { styleText } from 'node:util';
import type { ChaosOptions } from './options.ts';
import type { Plan } from './plan.ts';
import type { Progress, Verdict } from './run.ts';

type Style = Parameters<typeof styleText>[0];

/** Shows a run as lines on a terminal. */
export function createView({ colors, write }: { readonly colors: boolean; write(line: string): void }) {
  const paint = (style: Style, text: string) =>
    colors ? styleText(style, text, { validateStream: false }) : text;
  const dim = (text: string) => paint('dim', text);
  let start = 0;
  let chapter = '';

  return {
    open({ minutes, seed, pods }: ChaosOptions, { workloads, deeds, kills, spells, watchEnds }: Plan) {
      write(
        `Holdfast in chaos: ${minutes} minutes, seed ${seed}, ${pods} pods in ${workloads.length} workloads.`,
      );
      write(
        dim(
          `  planned: ${deeds.length} deeds, ${kills.length} kills, ${spells.length} spells of bad weather, ${watchEnds.length} ends of all watches`,
        ),
      );
    },
    note: (text: string) => write(dim(`  ${text}`)),
    begin(at: number) {
      start = at;
    },
    progress({ chapter: now, at, pods, bound, cycles, kills, faults, violations }: Progress) {
      if (now !== chapter) write(`\n${paint('bold', `▸ ${now}`)}`);
      chapter = now;
      const broken = violations > 0 ? paint('red', `  ${violations} violations`) : '';
      const figures = `${String(bound).padStart(4)} of ${String(pods).padStart(4)} pods bound`;
      write(
        `${dim(elapsed(at - start).padStart(9))}  ${figures}  ${dim(`${cycles} ended, ${kills} kills, ${faults} faults`)}${broken}`,
      );
    },
    complain: (line: string) => write(paint('red', `            ✗ ${line}`)),
    verdict(verdict: Verdict, seconds: number): boolean {
      const { pods, cycles, kills, faults, lost, wrongReleases, leaked, doubled, converged } = verdict;
      const kept = converged && lost + wrongReleases + leaked + doubled === 0;
      // Where nothing went wrong, nothing was tried.
      const tried = cycles > 0 && kills > 0 && faults > 0;
      const good = kept && tried;
      write('');
      if (!tried)
        write(paint('red', 'Too little went wrong to say anything: give it more time (--minutes).'));
      write(
        `${good ? paint('green', '✓ Every promise was kept.') : paint('red', '✗ Not every promise was kept.')} ` +
          `${pods} pods, ${cycles} ended; ${kills} processes killed, ${faults} calls failed. ` +
          `${lost} lost, ${wrongReleases} released or taken too early, ${leaked} leaked, ${doubled} doubled; ` +
          `${converged ? 'every pod has what it asks for' : 'not every pod got what it asks for'}. ${dim(`${seconds} s`)}`,
      );
      return good;
    },
  };
}

/** `0:00:07` of cloud time. */
function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${hours}:${String(minutes).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}
