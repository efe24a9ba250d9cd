import { CustomResource, Duration, Lazy, Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import type { DeploymentCheckProperties } from '../../lambda/deployment-check/contract';
import { HANDLER_ENTRY, handlerCode, handlerRuntime } from '../private/handler-assets';

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

/** The function behind the checks; one per stack. */
class DeploymentChecker extends Construct {
  public static of(scope: Construct): DeploymentChecker {
    const stack = Stack.of(scope);
    return (
      (stack.node.tryFindChild('EndpointDeploymentChecker') as DeploymentChecker | undefined) ??
      new DeploymentChecker(stack, 'EndpointDeploymentChecker')
    );
  }

  public readonly serviceToken: string;
  private readonly role: iam.Role;

  private constructor(scope: Construct, id: string) {
    super(scope, id);
    const group = new logs.LogGroup(this, 'Logs', { retention: logs.RetentionDays.THREE_MONTHS });
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: 'Compares what SageMaker endpoints run with what this stack asked for',
    });
    group.grants.write(this.role);
    const check = new lambda.Function(this, 'Function', {
      description: 'Fails a deployment that SageMaker has silently rolled back',
      runtime: handlerRuntime(),
      architecture: lambda.Architecture.ARM_64,
      handler: HANDLER_ENTRY,
      code: handlerCode('deployment-check', {}),
      memorySize: 256,
      timeout: Duration.minutes(15),
      role: this.role,
      logGroup: group,
    });
    // The framework's own choice would be a managed policy.
    const frameworkOnEventRole = new iam.Role(this, 'FrameworkRole', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: 'Runs the check for CloudFormation',
    });
    group.grants.write(frameworkOnEventRole);
    this.serviceToken = new Provider(this, 'Provider', {
      onEventHandler: check,
      logGroup: group,
      frameworkOnEventRole,
    }).serviceToken;
  }

  /** Lets the function look at one more endpoint. */
  public allow(check: Construct, statements: iam.PolicyStatement[]): iam.Policy {
    return new iam.Policy(check, 'Policy', { roles: [this.role], statements });
  }
}
