import { CustomResource, Lazy } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { DeploymentCheckProperties } from '../../lambda/deployment-check/contract';
import { DeploymentChecker } from './deployment-checker';

/** Properties of a deployment check. */
export interface DeploymentCheckProps {
  readonly endpointName: string;
  readonly endpointArn: string;
  readonly endpointConfigName: string;
  /** The alarms that roll a deployment back; looked at when everything is there. */
  readonly alarms: () => readonly cloudwatch.IAlarm[];
}

/**
 * Compares what an endpoint runs with what the stack asked for, after each deployment, and fails the stack where they
 * differ. SageMaker rolls an endpoint back and calls it in service again: without this the stack would say success.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
 */
export class DeploymentCheck extends Construct {
  constructor(scope: Construct, id: string, props: DeploymentCheckProps) {
    super(scope, id);
    const checker = DeploymentChecker.of(this);
    const properties: { readonly [property in keyof DeploymentCheckProperties]: unknown } = {
      EndpointName: props.endpointName,
      EndpointConfigName: props.endpointConfigName,
      AlarmNames: Lazy.list({ produce: () => props.alarms().map(({ alarmName }) => alarmName) }),
    };
    const resource = new CustomResource(this, 'Resource', {
      resourceType: 'Custom::EndpointDeploymentCheck',
      serviceToken: checker.serviceToken,
      properties,
    });
    resource.node.addDependency(
      checker.allow(this, [
        new iam.PolicyStatement({ actions: ['sagemaker:DescribeEndpoint'], resources: [props.endpointArn] }),
        new iam.PolicyStatement({
          actions: ['cloudwatch:DescribeAlarmHistory'],
          resources: Lazy.list({ produce: () => props.alarms().map(({ alarmArn }) => alarmArn) }),
        }),
      ]),
    );
  }
}
