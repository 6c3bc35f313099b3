import { Command } from 'commander';

/** A command with what all of them share: `--json`, and examples below its help. */
export const command = (name: string, summary: string, examples: readonly string[]): Command =>
  new Command(name)
    .description(summary)
    .option('--json', 'print one JSON document on stdout and nothing else')
    .addHelpText('after', `\nExamples:\n${examples.map((e) => `  $ ${e}`).join('\n')}`);
