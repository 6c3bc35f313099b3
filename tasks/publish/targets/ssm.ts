import { GetParameterCommand, ParameterNotFound, PutParameterCommand } from '@aws-sdk/client-ssm';
import type { PublicationTarget } from '../../../core/registry/rollover-schema.ts';
import { bodyOf, currentSet, fetched, type TargetAdapter } from './target.ts';

type SsmTarget = Extract<PublicationTarget, { kind: 'ssm' }>;

/** What a standard parameter holds, in bytes. AWS Systems Manager User Guide, "parameter-store-advanced-parameters". */
const standardBytes = 4096;

/** A parameter with the current set. Its history is SSM's own. */
export const ssmTarget: TargetAdapter<SsmTarget> = {
  actions: ['ssm:PutParameter', 'ssm:GetParameter'],
  deliver: async ({ parameter }, set, { parameters }) => {
    const body = bodyOf(currentSet(set));
    await parameters.send(
      new PutParameterCommand({
        Name: parameter,
        Value: body.toString('utf8'),
        Type: 'String',
        Overwrite: true,
        ...(body.length > standardBytes ? { Tier: 'Advanced' as const } : {}),
      }),
    );
  },
  readBack: async (target, set, { parameters }) => {
    const document = currentSet(set);
    if (target.readBackUrl !== undefined) return [{ document, served: await fetched(target.readBackUrl) }];
    try {
      const { Parameter } = await parameters.send(new GetParameterCommand({ Name: target.parameter }));
      return [{ document, served: Buffer.from(Parameter?.Value ?? '', 'utf8') }];
    } catch (error) {
      if (error instanceof ParameterNotFound) return [{ document, served: undefined }];
      throw error;
    }
  },
};
