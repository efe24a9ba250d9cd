import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { allowContainers, containerRole } from '../model/container-role';
import { endpointLogGroup } from './endpoint-logs';
import type { RealtimeEndpointProps } from './realtime-endpoint-props';

/** The role that the containers of an endpoint run with: a new one, or the given one with what it needs. */
export function endpointRole(
  scope: Construct,
  endpointName: string,
  { role, vpc }: Pick<RealtimeEndpointProps, 'role' | 'vpc'>,
): iam.IRole {
  const surroundings = { logGroup: endpointLogGroup(endpointName), inVpc: vpc !== undefined };
  if (role === undefined) {
    return containerRole(scope, `Runs the containers of the endpoint ${endpointName}`, surroundings);
  }
  allowContainers(role, scope, surroundings);
  return role;
}
