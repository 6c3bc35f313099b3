import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { RotaError } from '../core/errors.ts';
import type { FactType } from '../core/notice/facts.ts';
import type { Clients, Names } from './clients.ts';
import type { RotationHead } from './ledger-table.ts';

export const eventActions = ['events:PutEvents'] as const;

interface Announcer {
  readonly clients: Pick<Clients, 'events'>;
  readonly names: Names;
  readonly head: RotationHead;
}

/** Announces a fact of a rotation on EventBridge, source `rota`: at least once, since a repeated step announces again. */
export const announce = ({ head, ...to }: Announcer, detailType: FactType, detail: Readonly<Record<string, unknown>>): Promise<void> =>
  announceFact(to, detailType, { rotationId: head.rotationId, alias: head.alias, requestedBy: head.requestedBy, ...detail });

/** Announces a fact that is about no rotation. */
export async function announceFact({ clients, names }: Omit<Announcer, 'head'>, detailType: FactType, detail: Readonly<Record<string, unknown>>): Promise<void> {
  const { FailedEntryCount = 0, Entries = [] } = await clients.events.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: names.eventBus,
          Source: 'rota',
          DetailType: detailType,
          Detail: JSON.stringify(detail),
        },
      ],
    }),
  );
  if (FailedEntryCount > 0) throw new RotaError('ConnectionLost', { service: 'EventBridge', code: Entries[0]?.ErrorCode ?? 'unknown' });
}
