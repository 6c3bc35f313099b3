import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Person } from '../core/registry/registry-schema.ts';
import type { EmbeddedAccount } from './embedded-accounts.ts';

/** A person of the embedded AWS with the credentials that sign as them. */
export interface EmbeddedPerson extends Person {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const cast: readonly Omit<Person, 'arn'>[] = [
  { id: 'carol', name: 'Carol, key custodian', roles: ['custodian'], groups: ['custodians'] },
  { id: 'alice', name: 'Alice, security', roles: ['approver'], groups: ['security'] },
  { id: 'bob', name: 'Bob, security', roles: ['approver'], groups: ['security'] },
  { id: 'dora', name: 'Dora, owner of payments', roles: ['approver', 'custodian'], groups: ['payments-owners'] },
  { id: 'gina', name: 'Gina, operates the gateway that verifies tokens', roles: ['consumer'], groups: ['gateway'] },
  { id: 'audrey', name: 'Audrey, auditor', roles: ['auditor'], groups: ['audit'] },
  { id: 'pat', name: 'Pat, platform engineer', roles: ['platform'], groups: ['platform'] },
];

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** The people of a data folder, made with fresh credentials on its first start and kept there (mode 0600). */
export async function embeddedPeople(folder: string, accountId: string): Promise<readonly EmbeddedPerson[]> {
  const file = join(folder, 'people.json');
  try {
    return JSON.parse(await readFile(file, 'utf8')) as EmbeddedPerson[];
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const people = cast.map((person) => ({
    ...person,
    arn: `arn:aws:iam::${accountId}:user/${person.id}`,
    accessKeyId: `ROTALOCAL${person.id.toUpperCase()}${randomBytes(4).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
  }));
  // Renamed into place: a kill in between leaves no half of a file.
  await writeFile(`${file}.new`, JSON.stringify(people, null, 2), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return people;
}

/**
 * Writes the credentials file that AWS clients read, `AWS_SHARED_CREDENTIALS_FILE=… AWS_PROFILE=alice`: a profile for each person, and one for each other
 * account, called by its id, by which the platform engineer administers it.
 */
export async function writeProfiles(folder: string, people: readonly EmbeddedPerson[], accounts: readonly EmbeddedAccount[]): Promise<void> {
  const profiles = [
    ...people.map((p) => `[${p.id}]\naws_access_key_id = ${p.accessKeyId}\naws_secret_access_key = ${p.secretAccessKey}\n`),
    ...accounts.map((a) => `[${a.accountId}]\nrole_arn = ${a.adminRoleArn}\nsource_profile = pat\n`),
  ];
  await writeFile(join(folder, 'credentials'), profiles.join('\n'), { mode: 0o600 });
}
