import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { HANDLER_ENTRY, handlerRuntime } from '../private/handler-assets';
import { logGroup, type LogOptions } from '../private/log-group';

/** What AWS Lambda allows at most: a partition that needs longer goes on in the next invocation. */
const LONGEST_INVOCATION = Duration.minutes(15);

/** What the functions of a batch have in common, each with a log group and a role of its own that may do nothing else yet. */
export function batchFunctionProps(
  scope: Construct,
  name: string,
  description: string,
  kept: LogOptions,
): Pick<lambda.FunctionProps, 'runtime' | 'handler'> & lambda.FunctionOptions & { readonly role: iam.Role } {
  const group = logGroup(scope, `${name}Logs`, kept);
  const role = new iam.Role(scope, `${name}Role`, {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    // Without the model's version: a release is no change of a role.
    description: `Runs the function ${name} of the batch ${scope.node.path}`,
  });
  group.grants.write(role);
  kept.encryptionKey?.grantDecrypt(role);
  return {
    runtime: handlerRuntime(),
    handler: HANDLER_ENTRY,
    description,
    role,
    logGroup: group,
    timeout: LONGEST_INVOCATION,
    tracing: lambda.Tracing.ACTIVE,
    environmentEncryption: kept.encryptionKey,
    // A run that is redriven after later deployments calls the versions that it began with.
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
  };
}
