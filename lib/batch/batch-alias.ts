import * as iam from 'aws-cdk-lib/aws-iam';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { RemovalPolicy } from 'aws-cdk-lib';
import { Construct } from 'constructs';

const NAME = 'live';

/**
 * The newest version of a state machine, and the alias by which runs are started. The alias moves at once: a run has nothing to
 * split, its own first part is what is tried.
 *
 * Each change of the machine publishes a version. The versions before stay, so that the alias can go back to one by hand and a run
 * shows what it ran. AWS keeps 1,000 of a machine; they go with the machine.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-alias.html
 */
export class BatchAlias extends Construct {
  /** What to start a run by. */
  public readonly aliasArn: string;

  private readonly stateMachineArn: string;

  constructor(scope: Construct, id: string, stateMachine: sfn.StateMachine) {
    super(scope, id);
    this.stateMachineArn = stateMachine.stateMachineArn;
    const version = new sfn.CfnStateMachineVersion(this, 'Version', {
      stateMachineArn: stateMachine.stateMachineArn,
      // Without, CloudFormation sees no reason to publish another version when the machine has changed.
      stateMachineRevisionId: stateMachine.stateMachineRevisionId,
    });
    version.applyRemovalPolicy(RemovalPolicy.RETAIN);
    const alias = new sfn.CfnStateMachineAlias(this, 'Resource', {
      name: NAME,
      description: 'Runs are started by it',
      routingConfiguration: [{ stateMachineVersionArn: version.attrArn, weight: 100 }],
    });
    this.aliasArn = alias.attrArn;
  }

  /**
   * Allows to start runs by the alias, and neither by a version nor by the machine itself. AWS asks for the permission on the
   * machine, and has the alias in a condition.
   *
   * @see https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
   */
  public grantStart(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['states:StartExecution'],
      resourceArns: [this.stateMachineArn],
      conditions: { 'ForAnyValue:StringEquals': { 'states:StateMachineQualifier': [NAME] } },
    });
  }

  /** Starts runs as the target of a schedule. The target of aws-cdk-lib would ask for the permission on the alias, which is none. */
  public scheduleTarget(role: iam.IRole, input: scheduler.ScheduleTargetInput): scheduler.IScheduleTarget {
    this.grantStart(role);
    return { bind: () => ({ arn: this.aliasArn, role, input }) };
  }
}
