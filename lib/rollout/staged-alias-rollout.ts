import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { AliasDescription, ProvisionedEnvironments } from '../../lambda/rollout-target/contract';
import { refuse } from '../private/errors';
import { provisionedEnvironments } from '../scaling/provisioned-concurrency';
import type { AliasDeployment, AliasDeploymentProps } from './alias-deployment';
import { bindMetric, unpublished } from './published-counts';
import { StagedAlias } from './staged-alias';
import { StagedController } from './staged-controller';
import type { StagedRolloutOptions } from './staged-options';
import { stagedPlan } from './staged-plan';
import { stagedSettings } from './staged-settings';

/** An alias that a controller makes, and brings from version to version. */
export function deployInStages(
  scope: Construct,
  options: StagedRolloutOptions,
  props: AliasDeploymentProps,
): AliasDeployment {
  const { aliasName, model, version, scaling, logs, notes } = props;
  const counts = props.counts();
  const compared = options.analysis?.metrics ?? counts.defaults;
  refuse(scope, unpublished(compared, counts));
  const metrics = compared.map((metric) => bindMetric(metric, counts));
  const functionName = version.lambda.functionName;
  const provisioned = provisionedEnvironments(scaling);
  const target: AliasDescription = {
    kind: 'lambda-alias',
    target: `${functionName}:${aliasName}`,
    functionName,
    aliasName,
    requests: counts.requests,
    bad: metrics.map(({ source }) => source),
    alarms: (options.rollbackAlarms ?? []).map(({ alarmName }) => alarmName),
    provisioned,
  };
  const controller = new StagedController(scope, 'Rollout', {
    options,
    model,
    target,
    targetArn: `${version.lambda.functionArn}:${aliasName}`,
    version: version.version,
    settings: stagedSettings(options, metrics, { delaySeconds: counts.delay.toSeconds(), asked: 'published' }),
    statements: permissions(scope, props, provisioned),
    logs,
  });
  return {
    alias: new StagedAlias(scope, 'Alias', { aliasName, version, controller }),
    provisioned: provisioned !== undefined,
    rollbackAlarms: [],
    plan: stagedPlan(options, {
      model,
      metrics: metrics.map(({ judged }) => judged.name),
      notes: [
        ...(provisioned === undefined
          ? []
          : [
              'both versions have provisioned environments while traffic is split, which are paid for: up to twice the number',
            ]),
        ...notes,
      ],
    }),
    controller,
  };
}

/** What the controller may do: move this one alias, ask its versions, and remove those that no longer serve. Never the function itself. */
function permissions(
  scope: Construct,
  { aliasName, version }: AliasDeploymentProps,
  provisioned: ProvisionedEnvironments | undefined,
): iam.PolicyStatement[] {
  const stack = Stack.of(scope);
  const { functionArn, functionName } = version.lambda;
  const versions = `${functionArn}:*`;
  const statements = [
    new iam.PolicyStatement({
      actions: ['lambda:GetAlias', 'lambda:CreateAlias', 'lambda:UpdateAlias', 'lambda:DeleteAlias'],
      resources: [functionArn, `${functionArn}:${aliasName}`],
    }),
    new iam.PolicyStatement({
      actions: [
        'lambda:InvokeFunction',
        'lambda:DeleteFunction',
        'lambda:GetProvisionedConcurrencyConfig',
        'lambda:DeleteProvisionedConcurrencyConfig',
        ...(provisioned === undefined ? [] : ['lambda:PutProvisionedConcurrencyConfig']),
      ],
      resources: [versions],
    }),
    // Always: scaling that is taken out of the props is to be taken from the versions that have it.
    new iam.PolicyStatement({
      actions: [
        'application-autoscaling:DeregisterScalableTarget',
        ...(provisioned === undefined
          ? []
          : [
              'application-autoscaling:RegisterScalableTarget',
              'application-autoscaling:PutScalingPolicy',
              'application-autoscaling:PutScheduledAction',
            ]),
      ],
      resources: [
        stack.formatArn({ service: 'application-autoscaling', resource: 'scalable-target', resourceName: '*' }),
      ],
      conditions: { StringEquals: { 'application-autoscaling:service-namespace': 'lambda' } },
    }),
  ];
  if (provisioned !== undefined) {
    statements.push(
      // Scaling by utilization has alarms of its own, made in the name of whoever asks for it.
      new iam.PolicyStatement({
        actions: ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms'],
        resources: [
          stack.formatArn({
            service: 'cloudwatch',
            resource: 'alarm',
            resourceName: `TargetTracking-function:${functionName}:*`,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
      }),
      new iam.PolicyStatement({
        actions: ['iam:CreateServiceLinkedRole'],
        resources: [
          stack.formatArn({
            service: 'iam',
            region: '',
            resource: 'role',
            resourceName:
              'aws-service-role/lambda.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency',
          }),
        ],
        conditions: { StringEquals: { 'iam:AWSServiceName': 'lambda.application-autoscaling.amazonaws.com' } },
      }),
    );
  }
  return statements;
}
