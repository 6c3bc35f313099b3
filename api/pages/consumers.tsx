import type { AsymmetricKey } from '../../core/registry/registry-schema.ts';
import type { RotationStatus } from '../../core/rotation-status.ts';
import type { ApiDeps } from '../deps.ts';
import type { LoggedIn } from '../identity/session.ts';
import { keysOfRegistry, standingOfKeys } from '../keys/registered-keys.ts';
import { statusOf } from '../rotations/status.ts';
import { Code, Empty, Table } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { Pages } from './parts/pages.tsx';
import { Status } from './parts/status.tsx';
import { ConsumerStanding } from './rotation.tsx';

const pageSize = 25;

/** Who holds public keys of ours, and whether they have the new one where one is on its way. */
export async function consumersPage(deps: ApiDeps, reader: LoggedIn, from: number) {
  const keys = (await keysOfRegistry(deps)).filter(({ method }) => method === 'asymmetric');
  const rows = await standingOfKeys(deps, keys.slice(from, from + pageSize));
  const nowIso = new Date(deps.clock.now()).toISOString();
  const sections = [];
  for (const { key, running } of rows) {
    if (key.method !== 'asymmetric') continue;
    const head = running === undefined ? undefined : await deps.store.ledger.head(running);
    sections.push({ key, status: head?.workflow === 'asymmetric-rotation' ? await statusOf(deps, head) : undefined });
  }
  return (
    <Page title="Consumers" reader={reader} place="/consumers">
      <p class="lead">Systems and people outside that hold a public key, or the id of an HMAC key. They must have a new one before it is used.</p>
      {keys.length === 0 ? (
        <section>
          <Empty>No key of the registry has consumers: those have the method asymmetric.</Empty>
        </section>
      ) : null}
      {sections.map(({ key, status }) => (
        <KeyConsumers consumerKey={key} status={status} nowIso={nowIso} />
      ))}
      <Pages of="keys" path="/consumers" from={from} size={pageSize} total={keys.length} words={['Before', 'Next']} />
    </Page>
  );
}

const KeyConsumers = ({ consumerKey: { alias, consumers, publication }, status, nowIso }: { readonly consumerKey: AsymmetricKey; readonly status: RotationStatus | undefined; readonly nowIso: string }) => (
  <section>
    <h2>
      <Code>{alias}</Code>
    </h2>
    <p>
      {status === undefined ? 'No rotation is under way.' : <a href={`/rotations/${status.rotationId}`}>A rotation is under way.</a>} Published at {publication.targets.map((t) => t.name).join(', ')}.
    </p>
    {consumers.length === 0 ? (
      <Empty>Nobody is registered.</Empty>
    ) : (
      <Table
        caption={`Consumers of ${alias}`}
        head={['Consumer', 'The new key', 'Contact', 'Reads', 'Speaks for it']}
        rows={consumers.map((c) => {
          const there = status?.rollover?.consumers.find((r) => r.name === c.name);
          const word = status?.rollover?.acknowledgements.find((a) => a.consumer === c.name);
          return [
            c.name,
            there === undefined ? <Status tone="plain" word="Nothing to do" /> : <ConsumerStanding {...there} word={word} nowIso={nowIso} />,
            c.contact,
            c.target,
            c.people.length === 0 ? 'by a one-use link' : c.people.join(', '),
          ];
        })}
      />
    )}
  </section>
);
