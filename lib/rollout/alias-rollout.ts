import { ArnFormat, type CfnResource, Duration, Names, Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { tooManyAlarms } from '../checks/bounds/code-deploy';
import type { Model } from '../model/model';
import { refuse } from '../private/errors';
import type { LogOptions } from '../private/log-group';
import { describeAlarms } from '../private/unscoped-permissions';
import {
  incrementOf,
  lambdaShares,
  limitsOf,
  notForAliases,
  predefinedConfig,
  watchAfterFullShift,
} from './lambda-deployment-config';
import type { Rollout } from './rollout';
import { renderPlan, ROLLOUT_PLAN_METADATA, type RolloutPlan } from './rollout-plan';
import { canBeAsked, SmokeTest } from './smoke-test';
import { nativeShift, type TrafficShift, withoutBake } from './traffic-shift';

/** Properties of the rollout of an alias. */
export interface AliasRolloutProps {
  readonly rollout: Rollout;
  readonly model: Model;
  readonly alias: lambda.Alias;
  readonly version: lambda.IVersion;
  /** Alarms that watch the new version alone. */
  readonly newVersionAlarms: readonly cloudwatch.Alarm[];
  readonly logs: LogOptions;
  /** Limits of the strategy that come from the pattern. */
  readonly notes: readonly string[];
}

/** What a rollout that asks nothing does not see. */
function unasked({ model, rollout }: AliasRolloutProps): string[] {
  return canBeAsked(model) || rollout.options.beforeTraffic !== undefined || rollout.options.smokeTest === false
    ? []
    : [
        'no smoke test: the model has neither examples nor an input schema, so there is nothing to ask of a new version',
      ];
}

/** An alarm needs a minute of data, CloudWatch some time to have it, and CodeDeploy polls: together under 3 minutes. */
const TIME_TO_ROLL_BACK = Duration.minutes(3);

/**
 * Shifts the traffic of a Lambda alias to each new version with CodeDeploy, and back when an alarm goes off. Creates a
 * CodeDeploy application and deployment group, their role, a custom configuration where no predefined one fits, and the
 * smoke test.
 *
 * When a deployment fails, CodeDeploy gives all traffic back to the old version and CloudFormation rolls the stack
 * back, which restores the alias once more. AWS does not say whether it sets the alias directly then or by another
 * deployment, so both must end well: everything that such a deployment would consult is a dependency of the alias, and so
 * is already rolled back when the alias' turn comes. The smoke test has the old version's examples again. The alarms on a
 * version are made with it and go with it: those of the old version were never touched and are not in alarm, whereas an
 * alarm that was only pointed at the old version again would stay red until it is next evaluated.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html
 */
export class AliasRollout extends Construct {
  public readonly application: codedeploy.CfnApplication;
  public readonly deploymentGroup: codedeploy.CfnDeploymentGroup;
  public readonly plan: RolloutPlan;
  public readonly smokeTest?: lambda.IFunction;

  constructor(scope: Construct, id: string, props: AliasRolloutProps) {
    super(scope, id);
    const { rollout, alias } = props;
    const alarms = [...props.newVersionAlarms, ...(rollout.options.rollbackAlarms ?? [])];
    refuse(this, [
      ...notForAliases(rollout._shift),
      ...withoutBake(rollout._shift),
      ...watchAfterFullShift(rollout._shift),
      ...tooManyAlarms(alarms.length),
    ]);

    this.application = new codedeploy.CfnApplication(this, 'Application', { computePlatform: 'Lambda' });
    const smokeTest = this.createSmokeTest(props);
    this.smokeTest = smokeTest?.function;
    const { beforeTraffic, afterTraffic: after } = rollout.options;
    const before = beforeTraffic ?? smokeTest?.function;
    const hooks = [before, after].filter((hook) => hook !== undefined);
    [beforeTraffic, after].forEach((hook) => hook === undefined || this.allowVerdict(hook));

    const role = this.serviceRole(alias, hooks);
    this.deploymentGroup = new codedeploy.CfnDeploymentGroup(this, 'Resource', {
      applicationName: this.application.ref,
      serviceRoleArn: role.roleArn,
      deploymentConfigName: this.deploymentConfig(rollout._shift),
      deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
      alarmConfiguration: {
        enabled: alarms.length > 0,
        alarms: alarms.map((alarm) => ({ name: alarm.alarmName })),
        ignorePollAlarmFailure: false,
      },
      autoRollbackConfiguration: {
        enabled: true,
        events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
      },
    });

    const cfnAlias = alias.node.defaultChild as CfnResource;
    cfnAlias.cfnOptions.updatePolicy = {
      codeDeployLambdaAliasUpdate: {
        applicationName: this.application.ref,
        deploymentGroupName: this.deploymentGroup.ref,
        beforeAllowTrafficHook: before?.functionName,
        afterAllowTrafficHook: after?.functionName,
      },
    };
    // References in an update policy order nothing by themselves.
    alias.node.addDependency(this.deploymentGroup, ...hooks);

    const shares = lambdaShares(nativeShift(rollout));
    const { intervalMinutes } = rollout._shift;
    this.plan = {
      strategy: rollout.description,
      steps: shares.map((percent, step) => ({ percent, startsAfter: Duration.minutes(step * intervalMinutes) })),
      duration: Duration.minutes((shares.length - 1) * intervalMinutes),
      before: before === undefined ? [] : [smokeTest?.description ?? `your own hook ${before.node.path}`],
      timeToRollBack: TIME_TO_ROLL_BACK,
      watches: alarms.map((alarm) => alarm.node.path),
      notes: [...limitsOf(rollout._shift), ...unasked(props), ...props.notes],
    };
    scope.node.addMetadata(ROLLOUT_PLAN_METADATA, renderPlan(this.plan));
  }

  private createSmokeTest(props: AliasRolloutProps): SmokeTest | undefined {
    const { beforeTraffic, smokeTest } = props.rollout.options;
    if (beforeTraffic !== undefined || smokeTest === false || !canBeAsked(props.model)) {
      return undefined;
    }
    return new SmokeTest(this, 'SmokeTest', {
      model: props.model,
      target: props.version,
      logs: props.logs,
      deploymentGroups: this.deploymentGroups,
    });
  }

  /** Scoped to the application, not to the group: the group's role names the hook, so the other way round is a circle. */
  private get deploymentGroups(): string {
    return Stack.of(this).formatArn({
      service: 'codedeploy',
      resource: 'deploymentgroup',
      resourceName: `${this.application.ref}/*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  private allowVerdict(hook: lambda.IFunction): void {
    hook.grantPrincipal.addToPrincipalPolicy(
      new iam.PolicyStatement({
        actions: ['codedeploy:PutLifecycleEventHookExecutionStatus'],
        resources: [this.deploymentGroups],
      }),
    );
  }

  /** What CodeDeploy may do: move this alias, run these hooks, read alarms. */
  private serviceRole(alias: lambda.Alias, hooks: readonly lambda.IFunction[]): iam.Role {
    const statements = [
      new iam.PolicyStatement({
        actions: ['lambda:GetAlias', 'lambda:UpdateAlias', 'lambda:GetProvisionedConcurrencyConfig'],
        // Not the alias' own ARN: the alias depends on its deployment group, which depends on this role.
        resources: [alias.lambda.functionArn, `${alias.lambda.functionArn}:${alias.aliasName}`],
      }),
      describeAlarms(),
    ];
    if (hooks.length > 0) {
      statements.push(
        new iam.PolicyStatement({
          actions: ['lambda:InvokeFunction'],
          resources: hooks.map((hook) => hook.functionArn),
        }),
      );
    }
    return new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('codedeploy.amazonaws.com'),
      description: `Shifts traffic between versions of ${Names.nodeUniqueId(alias.node).slice(0, 80)}`,
      inlinePolicies: { ShiftTraffic: new iam.PolicyDocument({ statements }) },
    });
  }

  private deploymentConfig(shift: TrafficShift): string {
    const predefined = predefinedConfig(shift);
    if (predefined !== undefined) {
      return predefined;
    }
    const first = incrementOf(shift);
    return new codedeploy.CfnDeploymentConfig(this, 'Config', {
      computePlatform: 'Lambda',
      trafficRoutingConfig:
        shift.kind === 'canary'
          ? {
              type: 'TimeBasedCanary',
              timeBasedCanary: { canaryPercentage: first, canaryInterval: shift.intervalMinutes },
            }
          : {
              type: 'TimeBasedLinear',
              timeBasedLinear: { linearPercentage: first, linearInterval: shift.intervalMinutes },
            },
    }).ref;
  }
}
