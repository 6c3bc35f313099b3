import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { pascalCase } from './definition.ts';
import type { Notices } from './notices.ts';
import type { StateMachines } from './state-machines.ts';
import type { TaskFunctions } from './task-functions.ts';

/** Alarms that somebody must act on, each with its runbook, to one SNS topic; who is told subscribes to it. */
export class Alarms extends Construct {
  readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, machines: StateMachines, functions: TaskFunctions, notices: Notices) {
    super(scope, id);
    this.topic = new sns.Topic(this, 'Topic', { displayName: 'Rota alarms', enforceSSL: true });
    const period = { period: Duration.minutes(5), statistic: 'Sum' };
    for (const [name, machine] of Object.entries(machines.byName)) {
      this.#alarm(`${pascalCase(name)}Failed`, machine.metricFailed(period), `A ${name} ended without effect`);
      this.#alarm(`${pascalCase(name)}TimedOut`, machine.metricTimedOut(period), `A ${name} ran out of its year, without a dossier`);
      this.#alarm(`${pascalCase(name)}Aborted`, machine.metricAborted(period), `Somebody stopped a ${name}, which left no dossier`);
    }
    this.#alarm('NoticesUndelivered', notices.undelivered.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(5), statistic: 'Maximum' }), 'A notice reached nobody', 'runbooks/approvals.md');
    this.#alarm('SealDossierErrors', functions.of('seal-dossier').lambda.metricErrors(period), 'A dossier could not be sealed');
  }

  #alarm(id: string, metric: cloudwatch.IMetric, says: string, runbook = 'runbooks/execution-failed.md'): void {
    new cloudwatch.Alarm(this, id, {
      metric,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      alarmDescription: `${says}. See ${runbook}.`,
    }).addAlarmAction(new actions.SnsAction(this.topic));
  }
}
