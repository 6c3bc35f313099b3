import { PutEvaluationsCommand, type Evaluation } from '@aws-sdk/client-config-service';
import { z } from 'zod';
import { RotaError } from '../../core/errors.ts';
import { configRuleNames, verdictOf } from '../../core/inventory/config-rule.ts';
import { policiesOf } from '../../core/inventory/policies.ts';
import { sweep } from '../../store/inventory/sweep.ts';
import { accessOf } from '../sweep/access.ts';
import { plainTask, type PlainContext } from '../task.ts';

/** JSON in a string, as Config sends it. */
const Embedded = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);

/** AWS Config Developer Guide, "Example Events for AWS Config Rules". */
const RuleEvent = z.object({
  accountId: z.string(),
  resultToken: z.string(),
  ruleParameters: Embedded(z.object({ rule: z.enum(configRuleNames) })),
  invokingEvent: Embedded(z.object({ messageType: z.literal('ScheduledNotification', 'must be ScheduledNotification: what is judged changes with time, and so the rule is periodic'), notificationCreationTime: z.iso.datetime() })),
});

/** AWS Config API Reference, PutEvaluations. */
const mostEvaluations = 100;

/**
 * Answers one rule of AWS Config: judges every key of Rota's own account and Region as a sweep does, and tells Config. Repeated, it tells the same. A
 * key that is deleted has waited for that for seven days or more, and was told as `NOT_APPLICABLE` meanwhile. Throws `AwsRefused` when
 * Config does not take what it is told.
 */
export const judgeForConfig = plainTask({
  name: 'judge-for-config',
  input: RuleEvent,
  output: z.strictObject({ evaluated: z.int(), nonCompliant: z.int() }),
  errors: ['RegistryEmpty', 'BadRequest', 'AwsRefused'],
  actions: [
    ...['kms:ListKeys', 'kms:ListAliases', 'kms:DescribeKey', 'kms:GetKeyRotationStatus', 'kms:ListKeyRotations', 'tag:GetResources'],
    ...['dynamodb:GetItem', 'dynamodb:Query', 'config:PutEvaluations'],
  ],
  run: async ({ accountId, resultToken, ruleParameters: { rule }, invokingEvent: { notificationCreationTime } }, context) => {
    const { clients, clock, store } = context;
    const region = await clients.kms.config.region();
    const policies = policiesOf(await store.registry.whole(), { home: true });
    const access = accessOf(clients);
    // Config calls its rules at the same time, and together they take what one sweep does.
    const share = access.share / configRuleNames.length;
    const evaluations: Evaluation[] = [];
    const swept = await sweep({ region }, { ...access, share, policies, allRotations: false, lastUse: false, nowMs: clock.now() }, (judged) => {
      const { verdict, annotation } = verdictOf(rule, judged);
      evaluations.push({ ComplianceResourceType: 'AWS::KMS::Key', ComplianceResourceId: judged.key.keyId, ComplianceType: verdict, Annotation: annotation, OrderingTimestamp: new Date(notificationCreationTime) });
    });
    // The function would tell of its own account what Config takes for another's.
    if (evaluations.length > 0 && swept.accountId !== accountId) throw new RotaError('BadRequest', { problems: [{ where: 'judge-for-config accountId', message: `is ${accountId}, but this function judges the keys of ${swept.accountId}` }] });
    for (let from = 0; from < evaluations.length; from += mostEvaluations) await tell(evaluations.slice(from, from + mostEvaluations), resultToken, context);
    return { evaluated: evaluations.length, nonCompliant: evaluations.filter((e) => e.ComplianceType === 'NON_COMPLIANT').length };
  },
});

async function tell(evaluations: Evaluation[], ResultToken: string, { clients }: PlainContext): Promise<void> {
  const { FailedEvaluations = [] } = await clients.config.send(new PutEvaluationsCommand({ Evaluations: evaluations, ResultToken }));
  if (FailedEvaluations.length > 0) throw new RotaError('AwsRefused', { service: 'Config', operation: 'PutEvaluations', code: 'FailedEvaluations', message: `${FailedEvaluations.length} of ${evaluations.length} were not taken` });
}
