import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';

const COUNTED = ['Killed', 'Timeout', 'Survived', 'NoCoverage', 'Ignored'];

/**
 * A line for each folder that was mutated, and a failed run where one of them is below the threshold by itself: the gate of
 * Stryker is on the sum, and a large folder would carry a small one.
 */
class FolderGate {
  static inject = tokens(commonTokens.options);

  constructor({ thresholds }) {
    this.least = thresholds.break ?? 0;
  }

  onMutationTestReportReady({ files }) {
    for (const [folder, counts] of countByFolder(files)) {
      const detected = counts.Killed + counts.Timeout;
      const valid = detected + counts.Survived + counts.NoCoverage;
      const score = valid === 0 ? 100 : (100 * detected) / valid;
      console.log(
        `${folder}: ${score.toFixed(2)} %, ${counts.Killed} killed, ${counts.Timeout} without end, ` +
          `${counts.Survived} survived, ${counts.NoCoverage} not covered, ${counts.Ignored} argued`,
      );
      if (score >= this.least) continue;
      console.error(`${folder} is below ${this.least} %: reports/mutation/mutation.html shows what survived`);
      process.exitCode = 1;
    }
  }
}

/** By the first two parts of a path: `shared/claim`. */
function countByFolder(files) {
  const folders = new Map();
  for (const [path, { mutants }] of Object.entries(files)) {
    const folder = path.split('/').slice(0, 2).join('/');
    const counts = folders.get(folder) ?? Object.fromEntries(COUNTED.map((status) => [status, 0]));
    for (const { status } of mutants) if (status in counts) counts[status] += 1;
    folders.set(folder, counts);
  }
  return folders;
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Reporter, 'folder-gate', FolderGate)];
