import type { Finding, FindingName } from '../inventory/finding.ts';

/** Something that is wrong, with a key (its ARN) or with an alias of the registry, as one look found it. */
export interface FoundFinding extends Pick<Finding, 'sentence' | 'remedy' | 'severity' | 'excused'> {
  readonly name: FindingName;
  readonly about: string;
  /** Who answers for the key or the alias by the registry, where it is there, or for what a kept key has made: they are told too, and reminded. */
  readonly owner?: string;
  /** Of the key that it is about. */
  readonly aliases?: readonly string[];
  /** About a replica of a multi-Region key: a person mends its rotation at the primary key, about which there is another finding. */
  readonly isReplica?: boolean;
  /** Of a kept key: the rotation that has put it aside. */
  readonly keptFor?: string;
}

/** A finding from the moment it was first seen until it is so no more. Times are ISO 8601 in UTC. */
export interface OpenFinding extends Omit<FoundFinding, 'excused'> {
  /** Account and Region, `111122223333/eu-central-1`. */
  readonly place: string;
  readonly openedAt: string;
  /** What saw it first: `sweep daily-2026-11-27`, `event CreateKey 7c2f…`. */
  readonly seenBy: string;
  /** When its owner was last reminded. */
  readonly remindedAt?: string;
}

/** Names one finding for good: the same thing that is wrong again, later, is another finding. */
export const findingIdOf = ({ name, about, openedAt }: Pick<OpenFinding, 'name' | 'about' | 'openedAt'>): string => `${name} ${about} ${openedAt}`;
