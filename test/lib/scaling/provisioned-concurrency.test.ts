import { Duration, Lazy } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Scaling, ServerlessInference } from '../../../lib';
import { tinyModel } from '../../fakes/models';
import { deafAlarms, unpublishedMetrics } from '../../helpers/published-metrics';
import { ofType, only, plain, testStack } from '../../helpers/synth';

function deployed(scaling?: Scaling) {
  const stack = testStack();
  const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel(), scaling });
  return { stack, inference, template: plain(stack) };
}

const alias = (template: ReturnType<typeof plain>) => only(template, 'AWS::Lambda::Alias').Properties!;

test('by default nothing is provisioned, and no alarm watches what is not there', () => {
  const { template, stack } = deployed();
  expect(alias(template).ProvisionedConcurrencyConfig).toBeUndefined();
  Template.fromStack(stack).resourceCountIs('AWS::ApplicationAutoScaling::ScalableTarget', 0);
  expect(JSON.stringify(template)).not.toContain('ProvisionedConcurrency"');
  expect(Object.keys(template.Resources).filter((id) => /Spillover/.test(id))).toEqual([]);
});

test('a fixed number is stated by the alias', () => {
  const { template, stack, inference } = deployed(Scaling.provisionedConcurrency({ min: 3 }));
  expect(alias(template).ProvisionedConcurrencyConfig).toEqual({ ProvisionedConcurrentExecutions: 3 });
  Template.fromStack(stack).resourceCountIs('AWS::ApplicationAutoScaling::ScalableTarget', 0);
  expect(inference.rolloutPlan.notes).toEqual(
    expect.arrayContaining([expect.stringContaining('in separate deployments')]),
  );
});

test('a range is tracked, and the alias states no number that a deployment would reset', () => {
  const { template, stack, inference } = deployed(Scaling.provisionedConcurrency({ min: 2, max: 10 }));
  expect(alias(template).ProvisionedConcurrencyConfig).toBeUndefined();
  Template.fromStack(stack).hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
    MinCapacity: 2,
    MaxCapacity: 10,
    ServiceNamespace: 'lambda',
    ScalableDimension: 'lambda:function:ProvisionedConcurrency',
    ScheduledActions: Match.absent(),
  });
  Template.fromStack(stack).hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      PredefinedMetricSpecification: { PredefinedMetricType: 'LambdaProvisionedConcurrencyUtilization' },
      TargetValue: 0.7,
      ScaleInCooldown: Match.absent(),
    },
  });
  expect(inference.rolloutPlan.notes).toEqual(expect.arrayContaining([expect.stringContaining('scaling pauses')]));
});

test('target, pause and schedules are as asked', () => {
  const { stack } = deployed(
    Scaling.provisionedConcurrency({
      min: 2,
      max: 10,
      targetUtilization: 0.5,
      scaleInCooldown: Duration.minutes(9),
      schedules: {
        day: { schedule: Schedule.cron({ hour: '7', minute: '0' }), min: 5, max: 10 },
        night: { schedule: Schedule.cron({ hour: '20', minute: '0' }), min: 0, max: 0 },
      },
    }),
  );
  Template.fromStack(stack).hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
    ScheduledActions: [
      {
        ScheduledActionName: 'day',
        Schedule: 'cron(0 7 * * ? *)',
        ScalableTargetAction: { MinCapacity: 5, MaxCapacity: 10 },
      },
      {
        ScheduledActionName: 'night',
        Schedule: 'cron(0 20 * * ? *)',
        ScalableTargetAction: { MinCapacity: 0, MaxCapacity: 0 },
      },
    ],
  });
  Template.fromStack(stack).hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
    TargetTrackingScalingPolicyConfiguration: { TargetValue: 0.5, ScaleInCooldown: 540 },
  });
});

test('a fixed number with schedules needs a range, so the alias states none', () => {
  const { template } = deployed(
    Scaling.provisionedConcurrency({
      min: 2,
      schedules: { night: { schedule: Schedule.cron({ hour: '20', minute: '0' }), min: 0, max: 0 } },
    }),
  );
  expect(alias(template).ProvisionedConcurrencyConfig).toBeUndefined();
  expect(ofType(template, 'AWS::ApplicationAutoScaling::ScalableTarget')).toHaveLength(1);
});

test('requests that find none free are watched then, on a metric that exists', () => {
  const { template } = deployed(Scaling.provisionedConcurrency({ min: 2 }));
  expect(Object.keys(template.Resources).filter((id) => /Spillover/.test(id))).toHaveLength(1);
  expect(unpublishedMetrics(template)).toEqual([]);
  expect(deafAlarms(template)).toEqual([]);
});

test('numbers may come from parameters', () => {
  const { template } = deployed(Scaling.provisionedConcurrency({ min: Lazy.number({ produce: () => 4 }) }));
  expect(alias(template).ProvisionedConcurrencyConfig).toEqual({ ProvisionedConcurrentExecutions: 4 });
  const range = deployed(
    Scaling.provisionedConcurrency({ min: Lazy.number({ produce: () => 4 }), max: Lazy.number({ produce: () => 6 }) }),
  ).template;
  expect(only(range, 'AWS::ApplicationAutoScaling::ScalableTarget').Properties).toMatchObject({
    MinCapacity: 4,
    MaxCapacity: 6,
  });
});
