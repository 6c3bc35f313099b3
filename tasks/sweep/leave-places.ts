import { randomUUID } from 'node:crypto';
import { findingIdOf } from '../../core/findings/open-finding.ts';
import { accountOfArn } from '../../core/ids.ts';
import type { KpiFact } from '../../core/kpi/facts.ts';
import type { KpiTally } from '../../core/kpi/tally.ts';
import type { Target } from '../../store/inventory/target.ts';
import type { PlainContext } from '../task.ts';
import { closeFindings } from './settle-findings.ts';
import { accountOf, targetsOf, type SweptTarget } from './targets.ts';

/**
 * Ends what was known of accounts and Regions that the registry no longer names: their findings are closed, their keys gone for the KPIs, their counts gone from
 * the inventory. One that could not be swept is named still, and keeps everything. What each alias should lead to stays too: people have decided that, and an alias
 * that moves while nobody looks is found when the place is swept again. Repeated, it changes nothing more. Answers what it told the KPIs.
 */
export async function leavePlaces({ keys }: KpiTally, { sweepId, targets: swept }: { readonly sweepId: string; readonly targets: readonly SweptTarget[] }, context: PlainContext): Promise<KpiFact[]> {
  const { store, clients, now } = context;
  // Those of now, and not those with which this sweep began: another sweep may have come to know a new one since.
  const targets = targetsOf(await store.registry.whole(), await clients.kms.config.region());
  const ownAccount = swept.flatMap(({ roleArn, place }) => (roleArn === undefined && place !== undefined ? [accountOf(place)] : [])).find((account) => account !== '');
  const isLeft = (place: string): boolean => !targets.some((target) => isAt(target, place, ownAccount));
  const gone = Object.values(keys).filter(({ fact, keyArn }) => fact === 'key-seen' && isLeft(placeOfKey(keyArn)));
  const over = (await store.findings.all()).filter(({ place }) => isLeft(place)).map((finding) => ({ finding, because: `${finding.place} is no longer a target of sweeps` }));
  const facts = [
    ...gone.map(({ keyArn }): KpiFact => ({ fact: 'key-gone', at: now, keyArn })),
    ...over.map(({ finding, because }): KpiFact => ({ fact: 'finding-closed', at: now, findingId: findingIdOf(finding), evidence: `sweep ${sweepId}: ${because}`, notMended: 'no longer swept' })),
  ];
  await store.records.addFacts(now.slice(0, 10), `${sweepId}.left.${randomUUID()}`, facts);
  await closeFindings(over, context);
  for (const summary of await store.records.summaries()) if (isLeft(summary.place)) await store.records.putSummary({ ...summary, leftAt: now });
  return facts;
}

function placeOfKey(keyArn: string): string {
  const [, , , region = '', accountId = ''] = keyArn.split(':');
  return `${accountId}/${region}`;
}

/** While Rota's own account is not known, since it could not be swept or has no key, every account may be it; and a place without a key has no known account. */
function isAt({ region, roleArn }: Target, place: string, ownAccount: string | undefined): boolean {
  const account = accountOf(place);
  if (place !== `${account}/${region}`) return false;
  if (roleArn !== undefined) return accountOfArn(roleArn) === account;
  return ownAccount === undefined || account === '' || account === ownAccount;
}
