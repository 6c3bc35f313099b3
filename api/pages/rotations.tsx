import type { ApiDeps } from '../deps.ts';
import type { LoggedIn } from '../identity/session.ts';
import { statusOf } from '../rotations/status.ts';
import { Empty } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { Pages } from './parts/pages.tsx';
import { RotationRow } from './parts/rotation-row.tsx';

const pageSize = 25;

/** All rotations, newest first. */
export async function rotationsPage(deps: ApiDeps, reader: LoggedIn, from: number) {
  const heads = await deps.store.ledger.heads();
  const shown = await Promise.all(heads.slice(from, from + pageSize).map((head) => statusOf(deps, head)));
  return (
    <Page title="Rotations" reader={reader} place="/rotations">
      <section aria-label="All rotations, newest first">
        {heads.length === 0 ? (
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
      <Pages of="rotations" path="/rotations" from={from} size={pageSize} total={heads.length} />
    </Page>
  );
}
