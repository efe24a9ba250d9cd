import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { logGroup, type LogOptions } from './log-group';
import { manageNetworkInterfaces } from './unscoped-permissions';

/** What a function is in the eyes of others, and where it writes its logs. */
export interface FunctionIdentity {
  readonly role: iam.Role;
  readonly logGroup: logs.LogGroup;
}

/** A role that may write the function's logs, use its key and, inside a network, its interfaces; and nothing else yet. */
export function functionIdentity(
  scope: Construct,
  description: string,
  kept: LogOptions,
  inNetwork: boolean,
): FunctionIdentity {
  const group = logGroup(scope, 'Logs', kept);
  const role = new iam.Role(scope, 'Role', {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    description,
  });
  group.grants.write(role);
  kept.encryptionKey?.grantDecrypt(role);
  if (inNetwork) {
    role.addToPolicy(manageNetworkInterfaces());
  }
  return { role, logGroup: group };
}
