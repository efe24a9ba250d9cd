import { Duration, Lazy, TimeZone } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import { Capacity, InstanceType, Scaling, ServingAccelerator } from '../../../lib';
import { containerModel, EndpointUnderTest, instances, refusal } from '../../fakes/endpoints';
import { ofType } from '../../helpers/synth';

const GPU = containerModel({ accelerator: ServingAccelerator.GPU });
const token = Lazy.number({ produce: () => 60 });
const scaled = (scaling?: Scaling, type = InstanceType.M5_LARGE) =>
  new EndpointUnderTest({ ...modelFor(type), capacity: instances(type, 2, 8), scaling });
const modelFor = (type: InstanceType) => ({ model: type.spec?.gpuMemory === undefined ? containerModel() : GPU });
const policy = (under: EndpointUnderTest) =>
  under.of('Variants/AllTraffic/ScalingPolicy').TargetTrackingScalingPolicyConfiguration as Record<string, unknown>;
const night = Schedule.cron({ hour: '20', minute: '0' });

test('a capacity with room follows the requests at a time', () => {
  const under = scaled();
  expect(under.of('Variants/AllTraffic/ScalableTarget')).toEqual({
    ServiceNamespace: 'sagemaker',
    ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
    ResourceId: `endpoint/${under.endpoint.endpointName}/variant/AllTraffic`,
    MinCapacity: 2,
    MaxCapacity: 8,
    ScheduledActions: [],
  });
  expect(under.of('Variants/AllTraffic/ScalingPolicy')).toMatchObject({
    PolicyName: `${under.endpoint.endpointName}-AllTraffic-concurrentRequests`,
    PolicyType: 'TargetTrackingScaling',
    ScalingTargetId: { Ref: under.at('Variants/AllTraffic/ScalableTarget').id },
  });
  expect(policy(under)).toEqual({
    TargetValue: 5,
    PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantConcurrentRequestsPerModelHighResolution' },
  });
});

test('a fixed capacity is not scaled', () => {
  const { template } = new EndpointUnderTest();
  expect(ofType(template, 'AWS::ApplicationAutoScaling::ScalableTarget')).toEqual([]);
});

test('by invocations per instance, with pauses of yours', () => {
  const scaling = Scaling.invocationsPerInstance({
    target: 700,
    scaleInCooldown: Duration.minutes(10),
    scaleOutCooldown: Duration.minutes(1),
  });
  expect(policy(scaled(scaling))).toEqual({
    TargetValue: 700,
    PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
    ScaleInCooldown: 600,
    ScaleOutCooldown: 60,
  });
});

test.each([
  [InstanceType.G5_2XLARGE, 60],
  [InstanceType.G5_12XLARGE, 240],
  [InstanceType.P5_48XLARGE, 480],
])('60 % of each GPU of %p is a target of %p: SageMaker publishes the sum', (type, target) => {
  const under = scaled(Scaling.gpuUtilization({ percent: 60 }), type);
  expect(policy(under)).toEqual({
    TargetValue: target,
    CustomizedMetricSpecification: {
      Namespace: '/aws/sagemaker/Endpoints',
      MetricName: 'GPUUtilization',
      Statistic: 'Average',
      Dimensions: [
        { Name: 'EndpointName', Value: under.endpoint.endpointName },
        { Name: 'VariantName', Value: 'AllTraffic' },
      ],
    },
  });
});

test('by a schedule, in its time zone', () => {
  const scaling = Scaling.concurrentRequests({
    target: 5,
    schedules: { night: { schedule: night, timeZone: TimeZone.EUROPE_BERLIN, min: 1, max: 2 } },
  });
  expect(scaled(scaling).of('Variants/AllTraffic/ScalableTarget').ScheduledActions).toEqual([
    {
      ScheduledActionName: 'night',
      Schedule: 'cron(0 20 * * ? *)',
      Timezone: 'Europe/Berlin',
      ScalableTargetAction: { MinCapacity: 1, MaxCapacity: 2 },
    },
  ]);
});

test('a schedule is a reason to scale a fixed capacity', () => {
  const schedules = { night: { schedule: night, min: 1, max: 1 } };
  expect(refusal({ scaling: Scaling.concurrentRequests({ target: 5, schedules }) })).toBe('');
  expect(refusal({ scaling: Scaling.concurrentRequests({ target: 5 }) })).toMatch(
    /larger 'max'.*scaling-nothing-to-scale/,
  );
});

test('scaling of another mode is refused, with those of this one', () => {
  expect(refusal({ scaling: Scaling.provisionedConcurrency({ min: 1 }) })).toMatch(
    /provisioned concurrency on AWS Lambda, and this endpoint runs on instances: use Scaling.concurrentRequests, Scaling.invocationsPerInstance or Scaling.gpuUtilization.*scaling-other-mode/,
  );
});

test('utilisation of GPUs needs GPUs, and their number', () => {
  const scaling = Scaling.gpuUtilization({ percent: 60 });
  expect(refusal({ scaling, capacity: instances(InstanceType.M5_LARGE, 1, 2) })).toMatch(
    /the instances have none.*scaling-no-gpu/,
  );
  const later = InstanceType.of(Lazy.string({ produce: () => 'ml.g5.xlarge' }));
  expect(refusal({ scaling, capacity: instances(later, 1, 2) })).toMatch(/scaling-unknown-gpus/);
});

test('what is known only at deployment passes', () => {
  const inTokens = (max: number) =>
    new EndpointUnderTest({ capacity: Capacity.instances({ type: InstanceType.M5_LARGE, min: 1, max }) });
  expect(inTokens(token).of('Variants/AllTraffic/ScalableTarget')).toMatchObject({ MinCapacity: 1, MaxCapacity: 60 });
  expect(policy(scaled(Scaling.concurrentRequests({ target: token }))).TargetValue).toBe(60);
  expect(policy(scaled(Scaling.gpuUtilization({ percent: token }), InstanceType.G5_2XLARGE)).TargetValue).toBe(60);
});

test('a share of several GPUs cannot be known only at deployment, which is said: it is multiplied before', () => {
  expect(
    refusal({
      model: GPU,
      capacity: instances(InstanceType.G5_12XLARGE, 1, 2),
      scaling: Scaling.gpuUtilization({ percent: token }),
    }),
  ).toMatch(/'percent' is known only at deployment.*scaling-unknown-target/);
});
