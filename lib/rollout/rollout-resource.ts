import { type CfnResource, type CustomResource, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { acknowledgeFinding } from '../private/acknowledged-finding';
import { handlerCode, handlerRuntime } from '../private/handler-assets';

/** What tells the controllers of a stack which version is desired, and waits for what must be waited for; one per stack. */
export class RolloutResource extends Construct {
  public static of(scope: Construct): RolloutResource {
    const stack = Stack.of(scope);
    return (
      (stack.node.tryFindChild('StagedRolloutResource') as RolloutResource | undefined) ??
      new RolloutResource(stack, 'StagedRolloutResource')
    );
  }

  public readonly serviceToken: string;
  private readonly role: iam.Role;

  private constructor(scope: Construct, id: string) {
    super(scope, id);
    const group = new logs.LogGroup(this, 'Logs', { retention: logs.RetentionDays.THREE_MONTHS });
    const role = (roleId: string, description: string): iam.Role => {
      const made = new iam.Role(this, roleId, {
        assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
        description,
      });
      group.grants.write(made);
      return made;
    };
    this.role = role('Role', 'States which version of a staged rollout is desired, and looks whether it is live');
    const handler = (handlerId: string, entry: string, description: string): lambda.Function =>
      new lambda.Function(this, handlerId, {
        description,
        runtime: handlerRuntime(),
        architecture: lambda.Architecture.ARM_64,
        handler: `index.${entry}`,
        code: handlerCode('rollout-resource', {}),
        memorySize: 256,
        timeout: Duration.minutes(5),
        role: this.role,
        logGroup: group,
      });
    const provider = new Provider(this, 'Provider', {
      onEventHandler: handler('OnEvent', 'onEvent', 'States which version of a staged rollout is desired'),
      isCompleteHandler: handler('IsComplete', 'isComplete', 'Looks whether CloudFormation may go on'),
      queryInterval: Duration.seconds(10),
      // As long as CloudFormation waits.
      totalTimeout: Duration.hours(1),
      logGroup: group,
      // The framework's own choice would be a managed policy.
      frameworkOnEventRole: role('OnEventFrameworkRole', 'Hands events of CloudFormation over'),
      frameworkCompleteAndTimeoutRole: role('IsCompleteFrameworkRole', 'Asks until CloudFormation may go on'),
      disableWaiterStateMachineLogging: true,
    });
    this.serviceToken = provider.serviceToken;
    const waiter = provider.node.findChild('waiter-state-machine').node.defaultChild as CfnResource;
    acknowledgeFinding(
      waiter,
      'states-function-without-retry',
      'The CDK makes it so: who tells that the time is over is not called again, and CloudFormation gives up by itself.',
    );
  }

  /** Lets it see and start one more rollout; whatever it is asked to do waits for that. */
  public allow(resource: CustomResource, statements: iam.PolicyStatement[]): void {
    resource.node.addDependency(new iam.Policy(resource, 'Policy', { roles: [this.role], statements }));
  }

  /** Who uses the keys of what the handlers read. */
  public get principal(): iam.IGrantable {
    return this.role;
  }
}
