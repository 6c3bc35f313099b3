import { Command } from 'commander';

/** A command that only has subcommands: `--json` is theirs, the parent would swallow it. */
export const group = (name: string, summary: string, examples: readonly string[]): Command =>
  new Command(name)
    .description(summary)
    .addHelpText('after', `\nExamples:\n${examples.map((e) => `  $ ${e}`).join('\n')}`);

/** A command with what all of them share: `--json`, and examples below its help. */
export const command = (name: string, summary: string, examples: readonly string[]): Command =>
  group(name, summary, examples).option('--json', 'print one JSON document on stdout and nothing else');
