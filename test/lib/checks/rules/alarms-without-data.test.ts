/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- templates are read as plain data */
import { family } from './families/alarms-without-data';
import { foundIds, messagesOf } from './found-ids';

const { correct } = family;

function withAlarm(changes: Record<string, unknown>, more: Record<string, unknown> = {}): any {
  const template = correct();
  Object.assign(template.Resources.Gpus.Properties, changes);
  Object.assign(template.Resources, more);
  template.Parameters = { Any: { Type: 'String' } };
  return template;
}

const dimensions = (values: Record<string, unknown>) =>
  Object.entries(values).map(([Name, Value]) => ({ Name, Value }));

test('a threshold is too low for four GPUs up to 100, and unreachable from 400 on', () => {
  const found = (threshold: number, operator = 'GreaterThanThreshold') =>
    foundIds(withAlarm({ Threshold: threshold, ComparisonOperator: operator }));
  expect(found(100)).toEqual(['alarm-utilization-scale']);
  expect(found(101)).toEqual([]);
  expect(found(399)).toEqual([]);
  expect(found(400)).toEqual(['alarm-utilization-unreachable']);
  expect(found(400, 'GreaterThanOrEqualToThreshold')).toEqual([]);
  expect(found(401, 'GreaterThanOrEqualToThreshold')).toEqual(['alarm-utilization-unreachable']);
  expect(found(20, 'LessThanThreshold')).toEqual([]);
});

test('a threshold that is more than half of the sum is meant', () => {
  const template = withAlarm({ MetricName: 'CPUUtilization', Threshold: 100 });
  template.Resources.Config.Properties.ProductionVariants[0].InstanceType = 'ml.m7i.large';
  expect(foundIds(template)).toEqual([]);
  template.Resources.Gpus.Properties.Threshold = 99;
  expect(messagesOf('alarm-utilization-scale', template)).toEqual([
    "'CPUUtilization' of ml.m7i.large goes up to 200, the sum of its 2 processors; 99 is 49.5 % of them",
  ]);
});

test('a type that the catalogue does not know, and a threshold that the deployment knows, are not judged', () => {
  const template = withAlarm({ Threshold: 85 });
  template.Resources.Config.Properties.ProductionVariants[0].InstanceType = { Ref: 'Any' };
  expect(foundIds(template)).toEqual([]);
  expect(foundIds(withAlarm({ Threshold: { Ref: 'Any' } }))).toEqual([]);
});

describe('a metric that has to be switched on', () => {
  const lag = { Namespace: 'AWS/Kinesis', MetricName: 'IteratorAgeMilliseconds', Threshold: 60_000 };
  const ofShard = { ...lag, Dimensions: dimensions({ StreamName: { Ref: 'Events' }, ShardId: 'shardId-0' }) };
  const stream = (metrics?: unknown) => ({
    Events: {
      Type: 'AWS::Kinesis::Stream',
      Properties: {
        StreamModeDetails: { StreamMode: 'ON_DEMAND' },
        StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
        DesiredShardLevelMetrics: metrics,
      },
    },
  });

  test('is one of a shard', () => {
    expect(foundIds(withAlarm(ofShard, stream()))).toEqual(['alarm-metric-off']);
    expect(foundIds(withAlarm(ofShard, stream(['IncomingBytes'])))).toEqual(['alarm-metric-off']);
    expect(foundIds(withAlarm(ofShard, stream(['IteratorAgeMilliseconds'])))).toEqual([]);
    expect(foundIds(withAlarm(ofShard, stream(['ALL'])))).toEqual([]);
    expect(foundIds(withAlarm(ofShard, stream({ Ref: 'Any' })))).toEqual([]);
    expect(foundIds(withAlarm(ofShard, stream([{ Ref: 'Any' }])))).toEqual([]);
  });

  test('is one of a mapping', () => {
    const ofMapping = {
      Namespace: 'AWS/Lambda',
      MetricName: 'DroppedEventCount',
      Dimensions: dimensions({ EventSourceMappingUUID: { Ref: 'Reads' } }),
    };
    const messages = (config?: unknown) =>
      messagesOf(
        'alarm-metric-off',
        withAlarm(ofMapping, {
          Reads: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { MetricsConfig: config } },
        }),
      );
    expect(messages()).toEqual([
      "AWS/Lambda publishes 'DroppedEventCount' by (EventSourceMappingUUID) only with EventCount in MetricsConfig.Metrics of 'Reads'",
    ]);
    expect(messages({ Metrics: ['EventCount'] })).toEqual([]);
    expect(messages({ Ref: 'Any' })).toEqual([]);
  });

  test('is one of a route of an HTTP API', () => {
    const ofRoute = {
      Namespace: 'AWS/ApiGateway',
      MetricName: '5xx',
      Dimensions: dimensions({ ApiId: { Ref: 'Http' }, Stage: '$default', Method: 'POST', Resource: '/predict' }),
    };
    const messages = (settings?: unknown, stage: Record<string, unknown> = {}) =>
      messagesOf(
        'alarm-metric-off',
        withAlarm(ofRoute, {
          Http: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'chat', ProtocolType: 'HTTP' } },
          HttpStage: {
            Type: 'AWS::ApiGatewayV2::Stage',
            Properties: { ApiId: { Ref: 'Http' }, StageName: '$default', DefaultRouteSettings: settings, ...stage },
          },
        }),
      );
    expect(messages()).toEqual([
      "AWS/ApiGateway publishes '5xx' by (ApiId, Stage, Method, Resource) only with DetailedMetricsEnabled in DefaultRouteSettings of 'HttpStage'",
    ]);
    expect(messages({ DetailedMetricsEnabled: false })).toHaveLength(1);
    expect(messages({ DetailedMetricsEnabled: true })).toEqual([]);
    expect(messages({ DetailedMetricsEnabled: { Ref: 'Any' } })).toEqual([]);
    expect(messages({}, { RouteSettings: { 'POST /predict': { DetailedMetricsEnabled: true } } })).toEqual([]);
    expect(messages({}, { StageName: 'live' })).toEqual([]);
    expect(messages({}, { ApiId: 'another' })).toEqual([]);
  });

  test('is one of a method of a REST API, whose stage is known by its name', () => {
    const messages = (settings: unknown, stage: unknown = 'live', apiName = 'chat') => {
      const template = correct();
      template.Parameters = { Any: { Type: 'String' } };
      template.Resources.Stage.Properties.MethodSettings = settings;
      const [api, name] = template.Resources.Failures.Properties.Dimensions;
      [api.Value, name.Value] = [apiName, stage];
      return messagesOf('alarm-metric-off', template);
    };
    expect(messages([{ MetricsEnabled: false }])).toHaveLength(1);
    expect(messages(undefined)).toHaveLength(1);
    expect(messages([{}, { MetricsEnabled: 'true' }])).toEqual([]);
    expect(messages([{ Ref: 'Any' }])).toEqual([]);
    expect(messages({ Ref: 'Any' })).toEqual([]);
    expect(messages(undefined, 'other')).toEqual([]);
    expect(messages(undefined, 'live', 'other')).toEqual([]);
  });
});
