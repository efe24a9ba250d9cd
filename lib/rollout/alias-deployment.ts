import { CfnDeletionPolicy, RemovalPolicy } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Model } from '../model/model';
import { renewWithVersion } from '../private/derived-id';
import type { LogOptions } from '../private/log-group';
import { bindProvisionedConcurrency } from '../scaling/provisioned-concurrency';
import type { Scaling } from '../scaling/scaling';
import { AliasRollout } from './alias-rollout';
import type { PublishedCounts } from './published-counts';
import type { Rollout } from './rollout';
import { type RolloutPlan, renderPlan, ROLLOUT_PLAN_METADATA } from './rollout-plan';
import type { StagedController } from './staged-controller';

/** What the alias of a deployment, and its rollout, are made of. */
export interface AliasDeploymentProps {
  readonly aliasName: string;
  readonly model: Model;
  readonly version: lambda.IVersion;
  /** Whether the function goes with the stack. */
  readonly ownFunction: boolean;
  readonly rollout: Rollout;
  readonly scaling?: Scaling;
  readonly logs: LogOptions;
  /** Alarms that watch the new version alone, for a rollout that a service makes. */
  readonly newVersionAlarms: () => readonly cloudwatch.Alarm[];
  /** Counts by which versions are compared, for a rollout in stages. */
  readonly counts: () => PublishedCounts;
  /** Limits of the pattern, for the plan. */
  readonly notes: readonly string[];
}

/** An alias, and what shifts its traffic to each new version. */
export interface AliasDeployment {
  readonly alias: lambda.IAlias;
  /** Whether environments are provisioned. */
  readonly provisioned: boolean;
  readonly rollbackAlarms: cloudwatch.Alarm[];
  readonly plan: RolloutPlan;
  readonly smokeTest?: lambda.IFunction;
  readonly deploymentGroupName?: string;
  readonly controller?: StagedController;
}

/** Makes the alias, in whichever way its rollout wants to own it. */
export function deployAlias(scope: Construct, props: AliasDeploymentProps): AliasDeployment {
  const staged = props.rollout._staged;
  if (staged === undefined) {
    return deployByCodeDeploy(scope, props);
  }
  // Loaded when there is one: an app that has none does not wait for it.
  const { deployInStages } = require('./staged-alias-rollout') as typeof import('./staged-alias-rollout');
  const deployment = deployInStages(scope, staged, props);
  scope.node.addMetadata(ROLLOUT_PLAN_METADATA, renderPlan(deployment.plan));
  return deployment;
}

function deployByCodeDeploy(scope: Construct, props: AliasDeploymentProps): AliasDeployment {
  const { aliasName, model, version, rollout, logs } = props;
  const alias = new lambda.Alias(scope, 'Alias', { aliasName, version });
  if (props.ownFunction) {
    // It goes with its function. A deployment that moves to a staged rollout leaves it to that, with all its callers; one that is replaced
    // by another name is not kept.
    alias.applyRemovalPolicy(RemovalPolicy.RETAIN);
    (alias.node.defaultChild as lambda.CfnAlias).cfnOptions.updateReplacePolicy = CfnDeletionPolicy.DELETE;
  }
  const provisioned = bindProvisionedConcurrency(alias, props.scaling);
  const rollbackAlarms = [...props.newVersionAlarms()];
  rollbackAlarms.forEach((alarm) =>
    renewWithVersion(
      alarm.node.defaultChild as cloudwatch.CfnAlarm,
      version.node.defaultChild as lambda.CfnVersion | undefined,
    ),
  );
  const { plan, smokeTest, deploymentGroup } = new AliasRollout(scope, 'Rollout', {
    rollout,
    model,
    alias,
    version,
    newVersionAlarms: rollbackAlarms,
    logs,
    notes: [...provisioned.notes, ...props.notes],
  });
  return {
    alias,
    provisioned: provisioned.enabled,
    rollbackAlarms,
    plan,
    smokeTest,
    deploymentGroupName: deploymentGroup.ref,
  };
}
