import { RemovalPolicy } from 'aws-cdk-lib';

/**
 * For what outlives the stack. It goes with a deployment that fails while it makes it, and with no other: a state machine left over from there would hold the name that the next deployment
 * needs, a key would cost a dollar a month. AWS CloudFormation User Guide, "DeletionPolicy attribute", RetainExceptOnCreate.
 */
export const keptOnceMade = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
