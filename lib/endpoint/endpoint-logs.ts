import { RemovalPolicy } from 'aws-cdk-lib';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { logGroup } from '../private/log-group';
import type { RealtimeEndpointProps } from './realtime-endpoint-props';

/** Where the containers of an endpoint write their logs. */
export function endpointLogGroup(endpointName: string): string {
  return `/aws/sagemaker/Endpoints/${endpointName}`;
}

/** The group that SageMaker would otherwise make itself, without an end to what it keeps. */
export function endpointLogs(
  scope: Construct,
  endpointName: string,
  { logRetention, encryptionKey, removalPolicy }: RealtimeEndpointProps,
): logs.LogGroup | undefined {
  if (logRetention === undefined) {
    return undefined;
  }
  return logGroup(scope, 'Logs', {
    logGroupName: endpointLogGroup(endpointName),
    retention: logRetention,
    encryptionKey,
    removalPolicy: removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}
