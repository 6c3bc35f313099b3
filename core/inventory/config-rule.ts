/**
 * What the rules of AWS Config say of a key: the judgement of the inventory in Config's three words, so that a rule and a sweep never differ. Each
 * finding about a key is one rule's to tell. Notices break nothing.
 */
import { isoSeconds } from '../clock.ts';
import { cut } from '../cut.ts';
import type { Finding, FindingName } from './finding.ts';
import type { JudgedKey } from './judge-key.ts';
import type { KeyClass } from './key-class.ts';
import { ownAliases } from './policies.ts';

/** Of PutEvaluations. `NOT_APPLICABLE` takes a verdict off that an earlier look gave. */
export interface Verdict {
  readonly verdict: 'COMPLIANT' | 'NON_COMPLIANT' | 'NOT_APPLICABLE';
  /** 1 to 256 characters (AWS Config API Reference, Evaluation, Annotation). */
  readonly annotation: string;
}

interface Rule {
  readonly judges: (its: KeyClass) => boolean;
  readonly tells: readonly FindingName[];
  /** Why a key without any of these findings is in order. */
  readonly inOrder: (judged: JudgedKey) => string;
}

const day = (ms: number): string => isoSeconds(ms).slice(0, 10);

export const configRules = {
  /** Automatic rotation of the keys that AWS can rotate: on, and as often as the registry's policy. */
  'automatic-rotation': {
    judges: ({ class: its }) => its === 'rotates' || its === 'rotation-off',
    tells: ['rotation-off', 'rotation-too-slow'],
    inOrder: ({ class: its }) => (its.class === 'rotates' ? `AWS rotates it every ${its.periodDays} days.` : 'It need not rotate.'),
  },
  /** The keys that people rotate: in the registry, and inside their cryptoperiod. What cannot be told to be another kind is among them. */
  'manual-rotation': {
    judges: ({ class: its }) => its === 'manual' || its === 'unknown',
    tells: ['unregistered', 'overdue', 'rotations-used-up', 'left-over', 'unreadable'],
    inOrder: ({ key, policy, renewal }) => {
      if (key.aliases.some((alias) => ownAliases.has(alias))) return "One of Rota's own keys: what it signs names it, and no registry has it.";
      return policy === undefined || renewal?.dueMs === undefined ? 'A rotation made it, and has not ended.' : `${policy.owner} rotates it: last on ${day(renewal.sinceMs)}, due on ${day(renewal.dueMs)}.`;
    },
  },
  /** Imported material: there, and not about to expire. */
  'imported-material': {
    judges: (its) => its.class === 'manual' && its.why === 'imported',
    tells: ['no-material', 'material-expires'],
    inOrder: ({ key: { description } }) => {
      if (description?.state === 'PendingImport') return 'It was made for an import that is still to come.';
      return description?.validToMs === undefined ? 'Its material does not expire.' : `Its material expires on ${day(description.validToMs)}.`;
    },
  },
} as const satisfies Record<string, Rule>;

export type ConfigRuleName = keyof typeof configRules;
export const configRuleNames = Object.keys(configRules) as [ConfigRuleName, ...ConfigRuleName[]];

const longestAnnotation = 256;

/** Why no rule, or not this one, has anything to say of a key. */
const notApplicable: Readonly<Record<KeyClass['class'], string>> = {
  'aws-managed': 'AWS manages it, rotates it every year, and nobody else can.',
  'pending-deletion': 'It waits for its deletion.',
  retained: 'A rotation put it aside: it makes nothing new.',
  disabled: 'It is disabled, and does nothing.',
  rotates: 'AWS rotates it.',
  'rotation-off': 'AWS could rotate it: another rule says whether it does.',
  manual: 'AWS cannot rotate it: another rule says whether people do in time.',
  unknown: 'What kind of key it is cannot be told: another rule says why.',
};

/** What a rule says of a key. An exception of the registry excuses here too, and is named. */
export function verdictOf(name: ConfigRuleName, judged: JudgedKey): Verdict {
  const rule: Rule = configRules[name];
  const say = (verdict: Verdict['verdict'], annotation: string): Verdict => ({ verdict, annotation: cut(annotation, longestAnnotation) });
  if (!rule.judges(judged.class)) return say('NOT_APPLICABLE', notApplicable[judged.class.class]);
  const found: readonly Finding[] = judged.findings.filter((f) => rule.tells.includes(f.name));
  const wrong = found.filter(({ excused }) => excused === undefined);
  if (wrong.length > 0) return say('NON_COMPLIANT', wrong.map(({ sentence }) => sentence).join(' '));
  const [excused] = found.flatMap((f) => (f.excused === undefined ? [] : [f.excused]));
  return say('COMPLIANT', excused === undefined ? rule.inOrder(judged) : `Excused until ${excused.until} by ${excused.owner}: ${excused.reason}`);
}
