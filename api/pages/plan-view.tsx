/** A plan in words and in full: what an approver reads before signing its digest. Nothing of a plan is left out: the whole document stands below. */
import type { Json } from '../../core/canonical-json.ts';
import { counted } from '../../core/counted.ts';
import { usedBy, type GrantedUse } from '../../core/plan/grants.ts';
import type { AnyPlan, CutoverPlan, RetirePlan, RolloverPlan, RollbackPlan, RotationPlan, WaiverPlan } from '../../core/plan/plan.ts';
import { allVisible, visible } from '../../core/visible.ts';
import { Code, Empty, Facts, Table, type Fact } from './parts/facts.tsx';
import { ruleText } from './parts/people-text.ts';
import { Time } from './parts/time.tsx';

export function PlanView({ plan }: { readonly plan: AnyPlan }) {
  return (
    <>
      {words(allVisible(plan))}
      <details>
        <summary>The whole plan as it is signed</summary>
        <pre tabindex={0}>{visible(JSON.stringify(plan, null, 2))}</pre>
      </details>
    </>
  );
}

function words(plan: AnyPlan) {
  if (!('stage' in plan)) return <RotationWords {...plan} />;
  switch (plan.stage) {
    case 'cutover':
      return <CutoverWords {...plan} />;
    case 'retire':
      return <RetireWords {...plan} />;
    case 'waiver':
      return <WaiverWords {...plan} />;
    case 'rollback':
      return <RollbackWords {...plan} />;
  }
}

type Moves = readonly { readonly alias: string; readonly from: string; readonly to?: string }[];

const Aliases = ({ moves }: { readonly moves: Moves }) => (
  <>
    <h3>Aliases</h3>
    <Table
      caption="Every alias that moves"
      head={['Alias', 'From key', 'To key']}
      rows={moves.map(({ alias, from, to }) => [<Code>{alias}</Code>, <Code>{from}</Code>, to === undefined ? 'the new key, not made yet' : <Code>{to}</Code>])}
    />
  </>
);

/** Of the key that the aliases go to, against the one that they leave. */
const Policy = ({ added, removed, to = 'new', from = 'old' }: { readonly added: readonly Json[]; readonly removed: readonly Json[]; readonly to?: string; readonly from?: string }) => (
  <>
    <h3>Key policy</h3>
    {added.length + removed.length === 0 ? <Empty>The {to} key has the policy of the {from} one, statement for statement.</Empty> : null}
    {removed.map((statement) => (
      <Statement kind="removed" word={`Only the ${from} key has`} statement={statement} />
    ))}
    {added.map((statement) => (
      <Statement kind="added" word={`Only the ${to} key has`} statement={statement} />
    ))}
  </>
);

const Grants = ({ caption, of: grants }: { readonly caption: string; readonly of: readonly GrantedUse[] }) => (
  <Table
    caption={caption}
    head={['Grantee', 'Operations', 'Constraints']}
    rows={grants.map(({ grantee, operations, constraints }) => [<Code>{grantee}</Code>, operations.join(', '), constraints === undefined ? 'none' : <Code>{JSON.stringify(constraints)}</Code>])}
  />
);

/** Grants do not move with an alias. */
const LeftBehind = ({ grants, from, to }: { readonly grants: readonly GrantedUse[] | undefined; readonly from: string; readonly to: string }) =>
  grants === undefined ? null : (
    <>
      <h3>Grants left behind</h3>
      <p class="message message-asks">
        <strong>Who uses the alias by one of these grants is shut out when it moves.</strong> Only the {from} key has them. Make them on the {to} key and this plan is asked again without them, or refuse.
      </p>
      <Grants caption={`Grants that the ${to} key lacks`} of={grants} />
    </>
  );

/** Nor do those that were revoked on the key that people use now. */
const LetIn = ({ grants, from, to }: { readonly grants: readonly GrantedUse[] | undefined; readonly from: string; readonly to: string }) =>
  grants === undefined ? null : (
    <>
      <h3>Grants that let somebody in</h3>
      <p class="message message-asks">
        <strong>Who has one of these grants may use the alias when it moves, and may not now.</strong> Only the {to} key has them. Revoke them there and this plan is asked again without them, or refuse.
      </p>
      <Grants caption={`Grants that the ${from} key lacks`} of={grants} />
    </>
  );

const Statement = ({ kind, word, statement }: { readonly kind: 'added' | 'removed'; readonly word: string; readonly statement: Json }) => (
  <>
    <p>
      {kind === 'added' ? '+' : '−'} {word}:
    </p>
    <pre class={kind} tabindex={0}>
      {JSON.stringify(statement, null, 2)}
    </pre>
  </>
);

export const Hazards = ({ of: hazards }: { readonly of: readonly { readonly code: string; readonly sentence: string }[] }) => (
  <>
    <h3>Mind</h3>
    {hazards.length === 0 ? <Empty>Nothing is known that this would break.</Empty> : null}
    {hazards.map(({ code, sentence }) => (
      <p class="message message-asks">
        <strong>{code.replaceAll('-', ' ')}:</strong> {sentence}
      </p>
    ))}
  </>
);

function RotationWords(p: RotationPlan) {
  const { oldKey, successor, material, approvals } = p;
  const facts: Fact[] = [
    ['Key', <Code>{p.alias}</Code>],
    ['Method', p.method === 'new-key' ? 'a new key with new imported material' : 'a new key, published before it is used'],
    ['Account, Region', `${p.accountId}, ${p.region}`],
    ['Owner', p.owner],
    ['Old key', <><Code>{oldKey.arn}</Code> ({oldKey.spec}, {oldKey.usage}, origin {oldKey.origin}); it is kept, locked against deletion</>],
    ['New key', `${successor.spec}, ${successor.usage}, origin ${successor.origin}`],
    ...(material === undefined
      ? []
      : [
          [
            'Material',
            <>
              {material.bytes === undefined ? 'a private key' : counted(material.bytes, 'byte')}, {material.source}, wrapped by {material.wrappingAlgorithm} under {material.wrappingKeySpec}, escrowed to {counted(material.escrowTo.length, 'certificate')}
            </>,
          ] as Fact,
        ]),
    ...(successor.grants.length === 0 ? [['Grants', 'none'] as Fact] : []),
    ['Approval', `${approvals.start === undefined ? '' : `before the start ${ruleText(approvals.start)}; `}before the aliases move ${ruleText(approvals.cutover)}`],
    ...(p.quietUse === undefined ? [] : [['Complete', `when nobody has made anything new with the old key for ${days(p.quietUse.quietSeconds)}`] as Fact]),
    ['Break glass', <Code>{p.breakGlassRoleArn}</Code>],
  ];
  return (
    <>
      <Facts of={facts} />
      <Aliases moves={p.aliases} />
      <Policy {...p.policyDifference} />
      {successor.grants.length === 0 ? null : (
        <>
          <h3>Grants made anew on the new key</h3>
          <Grants caption="Grants that are made anew on the new key" of={successor.grants.map(usedBy)} />
        </>
      )}
      {p.rollover === undefined ? null : <RolloverWords {...p.rollover} />}
      <Hazards of={p.hazards} />
    </>
  );
}

const RolloverWords = ({ consumers, dates, publication, emergency }: RolloverPlan) => (
  <>
    <h3>Publication</h3>
    {emergency ? <p class="message message-bad">Emergency: nobody is waited for, and the old public key leaves the key set at once.</p> : null}
    <ul>
      {publication.targets.map((t) => (
        <li>
          {t.name}: <Code>{t.kind === 's3' ? `s3://${t.bucket}/${t.prefix}` : t.kind === 'ssm' ? `parameter ${t.parameter}` : t.url}</Code>
        </li>
      ))}
    </ul>
    <Table
      caption="Consumers of the public key"
      head={['Consumer', 'Contact', 'Acknowledges']}
      rows={consumers.map((c) => [c.name, c.contact, c.acknowledges === 'required' ? `must, within ${counted(c.deadlineDays, 'day')}` : 'is informed'])}
    />
    <Table caption="The earliest dates" head={['State', 'At the earliest', 'Because']} rows={dates.map((d) => [d.state, <Time at={d.at} />, d.because])} />
  </>
);

function CutoverWords(p: CutoverPlan) {
  const { rollover } = p;
  const facts: Fact[] = [
    ['Rotation', <a href={`/rotations/${p.rotationId}`}>{p.rotationId}</a>],
    ['New key', <><Code>{p.newKeyArn}</Code> ({p.newKeySpec}, {p.newKeyUsage}); it has proved itself by its id</>],
    ['Old key', <><Code>{p.oldKeyId}</Code>; it is kept, locked against deletion</>],
    ...(p.materialFingerprint === undefined ? [] : [['Material fingerprint', <Code>{p.materialFingerprint}</Code>] as Fact]),
    ...(p.keyMaterialId === undefined ? [] : [['KMS material id', <Code>{p.keyMaterialId}</Code>] as Fact]),
    ['Grants on the new key', p.successorGrants.length === 0 ? 'none' : p.successorGrants.join(', ')],
    ['Plan it follows from', <Code>{p.rotationPlanDigest}</Code>],
  ];
  return (
    <>
      <Facts of={facts} />
      <Aliases moves={p.aliases} />
      <Policy {...p.policyDifference} />
      <LeftBehind grants={p.grantsLeftBehind} from="old" to="new" />
      <LetIn grants={p.grantsLetIn} from="old" to="new" />
      {rollover === undefined ? null : <PublishedWords {...rollover} />}
    </>
  );
}

const PublishedWords = (r: NonNullable<CutoverPlan['rollover']>) => (
  <>
    <h3>Public key and its consumers</h3>
    {r.emergency ? <p class="message message-bad">Emergency: the key set is published without the old key, and nobody was waited for.</p> : null}
    <Facts
      of={[
        ['New public key', <Code>{r.newThumbprint}</Code>],
        ['Old public key', <Code>{r.oldThumbprint}</Code>],
        ['Key set', <>number {r.keySetSequence}, SHA-256 <Code>{r.keySetSha256}</Code></>],
        ['Served since', <Time at={r.publishedAt} />],
      ]}
    />
    {r.acknowledgements.length === 0 ? (
      <Empty>Nobody has to acknowledge.</Empty>
    ) : (
      <Table
        caption="Acknowledgements of the consumers"
        head={['Consumer', 'Word', 'By', 'At']}
        rows={r.acknowledgements.map((a) => [a.consumer, `${a.kind}${a.late ? ', late' : ''}${a.reason === undefined ? '' : `: ${a.reason}`}`, a.by, <Time at={a.at} />])}
      />
    )}
  </>
);

const RollbackWords = (p: RollbackPlan) => (
  <>
    <Facts
      of={[
        ['Undoes', <a href={`/rotations/${p.undoes}`}>{p.undoes}</a>],
        ['Asked for by', `${p.requestedBy}: ${p.reason}`],
      ]}
    />
    <Aliases moves={p.aliases} />
    <Policy {...p.policyDifference} to="old" from="new" />
    <LeftBehind grants={p.grantsLeftBehind} from="new" to="old" />
    <LetIn grants={p.grantsLetIn} from="new" to="old" />
    <Hazards of={p.hazards} />
  </>
);

const WaiverWords = (p: WaiverPlan) => (
  <>
    <Facts
      of={[
        ['Consumer', `${p.consumer} (${p.contact})`],
        ['Rotation', <><a href={`/rotations/${p.rotationId}`}>{p.rotationId}</a> of <Code>{p.alias}</Code></>],
        ['New public key', <Code>{p.newThumbprint}</Code>],
        ['Asked for by', `${p.requestedBy}: ${p.reason}`],
      ]}
    />
    <Hazards of={p.hazards} />
  </>
);

const days = (seconds: number): string => (seconds % 86_400 === 0 ? counted(seconds / 86_400, 'day') : `${seconds} s`);

const RetireWords = (p: RetirePlan) => (
  <>
    <Facts
      of={[
        ['Old key', <><Code>{p.arn}</Code> ({p.spec}, {p.usage}, origin {p.origin})</>],
        ['Kept for', <><a href={`/rotations/${p.retainedFor}`}>{p.retainedFor}</a> of <Code>{p.alias}</Code></>],
        ['Followed by', <Code>{p.successorKeyId}</Code>],
        ['Last used', p.lastUsage === undefined ? 'never, as far as KMS knows' : <>{p.lastUsage.operation} at <Time at={p.lastUsage.at} /></>],
        ['First', `deny ${p.denies.join(', ') || 'nothing'} and look for ${days(p.denySeconds)}`],
        ['Then', `disable it and look for ${days(p.watchSeconds)}; one command enables it again`],
        ['Never', 'delete it: that stays with a person'],
        ['Asked for by', `${p.requestedBy}: ${p.reason}`],
      ]}
    />
    <h3>Uses of the last 90 days</h3>
    {p.usesOfLast90Days.length === 0 ? (
      <Empty>{p.evidenceComplete ? 'None.' : 'None is known, but CloudTrail did not tell all that it has.'}</Empty>
    ) : (
      <Table
        caption="Who used the key"
        head={['Who', 'Operation', 'Times', 'Last']}
        rows={p.usesOfLast90Days.map((u) => [<Code>{u.principal}</Code>, `${u.operation}${u.error === undefined ? '' : ` (${u.error})`}`, u.count, <Time at={u.lastAt} />])}
      />
    )}
    <Hazards of={p.hazards} />
  </>
);
