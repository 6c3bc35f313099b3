import { registeredKeys, type RegisteredKeyRow } from '../keys/registered-keys.ts';
import type { ApiDeps } from '../deps.ts';
import type { LoggedIn } from '../identity/session.ts';
import { Code, Empty, Table } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { ruleText } from './parts/people-text.ts';
import { Status, type Tone } from './parts/status.tsx';
import { Time } from './parts/time.tsx';

/** The keys of the registry, and when each is due. */
export async function keysPage(deps: ApiDeps, reader: LoggedIn) {
  const rows = await registeredKeys(deps);
  return (
    <Page title="Keys" reader={reader} place="/keys">
      <section aria-labelledby="registry">
        <h2 id="registry">Registry</h2>
        {rows.length === 0 ? (
          <Empty>
            No key is registered. A platform engineer adds keys to rota.yaml and runs <code>rota registry apply rota.yaml</code>.
          </Empty>
        ) : (
          <Table
            caption="The keys of the registry"
            head={['Alias', 'Stands', 'Due', 'Last rotated', 'Every', 'Method', 'Owner', 'Approval']}
            rows={rows.map((row) => [
              <>
                <Code>{row.key.alias}</Code>
                {row.key.description === undefined ? null : <p class="row-more">{row.key.description}</p>}
              </>,
              <KeyStanding row={row} />,
              row.dueAt === undefined ? 'unknown' : <Time at={row.dueAt} />,
              row.lastRotatedAt === undefined ? 'never, by Rota' : <Time at={row.lastRotatedAt} />,
              `${row.key.schedule.cryptoperiodDays} days`,
              row.key.method === 'new-key' ? 'new key' : 'asymmetric',
              row.key.owner,
              ruleText(row.key.approvals.cutover),
            ])}
          />
        )}
      </section>
    </Page>
  );
}

const standings: Readonly<Record<RegisteredKeyRow['state'], readonly [Tone, string]>> = {
  current: ['good', 'Current'],
  'due soon': ['asks', 'Due soon'],
  overdue: ['bad', 'Overdue'],
  'not rotated by Rota yet': ['plain', 'Not rotated by Rota yet'],
};

export function KeyStanding({ row: { state, running } }: { readonly row: RegisteredKeyRow }) {
  const [tone, word] = standings[state];
  return (
    <>
      <Status tone={tone} word={word} />
      {running === undefined ? null : (
        <>
          {' '}
          <a href={`/rotations/${running}`}>is being rotated</a>
        </>
      )}
    </>
  );
}
