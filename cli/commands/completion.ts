import { Argument, type Command } from 'commander';
import { command } from '../command.ts';
import { show, type Io } from '../io.ts';

interface Word {
  readonly path: readonly string[];
  readonly summary: string;
}

/** Every command and subcommand, from the program itself. */
function words(program: Command, path: readonly string[] = []): Word[] {
  return program.commands.flatMap((c) => [{ path: [...path, c.name()], summary: c.description() }, ...words(c, [...path, c.name()])]);
}

const children = (all: readonly Word[], parent: readonly string[]): Word[] =>
  all.filter((w) => w.path.length === parent.length + 1 && parent.every((p, i) => w.path[i] === p));

const parentsOf = (all: readonly Word[]): string[] => [...new Set(all.filter((w) => w.path.length === 2).map((w) => w.path[0] ?? ''))];
const names = (list: readonly Word[]): string => list.map((w) => w.path.at(-1)).join(' ');

function bash(all: readonly Word[]): string {
  return [
    '_rota() {',
    '  local cur="${COMP_WORDS[COMP_CWORD]}"',
    '  case "${COMP_CWORD}:${COMP_WORDS[1]}" in',
    `    1:*) COMPREPLY=($(compgen -W "${names(children(all, []))}" -- "$cur")) ;;`,
    ...parentsOf(all).map((p) => `    2:${p}) COMPREPLY=($(compgen -W "${names(children(all, [p]))}" -- "$cur")) ;;`),
    '    *) COMPREPLY=($(compgen -f -- "$cur")) ;;',
    '  esac',
    '}',
    'complete -F _rota rota',
  ].join('\n');
}

function zsh(all: readonly Word[]): string {
  const described = (list: readonly Word[]) => list.map((w) => `'${w.path.at(-1) ?? ''}:${w.summary.replaceAll("'", "'\\''").replaceAll(':', '\\:')}'`).join(' ');
  return [
    '#compdef rota',
    '_rota() {',
    '  local -a found',
    '  case "$CURRENT:$words[2]" in',
    `    2:*) found=(${described(children(all, []))}) ;;`,
    ...parentsOf(all).map((p) => `    3:${p}) found=(${described(children(all, [p]))}) ;;`),
    '    *) _files; return ;;',
    '  esac',
    "  _describe 'command' found",
    '}',
    'compdef _rota rota',
  ].join('\n');
}

function fish(all: readonly Word[]): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
  return all
    .map(({ path, summary }) => {
      const condition = path.length === 1 ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path[0] ?? ''}`;
      return `complete -c rota -f -n ${quoted(condition)} -a ${path.at(-1) ?? ''} -d ${quoted(summary)}`;
    })
    .join('\n');
}

const shells = { bash, zsh, fish };
type Shell = keyof typeof shells;

export const completion = (io: Io): Command =>
  command('completion', 'Print the completion script of a shell', ['source <(rota completion bash)', 'rota completion fish > ~/.config/fish/completions/rota.fish'])
    .addArgument(new Argument('<shell>').choices(Object.keys(shells)))
    .action((shell: Shell, options: { json?: boolean }, self: Command) => {
      const script = shells[shell](words(self.parent ?? self));
      show(io, options, { shell, script }, () => script);
    });
