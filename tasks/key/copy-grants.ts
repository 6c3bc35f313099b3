import { CreateGrantCommand, type GrantConstraints, type GrantOperation } from '@aws-sdk/client-kms';
import { z } from 'zod';
import { newKeyIdOf, rotationPlanOf } from '../plan-of.ts';
import { rotationInput, task } from '../task.ts';

/** Makes the planned grants on the successor: grants do not move with an alias. The name makes each call idempotent. */
export const copyGrants = task({
  name: 'copy-grants',
  input: rotationInput,
  output: z.strictObject({ grantIds: z.array(z.string()) }),
  errors: [],
  actions: ['kms:CreateGrant'],
  run: async (_input, { head, clients }) => {
    const grantIds: string[] = [];
    for (const grant of rotationPlanOf(head).successor.grants) {
      const { GrantId } = await clients.kms.send(
        new CreateGrantCommand({
          KeyId: newKeyIdOf(head),
          Name: grant.name,
          GranteePrincipal: grant.granteePrincipal,
          Operations: grant.operations as GrantOperation[],
          ...(grant.retiringPrincipal === undefined ? {} : { RetiringPrincipal: grant.retiringPrincipal }),
          ...(grant.constraints === undefined ? {} : { Constraints: grant.constraints as GrantConstraints }),
        }),
      );
      grantIds.push(GrantId ?? '');
    }
    return { grantIds };
  },
});
