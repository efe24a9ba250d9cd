import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { AliasDescription, ProvisionedEnvironments } from '../../lambda/rollout-target/contract';
import { refuse } from '../private/errors';
import { provisionedEnvironments } from '../scaling/provisioned-concurrency';
import type { AliasDeployment, AliasDeploymentProps } from './alias-deployment';
import { bindMetric, unpublished } from './published-counts';
import { scalingPermissions } from './scaling-permissions';
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
  // Of other ids than CodeDeploy's: a stack that moves from one to the other makes the new, and has the old one's roles until that is gone.
  const controller = new StagedController(scope, 'StagedRollout', {
    options,
    model,
    target,
    targetArn: `${version.lambda.functionArn}:${aliasName}`,
    version: version.version,
    settings: stagedSettings(options, metrics, {
      delaySeconds: counts.delay.toSeconds(),
      asked: 'published',
      capacity: provisioned,
    }),
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
  const { functionArn, functionName } = version.lambda;
  const versions = `${functionArn}:*`;
  return [
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
    ...scalingPermissions(scope, {
      namespace: 'lambda',
      resourcePrefix: `function:${functionName}:`,
      scaled: provisioned !== undefined,
    }),
  ];
}
