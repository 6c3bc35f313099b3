import { CreateStateMachineCommand, DescribeExecutionCommand, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { planDigest } from '../../core/plan/plan.ts';
import type { AsymmetricKey } from '../../core/registry/registry-schema.ts';
import { approvalIdOf, type StoredApproval } from '../../store/approval-table.ts';
import { approval } from '../../workflows/fragments/approval.ts';
import { accountId } from '../embedded-options.ts';
import { rotaLocal } from '../embedded-aws.ts';
import type { Answer, Api } from './harness.ts';

type Approvals = AsymmetricKey['approvals'];

const two = { all: [{ group: 'security', count: 2 }] };
export const hour = 3_600_000;

interface FactSeen {
  readonly 'detail-type': string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A question that a machine asks with the state of Rota's workflows, and what may be done to it. */
export class Question {
  readonly api: Api;
  readonly approvalId: string;
  readonly digest: string;
  readonly executionArn: string;

  private constructor(api: Api, approvalId: string, digest: string, executionArn: string) {
    this.api = api;
    this.approvalId = approvalId;
    this.digest = digest;
    this.executionArn = executionArn;
  }

  /** Asked for the start of a rotation of alias/tokens by carol: two of security, a day in all and an hour of silence, unless changed. Answers once `isAsked`. */
  static async ask(api: Api, change: Partial<Approvals> = {}, isAsked = ({ told }: StoredApproval): boolean => told.asked?.sent === true): Promise<Question> {
    const approvals: Approvals = { cutover: two, start: two, timeoutSeconds: 86_400, heartbeatSeconds: 3600, ...change };
    const rotationId = await api.rotation({ approvals });
    const { states } = api.deps.clients;
    const { plan } = await api.deps.store.ledger.head(rotationId);
    if (plan === undefined) throw new Error('no plan');
    const digest = planDigest(plan);
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'Begin',
      States: {
        Begin: {
          Type: 'Pass',
          Assign: { rotationId, planDigest: digest, approvalTimeoutSeconds: approvals.timeoutSeconds, approvalHeartbeatSeconds: approvals.heartbeatSeconds },
          Next: 'Await start approval',
        },
        ...approval('start', { partition: 'aws', functionOf: (task) => task }, { approved: 'Approved', failed: 'Not approved' }),
        Approved: { Type: 'Succeed', Output: 'approved' },
        'Not approved': { Type: 'Fail', Error: '{% $failure.name %}', Cause: '{% $failure.cause %}' },
      },
    };
    const { stateMachineArn } = await states.send(
      new CreateStateMachineCommand({ name: `asks-${rotationId}`.slice(0, 80), definition: JSON.stringify(definition), roleArn: `arn:aws:iam::${accountId}:role/states`, type: 'STANDARD' }),
    );
    const { executionArn = '' } = await states.send(new StartExecutionCommand({ stateMachineArn, name: rotationId, input: '{}' }));
    await api.deps.store.ledger.settle(rotationId, { executionArn });
    const approvalId = approvalIdOf(rotationId, 'start', digest);
    while (!(await api.deps.store.approvals.all()).some((a) => a.approvalId === approvalId && isAsked(a)));
    return new Question(api, approvalId, digest, executionArn);
  }

  say = (person: string, decision: 'approve' | 'refuse' = 'approve', digest = this.digest): Promise<Answer> =>
    this.api.post(person, `/api/approvals/${this.approvalId}/decisions`, { decision, reason: 'as in CHG-1234', planDigest: digest });

  stored = () => this.api.deps.store.approvals.get(this.approvalId);

  /** How the machine ended: `approved`, or the name of its failure. */
  async machine(): Promise<string> {
    for (;;) {
      const { status, error = 'approved' } = await this.api.deps.clients.states.send(new DescribeExecutionCommand({ executionArn: this.executionArn }));
      if (status !== 'RUNNING') return error;
    }
  }

  stop = () => this.api.deps.clients.states.send(new StopExecutionCommand({ executionArn: this.executionArn }));

  /** What was announced of it, oldest first. */
  async facts(): Promise<FactSeen[]> {
    const { events } = await rotaLocal<{ events: FactSeen[] }>(this.api.url, 'ListEvents');
    return events.filter((e) => e.detail.approvalId === this.approvalId);
  }

  types = async (): Promise<string[]> => (await this.facts()).map((e) => e['detail-type'].replace('Rota Approval ', ''));
}

/** Arms a fault of the embedded AWS. */
export const addFault = (api: Api, service: string, operation: string, kind: string, more: object = {}): Promise<unknown> => rotaLocal(api.url, 'AddFault', { service, operation, kind, ...more });
