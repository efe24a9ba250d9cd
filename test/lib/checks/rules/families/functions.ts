/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import type { Family, Mistakes } from '../family';

const alias = (template: any) => template.Resources.Live;
const shift = (template: any) => alias(template).UpdatePolicy.CodeDeployLambdaAliasUpdate;
const group = (template: any) => template.Resources.Group.Properties;
const routing = (template: any) => template.Resources.Config.Properties.TrafficRoutingConfig;
const target = (template: any) => template.Resources.Ready.Properties;

/** Without CodeDeploy, and so without what only makes sense with it. */
function byHand(template: any): void {
  delete alias(template).UpdatePolicy;
  delete template.Resources.Group;
  template.Resources.Errors.Properties.AlarmActions = [{ Ref: 'Topic' }];
}

function unscaled(template: any): void {
  delete template.Resources.Ready;
  delete template.Resources.FollowsUse;
}

const weights = { AdditionalVersionWeights: [{ FunctionVersion: '3', FunctionWeight: 0.1 }] };

const mistakes: Mistakes = {
  'codedeploy-no-rollback-on-alarm': (t) => group(t).AutoRollbackConfiguration.Events.pop(),
  'codedeploy-alarms-off': (t) => (group(t).AlarmConfiguration.Enabled = false),
  'codedeploy-alarms-unread': (t) => (group(t).AlarmConfiguration.IgnorePollAlarmFailure = true),
  'codedeploy-no-alarm': (t) => {
    delete group(t).AlarmConfiguration;
    t.Resources.Errors.Properties.AlarmActions = [{ Ref: 'Topic' }];
  },
  'codedeploy-all-at-once': (t) => (group(t).DeploymentConfigName = 'CodeDeployDefault.LambdaAllAtOnce'),
  'codedeploy-alarm-count': (t) =>
    group(t).AlarmConfiguration.Alarms.push(...Array.from({ length: 10 }, (_, index) => ({ Name: `mine-${index}` }))),
  'codedeploy-alarm-arn': (t) => (group(t).AlarmConfiguration.Alarms[0].Name = { 'Fn::GetAtt': ['Errors', 'Arn'] }),
  'codedeploy-alarm-late': (t) => (t.Resources.Errors.Properties.Period = 600),
  'codedeploy-config-unknown': (t) =>
    (group(t).DeploymentConfigName = 'CodeDeployDefault.LambdaLinear10PercentEvery1Minutes'),
  'codedeploy-config-platform': (t) => (t.Resources.Config.Properties.ComputePlatform = 'ECS'),
  'codedeploy-application-platform': (t) => {
    delete t.Resources.Application.Properties.ComputePlatform;
    delete t.Resources.Group.Properties.ApplicationName;
  },
  'codedeploy-group-of-other-application': (t) => {
    t.Resources.Other = { Type: 'AWS::CodeDeploy::Application', Properties: { ComputePlatform: 'Lambda' } };
    shift(t).ApplicationName = { Ref: 'Other' };
  },
  'codedeploy-group-shared': (t) => {
    t.Resources.Beta = { ...alias(t), Properties: { ...alias(t).Properties, Name: 'beta' } };
  },
  'codedeploy-shift-too-long': (t) =>
    (t.Resources.Config.Properties.TrafficRoutingConfig = {
      Type: 'TimeBasedLinear',
      TimeBasedLinear: { LinearPercentage: 1, LinearInterval: 30 },
    }),
  'codedeploy-shift-kind': (t) => (routing(t).Type = 'TimeBasedLinear'),
  'codedeploy-config-fixed-name': (t) => (t.Resources.Config.Properties.DeploymentConfigName = 'slow'),
  'alias-latest-shared': (t) => {
    unscaled(t);
    alias(t).Properties.FunctionVersion = '$LATEST';
  },
  'alias-weights-of-two-owners': (t) => (alias(t).Properties.RoutingConfig = weights),
  'alias-weights-with-provisioned': (t) => {
    byHand(t);
    unscaled(t);
    alias(t).Properties.RoutingConfig = weights;
    alias(t).Properties.ProvisionedConcurrencyConfig = { ProvisionedConcurrentExecutions: 5 };
  },
  'alias-provisioned-latest': (t) => {
    byHand(t);
    unscaled(t);
    alias(t).Properties.FunctionVersion = '$LATEST';
    alias(t).Properties.ProvisionedConcurrencyConfig = { ProvisionedConcurrentExecutions: 5 };
  },
  'alias-provisioned-and-scaled': (t) =>
    (alias(t).Properties.ProvisionedConcurrencyConfig = { ProvisionedConcurrentExecutions: 5 }),
  'alias-scaled-unknown': (t) => (target(t).ResourceId = { 'Fn::Sub': 'function:${Function}:prod' }),
  'alias-version-not-kept': (t) => delete t.Resources.Version.DeletionPolicy,
  'function-reserved-below-provisioned': (t) => {
    unscaled(t);
    alias(t).Properties.ProvisionedConcurrencyConfig = { ProvisionedConcurrentExecutions: 51 };
  },
  'function-called-past-alias': (t) => delete t.Resources.Url.Properties.Qualifier,
};

function correct(): any {
  return {
    Parameters: { RoleArn: { Type: 'String' } },
    Resources: {
      Function: {
        Type: 'AWS::Lambda::Function',
        Properties: { Role: { Ref: 'RoleArn' }, Timeout: 10, ReservedConcurrentExecutions: 50 },
      },
      Version: {
        Type: 'AWS::Lambda::Version',
        DeletionPolicy: 'Retain',
        Properties: { FunctionName: { Ref: 'Function' } },
      },
      Live: {
        Type: 'AWS::Lambda::Alias',
        Properties: {
          Name: 'live',
          FunctionName: { Ref: 'Function' },
          FunctionVersion: { 'Fn::GetAtt': ['Version', 'Version'] },
        },
        UpdatePolicy: {
          CodeDeployLambdaAliasUpdate: {
            ApplicationName: { Ref: 'Application' },
            DeploymentGroupName: { Ref: 'Group' },
          },
        },
      },
      Url: {
        Type: 'AWS::Lambda::Url',
        Properties: { AuthType: 'AWS_IAM', TargetFunctionArn: { Ref: 'Function' }, Qualifier: 'live' },
        DependsOn: 'Live',
      },
      Ready: {
        Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
        Properties: {
          ServiceNamespace: 'lambda',
          ResourceId: { 'Fn::Sub': 'function:${Function}:live' },
          ScalableDimension: 'lambda:function:ProvisionedConcurrency',
          MinCapacity: 1,
          MaxCapacity: 20,
        },
        DependsOn: 'Live',
      },
      FollowsUse: {
        Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
        Properties: {
          PolicyName: 'use',
          PolicyType: 'TargetTrackingScaling',
          ScalingTargetId: { Ref: 'Ready' },
          TargetTrackingScalingPolicyConfiguration: {
            TargetValue: 0.7,
            PredefinedMetricSpecification: { PredefinedMetricType: 'LambdaProvisionedConcurrencyUtilization' },
          },
        },
      },
      Application: { Type: 'AWS::CodeDeploy::Application', Properties: { ComputePlatform: 'Lambda' } },
      Config: {
        Type: 'AWS::CodeDeploy::DeploymentConfig',
        Properties: {
          ComputePlatform: 'Lambda',
          TrafficRoutingConfig: {
            Type: 'TimeBasedCanary',
            TimeBasedCanary: { CanaryPercentage: 10, CanaryInterval: 5 },
          },
        },
      },
      Group: {
        Type: 'AWS::CodeDeploy::DeploymentGroup',
        Properties: {
          ApplicationName: { Ref: 'Application' },
          ServiceRoleArn: { Ref: 'RoleArn' },
          DeploymentConfigName: { Ref: 'Config' },
          DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
          AlarmConfiguration: { Enabled: true, Alarms: [{ Name: { Ref: 'Errors' } }] },
          AutoRollbackConfiguration: {
            Enabled: true,
            Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'],
          },
        },
      },
      Topic: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId: 'alias/alarms' } },
      Errors: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: {
          Namespace: 'AWS/Lambda',
          MetricName: 'Errors',
          Statistic: 'Sum',
          Period: 60,
          EvaluationPeriods: 3,
          DatapointsToAlarm: 1,
          Threshold: 1,
          ComparisonOperator: 'GreaterThanOrEqualToThreshold',
          TreatMissingData: 'notBreaching',
          Dimensions: [
            { Name: 'FunctionName', Value: { Ref: 'Function' } },
            { Name: 'Resource', Value: { 'Fn::Sub': '${Function}:live' } },
          ],
        },
      },
    },
  };
}

/** Aliases of functions, and how CodeDeploy moves them from version to version. */
export const family: Family = { correct, mistakes };
