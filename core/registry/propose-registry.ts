import { isMap, isSeq, YAMLSeq, type Document } from 'yaml';
import { isoSeconds } from '../clock.ts';
import type { JudgedKey } from '../inventory/judge-key.ts';
import { kindOf } from '../inventory/key-class.ts';
import { Exception } from './estate-schema.ts';
import { parseRegistryYaml } from './read-registry.ts';
import type { RegisteredKey } from './registry-schema.ts';
import { undecided } from './undecided.ts';

const skeleton = `# yaml-language-server: $schema=rota.schema.json
# Every ${undecided} and every "" is for people to decide: until then \`rota registry plan\` and \`apply\` refuse this file. runbooks/registry.md
version: 1
people:
  - id: ${undecided}
    name: ""
    arn: ${undecided}
    roles: [${undecided}]
    groups: [${undecided}]
keys: []
`;

/** A registry file, with or without what is undecided. */
export interface Draft {
  readonly document: Document.Parsed;
  /** The aliases that have an entry. */
  readonly aliases: ReadonlySet<string>;
  /** Those that are whole. */
  readonly exceptions: readonly Exception[];
}

const listOf = (value: unknown, field: string): unknown[] => {
  const list = (value as Readonly<Record<string, unknown>> | null)?.[field];
  return Array.isArray(list) ? (list as unknown[]) : [];
};

/** Reads a file that may be half filled in; left out, there is none yet. Throws `RegistryInvalid` for what is no YAML. */
export function readDraft(text = skeleton, file = 'rota.yaml'): Draft {
  const { document, value } = parseRegistryYaml(text, file);
  return {
    document,
    aliases: new Set(listOf(value, 'keys').map((key) => String((key as { alias?: unknown } | null)?.alias))),
    exceptions: listOf(value, 'exceptions').flatMap((entry) => Exception.safeParse(entry).data ?? []),
  };
}

/** The method that an entry begins with: a key whose material KMS makes keeps it there, where a method can. */
function methodFor({ key: { description } }: JudgedKey): RegisteredKey['method'] {
  const kind = description === undefined ? undefined : kindOf(description);
  if (kind?.verdict !== 'yes') return 'new-key';
  const order = kind.origin === 'EXTERNAL' ? (['new-key', 'asymmetric'] as const) : (['asymmetric', 'new-key'] as const);
  return order.find((method) => kind.methods[method].verdict === 'yes') ?? 'new-key';
}

const escrowed = { material: { source: 'generated' }, escrow: { recoveryCertificates: [undecided] } };

function entryFor(judged: JudgedKey, alias: string, method: RegisteredKey['method']): object {
  const isImported = judged.key.description?.origin === 'EXTERNAL';
  return {
    alias,
    owner: undecided,
    method,
    schedule: { cryptoperiodDays: undecided },
    ...(method === 'new-key' || isImported ? escrowed : {}),
    ...(method === 'asymmetric'
      ? {
          rollover: { propagationSeconds: undecided, cacheTtlSeconds: undecided, longestLifetimeSeconds: undecided },
          publication: { targets: [{ kind: undecided }] },
          consumers: [{ name: undecided, contact: '', target: undecided, acknowledges: undecided }],
        }
      : {}),
    approvals: { cutover: { all: [{ group: undecided, count: undecided }] } },
    breakGlassRoleArn: undecided,
  };
}

/** What is known of the key, for whoever fills the entry in. */
function factsOf({ arn, key: { aliases, description } }: JudgedKey): string {
  const { spec = 'unknown', usage = '', origin = '', createdMs } = description ?? {};
  const more = aliases.length > 1 ? `; also ${aliases.slice(1).join(', ')}` : '';
  return ` ${arn}: ${[spec, usage, origin].join(' ').trim()}${createdMs === undefined ? '' : `, made ${isoSeconds(createdMs).slice(0, 10)}`}${more}`;
}

export interface Proposal {
  /** The file with the proposed entries behind those that it had; comments are kept. */
  readonly yaml: string;
  readonly proposed: readonly { readonly alias: string; readonly arn: string; readonly method: RegisteredKey['method'] }[];
  /** Keys that AWS cannot rotate and that no alias leads to: an entry goes by an alias. */
  readonly withoutAlias: readonly string[];
}

/** Whether AWS cannot rotate this key, and neither this file nor an exception says anything of it. */
const isForgotten = ({ findings, key }: JudgedKey, { aliases }: Draft): boolean =>
  findings.some(({ name, excused }) => name === 'unregistered' && excused === undefined) && !key.aliases.some((alias) => aliases.has(alias));

/** Adds an entry for each key that people must rotate and that the file forgets. What the file has is left as it is. */
export function proposeRegistry(draft: Draft, judged: readonly JudgedKey[]): Proposal {
  const { document } = draft;
  const forgotten = judged.filter((key) => isForgotten(key, draft));
  const named = forgotten.flatMap((key) => key.key.aliases.slice(0, 1).map((alias) => ({ key, alias, method: methodFor(key) }))).sort((a, b) => (a.alias < b.alias ? -1 : 1));
  const keys = keysOf(document);
  for (const { key, alias, method } of named) {
    const node = document.createNode(entryFor(key, alias, method));
    node.commentBefore = factsOf(key);
    keys.add(node);
  }
  return {
    yaml: document.toString({ lineWidth: 0 }),
    proposed: named.map(({ key, alias, method }) => ({ alias, arn: key.arn, method })),
    withoutAlias: forgotten.filter(({ key }) => key.aliases.length === 0).map(({ arn }) => arn).sort(),
  };
}

/** The list of keys of a file, made where it has none. */
function keysOf(document: Document.Parsed): YAMLSeq {
  const found = isMap(document.contents) ? document.get('keys') : undefined;
  if (isSeq(found) && found.items.length > 0) return found;
  const made = new YAMLSeq(document.schema);
  document.set('keys', made);
  return made;
}
