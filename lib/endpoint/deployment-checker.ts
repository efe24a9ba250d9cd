import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { HANDLER_ENTRY, handlerCode, handlerRuntime } from '../private/handler-assets';

/** The function that looks at endpoints before and after they are updated; one per stack. */
export class DeploymentChecker extends Construct {
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
