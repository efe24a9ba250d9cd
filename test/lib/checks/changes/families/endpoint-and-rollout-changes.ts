/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import { family as endpoints } from '../../rules/families/endpoints-and-alarms';
import { type ChangeFamily, type Danger, rename } from '../change-family';

const endpoint = (t: any) => t.Resources.Endpoint?.Properties;
const deployment = (t: any) => endpoint(t).DeploymentConfig;
const variant = (t: any, index = 0) => t.Resources.Config?.Properties.ProductionVariants[index];

/** A new version as the CDK makes it: another configuration with another logical id. */
function newModel(t: any): void {
  t.Resources.Model.Properties.ExecutionRoleArn = 'arn:aws:iam::111122223333:role/new';
  rename(t, 'Config', 'Config2');
}

/** Instances that may run day and night. */
function unscaled(t: any): void {
  variant(t).InstanceType = 'ml.m5.large';
  delete t.Resources.Instances;
  delete t.Resources.FollowsRequests;
}

/** Without guardrails: the alarm has something else to do. */
function unguarded(t: any): void {
  delete endpoint(t).DeploymentConfig;
  t.Resources.NewFleet.Properties.AlarmActions = [{ Ref: 'Topic' }];
}

function renamedVariant(t: any): void {
  variant(t).VariantName = 'other';
  t.Resources.NewFleet.Properties.Dimensions[1].Value = 'other';
}

const linear = (t: any): void => {
  deployment(t).BlueGreenUpdatePolicy.TrafficRoutingConfiguration = {
    Type: 'LINEAR',
    WaitIntervalInSeconds: 300,
    LinearStepSize: { Type: 'CAPACITY_PERCENT', Value: 25 },
  };
};

const dangers: Readonly<Record<string, Danger>> = {
  'change-variant-renamed': {
    before: unscaled,
    change: renamedVariant,
    unknown: (t, value) => (variant(t).VariantName = value),
    harmless: {
      'a new model': newModel,
      'another weight': (t) => (variant(t).InitialVariantWeight = 2),
    },
  },
  'change-scaled-variant-removed': {
    before: unguarded,
    change: (t) => {
      renamedVariant(t);
      t.Resources.Instances.Properties.ResourceId = 'endpoint/chat/variant/other';
    },
    unknown: (t, value) => (variant(t).VariantName = value),
    harmless: {
      'a new model': newModel,
      'other limits of scaling': (t) => (t.Resources.Instances.Properties.MaxCapacity = 9),
      'a second variant': (t) =>
        t.Resources.Config.Properties.ProductionVariants.push({
          VariantName: 'second',
          InstanceType: 'ml.m5.large',
          InitialInstanceCount: 4,
        }),
    },
  },
  'change-scaled-instance-type': {
    change: (t) => (variant(t).InstanceType = 'ml.g6e.xlarge'),
    unknown: (t, value) => (variant(t).InstanceType = value),
    harmless: {
      'a new model': newModel,
      'another number of instances': (t) => (variant(t).InitialInstanceCount = 5),
    },
  },
  'change-endpoint-to-serverless': {
    before: (t) => {
      unscaled(t);
      unguarded(t);
    },
    change: (t) => {
      t.Resources.Config.Properties.ProductionVariants = [
        { VariantName: 'main', ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 5 } },
      ];
    },
    unknown: (t, value) => (t.Resources.Config.Properties.ProductionVariants = value),
    harmless: {
      'another instance type that is not scaled': (t) => (variant(t).InstanceType = 'ml.m5.xlarge'),
    },
  },
  'change-endpoint-replaced': {
    before: (t) => {
      unscaled(t);
      t.Resources.NewFleet.Properties.Dimensions[0].Value = { 'Fn::GetAtt': ['Endpoint', 'EndpointName'] };
    },
    change: (t) => (endpoint(t).EndpointName = 'talk'),
    unknown: (t, value) => (endpoint(t).EndpointName = value),
    harmless: {
      tags: (t) => (endpoint(t).Tags = [{ Key: 'team', Value: 'chat' }]),
    },
  },
  'change-endpoint-deleted': {
    before: (t) => {
      unscaled(t);
      unguarded(t);
      delete endpoint(t).EndpointName;
      t.Resources.NewFleet.Properties.Dimensions[0].Value = { 'Fn::GetAtt': ['Endpoint', 'EndpointName'] };
    },
    change: (t) => rename(t, 'Endpoint', 'Endpoint2'),
    unknown: (t, value) => {
      if (t.Resources.Endpoint !== undefined) {
        t.Resources.Endpoint.DeletionPolicy = value;
      }
    },
    harmless: {
      'another endpoint beside it': (t) => {
        t.Resources.Second = {
          Type: 'AWS::SageMaker::Endpoint',
          Properties: { EndpointConfigName: { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] } },
        };
      },
    },
  },
  'change-rollout-kind': {
    change: (t) => {
      linear(t);
      newModel(t);
    },
    unknown: (t, value) => (deployment(t).BlueGreenUpdatePolicy.TrafficRoutingConfiguration.Type = value),
    harmless: {
      'another kind of rollout alone': linear,
      'other waits with a new model': (t) => {
        deployment(t).BlueGreenUpdatePolicy.TerminationWaitInSeconds = 900;
        newModel(t);
      },
    },
  },
  'change-endpoint-rollout-removed': {
    change: unguarded,
    unknown: (t, value) => (endpoint(t).DeploymentConfig = value),
    harmless: {
      'a shorter bake': (t) => (deployment(t).BlueGreenUpdatePolicy.TerminationWaitInSeconds = 300),
    },
  },
  'change-rollback-alarm-removed': {
    before: (t) => {
      t.Resources.Failing = structuredClone(t.Resources.NewFleet);
      Object.assign(t.Resources.Failing.Properties, {
        MetricName: 'Invocation5XXErrors',
        Statistic: 'Sum',
        ExtendedStatistic: undefined,
        Threshold: 1,
        AlarmActions: [{ Ref: 'Topic' }],
      });
      deployment(t).AutoRollbackConfiguration.Alarms.push({ AlarmName: { Ref: 'Failing' } });
    },
    change: (t) => deployment(t).AutoRollbackConfiguration.Alarms.pop(),
    unknown: (t, value) => (deployment(t).AutoRollbackConfiguration.Alarms[0] = value),
    harmless: {
      'one more alarm': (t) => deployment(t).AutoRollbackConfiguration.Alarms.push({ AlarmName: 'mine' }),
      'the same alarm under another logical id': (t) => rename(t, 'Failing', 'Failing2'),
      'other limits of an alarm': (t) => (t.Resources.Failing.Properties.Threshold = 2),
      'another order': (t) => deployment(t).AutoRollbackConfiguration.Alarms.reverse(),
    },
  },
};

/** Endpoints, and how they are updated. */
export const family: ChangeFamily = { correct: endpoints.correct, dangers };
