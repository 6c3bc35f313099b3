import type { ApiDeps } from '../deps.ts';
import type { LoggedIn } from '../identity/session.ts';
import { statusOfEach } from '../rotations/status.ts';
import { Empty } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { Pages } from './parts/pages.tsx';
import { RotationRow } from './parts/rotation-row.tsx';

const pageSize = 25;

/** All rotations, newest first. */
export async function rotationsPage(deps: ApiDeps, reader: LoggedIn, from: number) {
  const rotations = await deps.store.ledger.list();
  const heads = await deps.store.ledger.headsOf(rotations.slice(from, from + pageSize).map((r) => r.rotationId));
  const shown = await statusOfEach(deps, heads);
  return (
    <Page title="Rotations" reader={reader} place="/rotations">
      <p>
        Many at once, and what is due now: <a href="/waves">waves</a>
      </p>
      <section aria-label="All rotations, newest first">
        {rotations.length === 0 ? (
          <Empty>
            Nothing was rotated yet. A custodian starts with <code>rota plan alias/NAME</code>.
          </Empty>
        ) : null}
        <ul class="rows">
          {shown.map((status) => (
            <RotationRow status={status} />
          ))}
        </ul>
      </section>
      <Pages of="rotations" path="/rotations" from={from} size={pageSize} total={rotations.length} />
    </Page>
  );
}
