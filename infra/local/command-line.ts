import { type ParseArgsConfig, parseArgs } from 'node:util';

type Known = NonNullable<ParseArgsConfig['options']>;

export type Values<O extends Known> = ReturnType<typeof parseArgs<{ options: O }>>['values'];

export interface Command<O extends Known, Options> {
  /** What `--help` prints, and what follows a mistake. */
  readonly usage: string;
  readonly options: O;
  /** Whether words without dashes before them are taken. */
  readonly words?: boolean;
  /** Throws an Error that says what would be right. */
  check(values: Values<O>, words: readonly string[]): Options;
}

/** What this process was started with. Ends it where that is `--help` (0), or what the command cannot mean (2). */
export function readCommandLine<O extends Known, Options>(command: Command<O, Options>): Options {
  const { usage, options, words = false, check } = command;
  try {
    const { values, positionals } = parseArgs({
      options: { ...options, help: { type: 'boolean', default: false } },
      allowPositionals: words,
    });
    if (!('help' in values && values.help)) return check(values as Values<O>, positionals);
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
