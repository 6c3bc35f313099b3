/** Who may sign requests to the embedded AWS, and what for. */
export interface Principal {
  readonly id: string;
  readonly arn: string;
  /** As `aws:userid` has it; left out, the id. */
  readonly userId?: string;
  readonly accountId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** IAM actions, `*` and `?` as wildcards: `kms:CreateKey`, `dynamodb:*`, `execute-api:Invoke`. */
  readonly allow: readonly string[];
  /** For a role: who may assume it. Left out, nobody. */
  readonly trust?: Trust;
}

/** The trust policy of a role, as far as there is one here. */
interface Trust {
  /** ARNs of users, roles and sessions, or of an account (`arn:aws:iam::111122223333:root`). */
  readonly principals: readonly string[];
  /** `sts:ExternalId`, where it is asked for. */
  readonly externalId?: string;
  /** MaxSessionDuration of the role, 3600 to 43,200; default 3600. */
  readonly longestSessionSeconds?: number;
}

/** The principals of one embedded AWS. Throws when two share an id, an ARN or an access key. */
export class Principals {
  /** Faults name them by it. */
  readonly #byId: ReadonlyMap<string, Principal>;
  readonly #byArn: ReadonlyMap<string, Principal>;
  readonly #byAccessKey: ReadonlyMap<string, Principal>;

  constructor(principals: readonly Principal[]) {
    this.#byId = indexBy(principals, 'id');
    this.#byArn = indexBy(principals, 'arn');
    this.#byAccessKey = indexBy(principals, 'accessKeyId');
  }

  /** Throws where there is none. */
  withId(id: string): Principal {
    const found = this.#byId.get(id);
    if (found === undefined) throw new Error(`no principal is called ${id}`);
    return found;
  }

  withArn(arn: string): Principal | undefined {
    return this.#byArn.get(arn);
  }

  withAccessKey(accessKeyId: string): Principal | undefined {
    return this.#byAccessKey.get(accessKeyId);
  }
}

function indexBy(principals: readonly Principal[], field: 'id' | 'arn' | 'accessKeyId'): Map<string, Principal> {
  const index = new Map<string, Principal>();
  for (const principal of principals) {
    const other = index.get(principal[field]);
    if (other !== undefined) throw new Error(`principals ${other.id} and ${principal.id} have the same ${field} ${principal[field]}`);
    index.set(principal[field], principal);
  }
  return index;
}

/** Whether a principal's identity policy allows an action. Action names ignore case (IAM User Guide, policy element Action). */
export const allows = (principal: Principal, action: string): boolean => principal.allow.some((pattern) => patternOf(pattern).test(action));

/** Every request asks for some: as many as the identity policies have. */
const patterns = new Map<string, RegExp>();

function patternOf(pattern: string): RegExp {
  let made = patterns.get(pattern);
  if (made === undefined) patterns.set(pattern, (made = new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i')));
  return made;
}
