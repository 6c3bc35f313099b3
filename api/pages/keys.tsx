import { counted } from '../../core/counted.ts';
import type { KeyClass } from '../../core/inventory/key-class.ts';
import { keysOfRegistry, standingOfKeys, type RegisteredKeyRow } from '../keys/registered-keys.ts';
import type { ApiDeps } from '../deps.ts';
import type { LoggedIn } from '../identity/session.ts';
import { rotatePath } from './rotate.tsx';
import { Code, Empty, Table } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { Pages } from './parts/pages.tsx';
import { ruleText } from './parts/people-text.ts';
import { Status, type Tone } from './parts/status.tsx';
import { Time } from './parts/time.tsx';

const pageSize = 100;

/** The keys of the registry by alias, when each is due, and what the sweeps have counted. */
export async function keysPage(deps: ApiDeps, reader: LoggedIn, from: number) {
  const keys = await keysOfRegistry(deps);
  const rows = await standingOfKeys(deps, keys.slice(from, from + pageSize));
  const places = await deps.store.records.summaries();
  return (
    <Page title="Keys" reader={reader} place="/keys">
      <section aria-labelledby="registry">
        <h2 id="registry">Registry</h2>
        {keys.length === 0 ? (
          <Empty>
            No key is registered. A platform engineer adds keys to rota.yaml and runs <code>rota registry apply rota.yaml</code>.
          </Empty>
        ) : (
          <Table
            caption="The keys of the registry"
            head={['Alias', 'Stands', 'Due', 'Material since', 'Every', 'Method', 'Owner', 'Approval']}
            rows={rows.map((row) => [
              <>
                <a href={rotatePath(row.key.alias)}>
                  <Code>{row.key.alias}</Code>
                </a>
                {row.key.description === undefined ? null : <p class="row-more">{row.key.description}</p>}
              </>,
              <KeyStanding row={row} />,
              row.dueAt === undefined ? 'unknown' : <Time at={row.dueAt} />,
              <>
                {row.materialSince === undefined ? 'unknown' : <Time at={row.materialSince} />}
                {row.lastRotatedAt === undefined ? <p class="row-more">never rotated by Rota</p> : null}
              </>,
              counted(row.key.schedule.cryptoperiodDays, 'day'),
              row.key.method === 'new-key' ? 'new key' : 'asymmetric',
              row.key.owner,
              ruleText(row.key.approvals.cutover),
            ])}
          />
        )}
        <Pages of="keys" path="/keys" from={from} size={pageSize} total={keys.length} words={['Before', 'Next']} />
      </section>
      <section aria-labelledby="inventory">
        <h2 id="inventory">Inventory</h2>
        {places.length === 0 ? (
          <Empty>
            No account was swept yet. A platform engineer adds <code>sweep</code> to rota.yaml, or runs <code>rota sweep</code>.
          </Empty>
        ) : (
          <Table
            caption="Customer managed keys by account and Region"
            head={['Account and Region', 'Rotate by themselves', 'Could, and do not', 'People rotate', 'Retained', 'Others', 'Swept']}
            rows={places.map(({ place, sweptAt, byClass }) => [
              <Code>{place}</Code>,
              count(byClass, 'rotates'),
              count(byClass, 'rotation-off'),
              count(byClass, 'manual'),
              count(byClass, 'retained'),
              count(byClass, 'disabled', 'pending-deletion', 'unknown'),
              <Time at={sweptAt} />,
            ])}
          />
        )}
        <p class="row-more">
          What is wrong with them: <a href="/findings">findings</a>. Each key: <code>rota inventory</code>.
        </p>
      </section>
    </Page>
  );
}

const count = (byClass: Readonly<Record<string, number>>, ...classes: readonly KeyClass['class'][]): string => String(classes.reduce((sum, its) => sum + (byClass[its] ?? 0), 0));

const standings: Readonly<Record<RegisteredKeyRow['state'], readonly [Tone, string]>> = {
  current: ['good', 'Current'],
  'due soon': ['asks', 'Due soon'],
  overdue: ['bad', 'Overdue'],
  'not swept yet': ['plain', 'Not swept yet'],
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
