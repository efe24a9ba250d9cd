/* eslint-disable @typescript-eslint/no-unsafe-member-access -- templates are read as plain data */
import { Duration, Size } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { RolloutSettingsOptions } from '../../../lambda/rollout/contract';
import type { VariantDescription } from '../../../lambda/rollout-target/contract';
import {
  ApiAuthorization,
  Capacity,
  InferenceApi,
  InstanceType,
  type RealtimeEndpointProps,
  Rollout,
  RolloutMetric,
  Scaling,
} from '../../../lib';
import { EndpointUnderTest, instances, refusal } from '../../fakes/endpoints';
import { tinyModel } from '../../fakes/models';
import { alarmMetrics, dashboardMetrics } from '../../helpers/published-metrics';
import { identityStatements } from '../../helpers/statements';
import { comesAfter, named, ofType, only, plain, references, strings, testStack } from '../../helpers/synth';

const STAGED = Rollout.staged();

const staged = (props: Partial<RealtimeEndpointProps> = {}, stack = testStack()) =>
  new EndpointUnderTest({ rollout: STAGED, ...props }, stack);
const target = (under: EndpointUnderTest) =>
  JSON.parse(under.of('StagedRollout/Function').Environment.Variables.ROLLOUT_TARGET as string) as VariantDescription;
const statements = (under: EndpointUnderTest) =>
  identityStatements(under.template).filter(({ owner }) => owner.startsWith('ChatStagedRolloutRole'));

test('the template has no endpoint: a controller makes it from the configuration, which is the version', () => {
  const under = staged();
  const { template } = under;
  expect(ofType(template, 'AWS::SageMaker::Endpoint')).toEqual([]);
  expect(ofType(template, 'Custom::EndpointDeploymentCheck')).toEqual([]);
  const { version, target: key } = only(template, 'Custom::StagedRollout').Properties!;
  expect(version).toEqual({ 'Fn::GetAtt': [under.at('Config').id, 'EndpointConfigName'] });
  expect(key).toBe(under.endpoint.endpointName);
  expect(under.endpoint.rolloutController).toBeDefined();
  expect(under.endpoint.rollbackAlarms).toEqual([]);
});

test('models and configurations outlive their replacement: the old ones are gone back to', () => {
  const under = staged();
  for (const path of ['Config', 'Variants/AllTraffic/Model']) {
    expect(under.at(path)).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  }
  const native = new EndpointUnderTest();
  expect(native.at('Config').UpdateReplacePolicy).toBeUndefined();
});

test('alarms and graphs are of both variants by which it may serve', () => {
  const under = staged({ alarms: { noTrafficFor: Duration.hours(1) } });
  const dimension = (name: string) => ({ Name: 'VariantName', Value: name });
  const watched = (name: string) =>
    ofType(under.template, 'AWS::CloudWatch::Alarm').filter(([, { Properties }]) =>
      JSON.stringify(Properties).includes(JSON.stringify(dimension(name))),
    );
  // Silence is that of both, and one alarm.
  expect(watched('AllTraffic').length).toBe(watched('AllTraffic-2').length);
  const silence = ofType(under.template, 'AWS::CloudWatch::Alarm').filter(([id]) => id.includes('NoTraffic'));
  expect(silence).toHaveLength(1);
  expect(strings(silence[0][1].Properties)).toEqual(expect.arrayContaining(['AllTraffic', 'AllTraffic-2']));
  const [[, dashboard]] = ofType(under.template, 'AWS::CloudWatch::Dashboard');
  expect(strings(dashboard).join()).toContain('AllTraffic-2: latency');
});

test.each([
  ['deployed first', 0],
  ['promoted once', 1],
  ['promoted twice', 2],
])('what serves after it was %s is watched, drawn and scaled as a native endpoint is', (_, promotions) => {
  const props = {
    capacity: instances(InstanceType.M5_LARGE, 2, 6),
    alarms: { noTrafficFor: Duration.hours(1) },
  };
  const under = staged(props);
  const serving = target(under).variantNames[promotions % 2];
  const watched = (of: EndpointUnderTest, variant: string) =>
    [...alarmMetrics(of.template), ...dashboardMetrics(of.template)]
      .filter(({ dimensions }) => dimensions.VariantName === variant && dimensions.EndpointConfigName === undefined)
      .map(({ namespace, name, statistic }) => `${namespace} ${name} ${statistic}`)
      .sort();
  const native = watched(new EndpointUnderTest(props), 'AllTraffic');
  expect(native.length).toBeGreaterThan(20);
  expect(watched(under, serving)).toEqual(native);
  expect(target(under).scaling).toMatchObject({ min: 2, max: 6 });
});

test('requests, failures, slow and refused ones are counted by variant, times in microseconds', () => {
  const under = staged({ alarms: { maxLatency: Duration.millis(800) } });
  const { requests, bad, variantNames } = target(under);
  expect(variantNames).toEqual(['AllTraffic', 'AllTraffic-2']);
  expect(
    [requests, ...bad].map(({ parts: [{ metricName, statistic, versionDimension }] }) => [
      metricName,
      statistic,
      versionDimension,
    ]),
  ).toEqual([
    ['Invocations', 'Sum', 'VariantName'],
    ['Invocation5XXErrors', 'Sum', 'VariantName'],
    ['ModelLatency', 'TC(800000:)', 'VariantName'],
    ['Invocation4XXErrors', 'Sum', 'VariantName'],
  ]);
  const settings = JSON.parse(
    only(under.template, 'Custom::StagedRollout').Properties!.settings as string,
  ) as RolloutSettingsOptions;
  // A variant has no traffic of its own before it is on the endpoint.
  expect(settings.asked).toBe('staged');
});

test('instances are the controller’s to scale, as they would be natively', () => {
  const under = staged({
    capacity: Capacity.instances({ type: InstanceType.M5_LARGE, min: 2, max: 6, rolloutFloor: 4 }),
    scaling: Scaling.concurrentRequests({
      target: 3,
      scaleInCooldown: Duration.minutes(10),
      schedules: { night: { schedule: appscaling.Schedule.cron({ hour: '22' }), min: 1, max: 2 } },
    }),
  });
  expect(ofType(under.template, 'AWS::ApplicationAutoScaling::ScalableTarget')).toEqual([]);
  expect(ofType(under.template, 'Custom::EndpointScaleOut')).toEqual([]);
  expect(target(under).scaling).toEqual({
    min: 2,
    max: 6,
    floor: 4,
    metric: 'concurrentRequests',
    target: 3,
    scaleInCooldownSeconds: 600,
    schedules: [{ name: 'night', schedule: 'cron(* 22 * * ? *)', min: 1, max: 2 }],
  });
  expect(target(staged()).scaling).toBeUndefined();
});

test('the controller may change this one endpoint, and what was made for it', () => {
  const under = staged({ endpointName: 'Chat-Live' });
  const of = (action: string) =>
    statements(under)
      .filter(({ actions }) => actions.includes(action))
      .flatMap(({ resources }) => resources.map((resource) => strings(resource).join('')));
  expect(of('sagemaker:UpdateEndpointWeightsAndCapacities')).toEqual([expect.stringContaining('endpoint/chat-live')]);
  const removable = of('sagemaker:DeleteEndpointConfig');
  expect(removable).toHaveLength(2);
  expect(removable[0]).toContain('endpoint-config/chat-live-rollout-*');
  expect(removable[1]).toContain(`endpoint-config/${under.at('Config').id.toLowerCase()}-*`);
  expect(of('sagemaker:DeleteModel')).toEqual([
    expect.stringContaining(`model/${under.at('Variants/AllTraffic/Model').id.toLowerCase()}-*`),
  ]);
  expect(
    statements(under)
      .filter(({ resources }) => resources.includes('*'))
      .flatMap(({ actions }) => actions)
      .sort(),
  ).toEqual(['cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData', 'sagemaker:ListEndpointConfigs']);
});

test('a key of one’s own may be used for what the controller makes', () => {
  const stack = testStack();
  const under = staged({ encryptionKey: new kms.Key(stack, 'Key') }, stack);
  expect(statements(under).some(({ actions }) => actions.includes('kms:CreateGrant'))).toBe(true);
});

test.each<[string, Partial<RealtimeEndpointProps>, string]>([
  [
    'serverless capacity',
    { capacity: Capacity.serverless({ memory: Size.gibibytes(2), maxConcurrency: 5 }), model: tinyModel() },
    "'rollout' is staged, and a serverless endpoint has room for one variant",
  ],
  [
    'counts that it does not publish',
    { rollout: Rollout.staged({ analysis: { metrics: [RolloutMetric.quarantinedRecords()] } }) },
    'which this deployment does not publish: use one of RolloutMetric.slowAnswers(), RolloutMetric.failures(), RolloutMetric.refusedRequests()',
  ],
])('refuses %s', (_, props, message) => {
  expect(refusal({ rollout: STAGED, ...props })).toContain(message);
});

test('refuses a second variant: the two of the rollout share all traffic', () => {
  const { endpoint } = staged();
  expect(() => endpoint.addVariant('challenger', { model: tinyModel(), capacity: instances() })).toThrow(
    "'rollout' is staged, and the endpoint has 2 variants",
  );
});

test('the health of an API in front names no version: another one may serve', () => {
  const health = (rollout?: Rollout) => {
    const stack = testStack();
    const { endpoint } = new EndpointUnderTest(
      { rollout, timeout: Duration.seconds(20), model: tinyModel({ version: '9.9.9' }) },
      stack,
    );
    new InferenceApi(stack, 'Api', { inference: endpoint, authorization: ApiAuthorization.iam() });
    return strings(named(plain(stack), /^ApihealthGET/).Properties).join();
  };
  expect(health()).toContain('9.9.9');
  expect(health(STAGED)).not.toContain('9.9.9');
});

test('the endpoint is made after the permissions of its containers, and nothing waits for itself', () => {
  const under = staged();
  const [[id]] = ofType(under.template, 'Custom::StagedRollout');
  expect([...comesAfter(under.template, id)].some((each) => each.startsWith('ChatRole'))).toBe(true);
  const circles = Object.keys(under.template.Resources).filter((each) => comesAfter(under.template, each).has(each));
  expect(circles).toEqual([]);
  expect(references(under.template.Resources[id].Properties).length).toBeGreaterThan(3);
});
