import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { metricNamespace, type MetricName } from '../core/kpi/metrics.ts';
import { pascalCase } from './definition.ts';
import type { RotaFunction } from './rota-function.ts';
import type { Notices } from './notices.ts';
import type { StateMachines } from './state-machines.ts';
import type { TaskFunctions } from './task-functions.ts';
import type { Watch } from './watch.ts';

interface Watched {
  readonly machines: StateMachines;
  readonly functions: TaskFunctions;
  readonly api: RotaFunction;
  readonly notices: Notices;
  readonly watch: Watch;
}

interface Says {
  readonly says: string;
  readonly runbook: string;
  /** What it means that no data came; left out, that all is well. */
  readonly missing?: cloudwatch.TreatMissingData;
}

const fiveMinutes = { period: Duration.minutes(5), statistic: 'Sum' } as const;

/** A metric of core/kpi/metrics.ts. */
const metricOf = (metricName: MetricName, more: cloudwatch.MetricOptions = {}): cloudwatch.Metric => new cloudwatch.Metric({ namespace: metricNamespace, metricName, ...fiveMinutes, ...more });

/** Told once a day: between two sweeps the last word holds. */
const untilTheNextSweep = cloudwatch.TreatMissingData.IGNORE;

/** Alarms that somebody must act on, each with its runbook, to the topic of notices. */
export class Alarms extends Construct {
  readonly #topic: sns.Topic;

  constructor(scope: Construct, id: string, { machines, functions, api, notices, watch }: Watched) {
    super(scope, id);
    this.#topic = notices.topic;
    this.#letAlarmsPublish();

    for (const [name, machine] of Object.entries(machines.byName)) {
      const runbook = 'execution-failed';
      this.#alarm(`${pascalCase(name)}Failed`, machine.metricFailed(fiveMinutes), { says: `A ${name} ended without effect`, runbook });
      this.#alarm(`${pascalCase(name)}TimedOut`, machine.metricTimedOut(fiveMinutes), { says: `A ${name} ran out of its year, without a dossier`, runbook });
      this.#alarm(`${pascalCase(name)}Aborted`, machine.metricAborted(fiveMinutes), { says: `Somebody stopped a ${name}, which left no dossier`, runbook });
    }
    this.#alarm('SealDossierErrors', functions.of('seal-dossier').lambda.metricErrors(fiveMinutes), { says: 'A dossier could not be sealed', runbook: 'execution-failed' });
    // A task of a machine may fail and be tried again, as the machine says: what that comes to is the machine's to tell, above. These stand alone.
    const alone = { JudgeEvent: functions.of('judge-event'), JudgeForConfig: functions.of('judge-for-config'), Api: api, PassOn: notices.fn };
    for (const [name, fn] of Object.entries(alone)) this.#alarm(`${name}Errors`, fn.lambda.metricErrors(fiveMinutes), { says: `The function ${name} failed`, runbook: 'function-failed' });
    for (const [name, queue, says] of [['Notices', notices.undelivered, 'A notice reached nobody'], ['Events', watch.undelivered, 'An event of KMS was not looked at']] as const)
      this.#alarm(`${name}Undelivered`, queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(5), statistic: 'Maximum' }), { says, runbook: 'undelivered' });

    this.#alarm('OverdueRotations', metricOf('OverdueManualRotations', { statistic: 'Maximum' }), { says: 'A key that people rotate is overdue', runbook: 'overdue', missing: untilTheNextSweep });
    this.#alarm('HighFindingsOpen', metricOf('OpenHighFindings', { statistic: 'Maximum' }), { says: 'Findings of the highest severity are open', runbook: 'high-findings', missing: untilTheNextSweep });
    this.#alarm('HighFindingOpened', metricOf('FindingsOpened', { dimensionsMap: { Severity: 'high' } }), { says: 'A finding of the highest severity was opened', runbook: 'high-findings' });
    this.#alarm('SweepIncomplete', metricOf('SweepTargetsFailed', { statistic: 'Maximum' }), { says: 'An account could not be swept', runbook: 'sweep-missing', missing: untilTheNextSweep });
    this.#alarm('ApprovalTimedOut', metricOf('ApprovalsTimedOut'), { says: 'A question to approvers passed its deadline', runbook: 'approval-timed-out' });
    // A day and two hours, hour by hour: the daily sweep begins when the API is next called after midnight in UTC, and takes its time.
    this.#make('SweepMissing', metricOf('SweepsEnded', { period: Duration.hours(1) }), { says: 'No sweep has ended for more than a day', runbook: 'sweep-missing', missing: cloudwatch.TreatMissingData.BREACHING }, {
      evaluationPeriods: 26,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    });
  }

  /**
   * The topic has a policy, which asks for TLS, and so has none of the usual one: without this no alarm would reach anybody, and only the alarm's history would
   * say so. Amazon SNS Developer Guide, "Example cases for Amazon SNS access control", on CloudWatch alarms.
   */
  #letAlarmsPublish(): void {
    const { account, region, partition } = Stack.of(this);
    this.#topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'AlarmsPublish',
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.#topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': `arn:${partition}:cloudwatch:${region}:${account}:alarm:*` } },
      }),
    );
  }

  /** One data point of 1 or more. */
  #alarm(id: string, metric: cloudwatch.IMetric, says: Says): void {
    this.#make(id, metric, says, { evaluationPeriods: 1, comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD });
  }

  #make(id: string, metric: cloudwatch.IMetric, { says, runbook, missing = cloudwatch.TreatMissingData.NOT_BREACHING }: Says, when: Pick<cloudwatch.AlarmProps, 'evaluationPeriods' | 'comparisonOperator'>): void {
    new cloudwatch.Alarm(this, id, { metric, threshold: 1, treatMissingData: missing, alarmDescription: `${says}. See runbooks/${runbook}.md.`, ...when }).addAlarmAction(new actions.SnsAction(this.#topic));
  }
}
