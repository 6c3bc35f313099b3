import type { Person } from '../../core/registry/registry-schema.ts';
import type { Passkey } from '../../store/passkey-table.ts';
import type { ApiDeps } from '../deps.ts';
import type { LoggedIn } from '../identity/session.ts';
import { Code, Empty, Table } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { Time } from './parts/time.tsx';

/** Who is who, and with which passkeys. */
export async function peoplePage(deps: ApiDeps, reader: LoggedIn) {
  const [people, passkeys] = await Promise.all([deps.store.registry.people(), deps.store.passkeys.all()]);
  const ofPerson = ({ id, arn }: Person) => passkeys.filter((p) => p.person === id && p.arn === arn && p.removedAt === undefined);
  return (
    <Page title="People" reader={reader} place="/people">
      <section aria-labelledby="registry">
        <h2 id="registry">People of the registry</h2>
        <Table
          caption="People of the registry"
          head={['Person', 'Roles', 'Groups', 'IAM identity', 'Passkeys']}
          rows={people.map((person) => [
            <>
              {person.name} <span class="id">({person.id})</span>
              {person.id === reader.person.id ? ' – you' : ''}
            </>,
            person.roles.join(', '),
            person.groups.join(', ') || 'none',
            <Code>{person.arn}</Code>,
            String(ofPerson(person).length),
          ])}
        />
      </section>
      <section aria-labelledby="yours">
        <h2 id="yours">Your passkeys</h2>
        <OwnPasskeys passkeys={ofPerson(reader.person)} current={reader.credentialId} />
        <p>
          Enrol another with <Code>rota passkey enrol</Code>, so that a lost device does not lock you out. Remove one with <Code>rota passkey remove ID</Code>.
        </p>
      </section>
      <section aria-labelledby="removed">
        <h2 id="removed">Removed passkeys</h2>
        <Removed passkeys={passkeys.filter((p) => p.removedAt !== undefined)} />
      </section>
    </Page>
  );
}

const OwnPasskeys = ({ passkeys, current }: { readonly passkeys: readonly Passkey[]; readonly current: string }) => (
  <Table
    caption="Your passkeys"
    head={['Passkey', 'Kept', 'Enrolled', 'Last used']}
    rows={passkeys.map((p) => [
      <>
        <Code>{p.credentialId}</Code>
        {p.credentialId === current ? ' – this session' : ''}
      </>,
      p.synced ? 'on all devices of its owner' : 'on one device',
      <Time at={p.enrolledAt} />,
      p.lastUsedAt === undefined ? 'never' : <Time at={p.lastUsedAt} />,
    ])}
  />
);

const Removed = ({ passkeys }: { readonly passkeys: readonly Passkey[] }) =>
  passkeys.length === 0 ? (
    <Empty>None.</Empty>
  ) : (
    <Table
      caption="Removed passkeys"
      head={['Passkey', 'Of', 'Enrolled', 'Removed', 'By']}
      rows={passkeys.map((p) => [<Code>{p.credentialId}</Code>, p.person, <Time at={p.enrolledAt} />, p.removedAt === undefined ? '' : <Time at={p.removedAt} />, p.removedBy ?? ''])}
    />
  );
