/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import { Duration, type Stack } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import { Predictor, RealtimeEndpoint, Scaling, type StreamingInferenceProps, StreamSource } from '../../../lib';
import { containerModel } from '../../fakes/endpoints';
import { tinyModel } from '../../fakes/models';
import { evaluate } from '../../helpers/metric-math';
import { deafAlarms, unpublishedMetrics } from '../../helpers/published-metrics';
import { named, ofType, references, testStack } from '../../helpers/synth';
import { deployed, type Given, made } from './deployed';

function alarms(given: Given = {}) {
  const all = deployed(given);
  const of = (id: string) =>
    named(all.template, new RegExp(`^Live(Alarms)?${id}[0-9A-F]{8}([0-9a-f]{8})?$`)).Properties!;
  return { ...all, of };
}
const byEndpoint = (stack: Stack): Partial<StreamingInferenceProps> => ({
  predictor: Predictor.endpoint(RealtimeEndpoint.fromEndpointName(stack, 'Endpoint', 'scores'), containerModel()),
});
const idsOf = (given: Given, severity: string): string[] =>
  made(given)
    .alarms.withSeverity(severity as never)
    .map(({ node }) => node.id);
const expressionOf = (alarm: Record<string, any>): string =>
  alarm.Metrics.find((query: any) => query.Expression !== undefined).Expression;
/** By the names that the expression has for them. */
const watched = (alarm: Record<string, any>): Record<string, string> =>
  Object.fromEntries(
    alarm.Metrics.filter((query: any) => query.MetricStat !== undefined).map((query: any) => [
      query.Id,
      `${query.MetricStat.Metric.Namespace} ${query.MetricStat.Metric.MetricName} ${query.MetricStat.Stat}`,
    ]),
  );

const CRITICAL = [
  'Lag',
  'GivingUpAhead',
  'NotRead',
  'DataLossAhead',
  'FailedBatches',
  'GivenUp',
  'Dropped',
  'UndeliveredFailures',
  'Throttles',
];
const WARNINGS = ['ConsumerErrors', 'SlowBatches', 'Quarantined', 'SinkFailures', 'WriteThrottles'];

test('the alarms of a consumer that shares its stream, with their severity', () => {
  expect(idsOf({}, 'critical')).toEqual(CRITICAL);
  expect(idsOf({}, 'warning')).toEqual([...WARNINGS, 'ReadThrottles']);
});

test.each<[string, Given, string[]]>([
  ['a throughput of its own', { source: StreamSource.newKinesis({ enhancedFanOut: true }) }, WARNINGS],
  ['an endpoint', byEndpoint, [...WARNINGS, 'ReadThrottles', 'EndpointThrottles']],
  [
    'provisioned environments',
    { scaling: Scaling.provisionedConcurrency({ min: 1 }) },
    [...WARNINGS, 'ReadThrottles', 'Spillover'],
  ],
  ['silence', { alarms: { noTrafficFor: Duration.hours(1) } }, [...WARNINGS, 'ReadThrottles', 'NoRecords']],
])('with %s, others', (_, given, expected) => {
  expect(idsOf(given, 'warning').sort()).toEqual([...expected].sort());
});

test('all of them name metrics that exist, and can go off', () => {
  for (const given of [
    { source: StreamSource.newKinesis({ enhancedFanOut: true }), scaling: Scaling.provisionedConcurrency({ min: 1 }) },
    (stack: Stack) => ({ ...byEndpoint(stack), alarms: { noTrafficFor: Duration.days(1) } }),
  ]) {
    const { template } = deployed(given);
    expect(unpublishedMetrics(template)).toEqual([]);
    expect(deafAlarms(template)).toEqual([]);
  }
});

const OF_ALIAS = ['FunctionName', 'Resource'];
test.each<[string, string, string, string, number, string[]]>([
  ['Lag', 'AWS/Lambda', 'IteratorAge', 'Maximum', 61_000, OF_ALIAS],
  ['GivingUpAhead', 'AWS/Lambda', 'IteratorAge', 'Maximum', 0.8 * 43_200_000, OF_ALIAS],
  ['DataLossAhead', 'AWS/Kinesis', 'GetRecords.IteratorAgeMilliseconds', 'Maximum', 0.8 * 86_400_000, ['StreamName']],
  ['ConsumerErrors', 'AWS/Lambda', 'Errors', 'Sum', 0, OF_ALIAS],
  ['Throttles', 'AWS/Lambda', 'Throttles', 'Sum', 0, OF_ALIAS],
  ['SinkFailures', 'InferencePatterns', 'StreamSinkFailures', 'Sum', 0, ['FunctionName']],
  ['GivenUp', 'AWS/Lambda', 'OnFailureDestinationDeliveredEventCount', 'Sum', 0, ['EventSourceMappingUUID']],
  ['Dropped', 'AWS/Lambda', 'DroppedEventCount', 'Sum', 0, ['EventSourceMappingUUID']],
  ['UndeliveredFailures', 'AWS/Lambda', 'DestinationDeliveryFailures', 'Sum', 0, ['FunctionName']],
  ['WriteThrottles', 'AWS/Kinesis', 'WriteProvisionedThroughputExceeded', 'Sum', 0, ['StreamName']],
  ['ReadThrottles', 'AWS/Kinesis', 'ReadProvisionedThroughputExceeded', 'Sum', 0, ['StreamName']],
])('%s: %s %s, %s above %d', (id, namespace, metric, statistic, threshold, dimensions) => {
  const alarm = alarms().of(id);
  expect(alarm).toMatchObject({
    Namespace: namespace,
    MetricName: metric,
    Statistic: statistic,
    Threshold: threshold,
    Period: 60,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
  expect(alarm.Dimensions.map(({ Name }: { Name: string }) => Name).sort()).toEqual(dimensions);
});

test('a single batch that was given up or dropped is enough', () => {
  const { of } = alarms();
  ['GivenUp', 'Dropped', 'UndeliveredFailures'].forEach((id) =>
    expect(of(id)).toMatchObject({ EvaluationPeriods: 1, DatapointsToAlarm: 1 }),
  );
});

test('what was given up is named by the mapping, as a bucket may have that of several', () => {
  const { of, template } = alarms();
  const [[mapping]] = ofType(template, 'AWS::Lambda::EventSourceMapping');
  const {
    'Fn::Join': [, parts],
  } = of('GivenUp').AlarmDescription;
  expect(parts).toEqual([expect.stringMatching(/aws\/lambda\/$/), { Ref: mapping }, expect.stringMatching(/^\//)]);
});

test('with fan-out the age is that of the consumer, not of all readers', () => {
  const { of, template } = alarms({ source: StreamSource.newKinesis({ enhancedFanOut: true }) });
  const [[, consumer]] = ofType(template, 'AWS::Kinesis::StreamConsumer');
  expect(of('DataLossAhead')).toMatchObject({ MetricName: 'SubscribeToShardEvent.MillisBehindLatest' });
  expect(of('DataLossAhead').Dimensions).toContainEqual({
    Name: 'ConsumerName',
    Value: consumer.Properties!.ConsumerName,
  });
});

test('thresholds follow what is set', () => {
  const { of } = alarms({
    batchWindow: Duration.seconds(30),
    maxRecordAge: Duration.hours(1),
    source: StreamSource.newKinesis({ retention: Duration.days(2) }),
    timeout: Duration.seconds(100),
  });
  expect(of('Lag').Threshold).toBe(90_000);
  expect(of('GivingUpAhead').Threshold).toBe(0.8 * 3_600_000);
  expect(of('DataLossAhead').Threshold).toBe(0.8 * 172_800_000);
  expect(of('SlowBatches').Threshold).toBe(75_000);
});

test('a lag that is not reached before records are given up would never be told', () => {
  const { of } = alarms({ maxRecordAge: Duration.seconds(60) });
  expect(of('Lag').Threshold).toBe(48_000);
});

test('settings win over what follows', () => {
  const { of } = alarms({
    alarms: {
      maxLag: Duration.minutes(5),
      maxLatency: Duration.seconds(9),
      maxErrorRatio: 0.2,
      maxQuarantinedRatio: 0.01,
      minSamples: 7,
      runbookUrl: 'https://example.com/runbook',
    },
  });
  expect(of('Lag').Threshold).toBe(300_000);
  expect(of('SlowBatches').Threshold).toBe(9_000);
  expect(of('FailedBatches').Threshold).toBe(0.2);
  expect(of('Quarantined').Threshold).toBe(0.01);
  expect(expressionOf(of('Quarantined'))).toContain('requests >= 7');
  expect(of('NewVersionQuarantined').AlarmDescription).toContain('https://example.com/runbook');
});

test('a stream that is imported keeps records for a day at least', () => {
  const given = (stack: Stack) => ({
    source: StreamSource.kinesis(
      kinesis.Stream.fromStreamArn(stack, 'In', 'arn:aws:kinesis:eu-west-1:111122223333:stream/in'),
    ),
  });
  expect(idsOf(given, 'critical')).toContain('DataLossAhead');
});

test('a stream of another account has its metrics there, so nothing here watches them', () => {
  const arn = 'arn:aws:kinesis:eu-west-1:999999999999:stream/in';
  const all = (account?: string) => {
    const stack = testStack(account === undefined ? {} : { env: { account, region: 'eu-west-1' } });
    return deployed({ source: StreamSource.kinesis(kinesis.Stream.fromStreamArn(stack, 'In', arn)) }, stack);
  };
  const foreign = all('111122223333');
  expect(JSON.stringify(foreign.template)).not.toContain('AWS/Kinesis');
  const of = (id: string) => named(foreign.template, new RegExp(`^LiveAlarms${id}[0-9A-F]{8}$`)).Properties!;
  expect(of('DataLossAhead')).toMatchObject({ MetricName: 'IteratorAge', Threshold: 0.8 * 86_400_000 });
  for (const id of ['NotRead', 'WriteThrottles', 'ReadThrottles']) {
    const has = ({ inference }: ReturnType<typeof all>) => inference.alarms.all.some(({ node }) => node.id === id);
    expect([has(foreign), has(all('999999999999')), has(all())]).toEqual([false, true, true]);
  }
});

test('silence: no data at all is the very thing', () => {
  expect(alarms({ alarms: { noTrafficFor: Duration.hours(2) } }).of('NoRecords')).toMatchObject({
    Namespace: 'AWS/Lambda',
    MetricName: 'PolledEventCount',
    Period: 7200,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'LessThanThreshold',
    TreatMissingData: 'breaching',
  });
});

test('records that come and are read by nobody have no age, and are told of all the same', () => {
  const alarm = alarms().of('NotRead');
  expect(watched(alarm)).toEqual({
    written: 'AWS/Kinesis IncomingRecords Sum',
    polled: 'AWS/Lambda PolledEventCount Sum',
  });
  alarm.Metrics.filter(({ MetricStat: stat }: any) => stat !== undefined).forEach(({ MetricStat: stat }: any) =>
    expect(stat.Period).toBe(900),
  );
  expect(alarm).toMatchObject({
    Threshold: 0,
    EvaluationPeriods: 2,
    DatapointsToAlarm: 2,
    TreatMissingData: 'notBreaching',
  });
  const unread = (written?: number, polled?: number) => evaluate(expressionOf(alarm), { written, polled });
  expect(unread(7, undefined)).toBe(7);
  expect(unread(7, 0)).toBe(7);
  expect(unread(7, 3)).toBe(0);
  expect(unread(undefined, undefined)).toBeUndefined();
});

describe('failed batches: ', () => {
  const ratio = (id: string, batches?: number, errors?: number, failed?: number) =>
    evaluate(expressionOf(alarms().of(id)), { batches, errors, failed });

  test('those that broke off and those that were answered in part, one that is both counted once', () => {
    expect(watched(alarms().of('FailedBatches'))).toEqual({
      batches: 'AWS/Lambda Invocations Sum',
      errors: 'AWS/Lambda Errors Sum',
      failed: 'InferencePatterns StreamFailedBatches Sum',
    });
    expect(ratio('FailedBatches', 10, undefined, undefined)).toBe(0);
    expect(ratio('FailedBatches', 10, 1, undefined)).toBe(0.1);
    expect(ratio('FailedBatches', 10, undefined, 3)).toBe(0.3);
    expect(ratio('FailedBatches', 10, 3, 3)).toBe(0.3);
  });

  test('no batch, no share: nothing is known', () => {
    expect(ratio('FailedBatches')).toBe(0);
  });

  test('on a new version a single one is no sign', () => {
    expect(ratio('NewVersionFailedBatches', 10, 1, 1)).toBe(0);
    expect(ratio('NewVersionFailedBatches', 10, 2, 0)).toBe(0.2);
  });
});

test('a share in quarantine counts from 20 records on', () => {
  const expression = expressionOf(alarms().of('Quarantined'));
  expect(watched(alarms().of('Quarantined'))).toEqual({
    requests: 'InferencePatterns StreamRecords Sum',
    failures: 'InferencePatterns StreamQuarantinedRecords Sum',
  });
  expect(evaluate(expression, { requests: 19, failures: 19 })).toBe(0);
  expect(evaluate(expression, { requests: 20, failures: 5 })).toBe(0.25);
  expect(evaluate(expression, { requests: 20, failures: undefined })).toBe(0);
});

test('a percentile counts from three batches on', () => {
  const expression = expressionOf(alarms().of('SlowBatches'));
  expect(evaluate(expression, { requests: 2, statistic: 50_000 })).toBe(0);
  expect(evaluate(expression, { requests: 3, statistic: 50_000 })).toBe(50_000);
});

describe('rollback alarms', () => {
  const OF_A_MINUTE = ['NewVersionFailedBatches', 'NewVersionQuarantined', 'NewVersionSlowBatches'];
  const IDS = ['NewVersionFailedBatches', 'NewVersionBreaksOff', 'NewVersionQuarantined', 'NewVersionSlowBatches'];

  test('watch the new version alone, and one bad minute is enough', () => {
    const { of, template, inference } = alarms();
    expect(inference.rollbackAlarms.map(({ node }) => node.id)).toEqual(IDS);
    const [[version]] = ofType(template, 'AWS::Lambda::Version');
    for (const id of OF_A_MINUTE) {
      expect(of(id)).toMatchObject({ EvaluationPeriods: 3, DatapointsToAlarm: 1, TreatMissingData: 'notBreaching' });
      const metrics = of(id).Metrics.filter((query: any) => query.MetricStat !== undefined);
      expect(metrics.length).toBeGreaterThan(1);
      metrics.forEach((query: any) =>
        expect(query.MetricStat.Metric.Dimensions).toContainEqual({
          Name: expect.stringMatching(/^(ExecutedVersion|FunctionVersion)$/),
          Value: { 'Fn::GetAtt': [version, 'Version'] },
        }),
      );
    }
  });

  test('see a version that runs into its time-out, of which no minute has two batches', () => {
    const { of, template } = alarms({ timeout: Duration.seconds(150) });
    const [[version]] = ofType(template, 'AWS::Lambda::Version');
    expect(of('NewVersionBreaksOff')).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Statistic: 'Sum',
      Period: 60,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 16,
      DatapointsToAlarm: 2,
      TreatMissingData: 'notBreaching',
    });
    expect(of('NewVersionBreaksOff').Dimensions).toContainEqual({
      Name: 'ExecutedVersion',
      Value: { 'Fn::GetAtt': [version, 'Version'] },
    });
  });

  test('are not those that page', () => {
    const [[, page]] = ofType(alarms().template, 'AWS::CloudWatch::CompositeAlarm');
    expect(JSON.stringify(page.Properties!.AlarmRule)).not.toContain('NewVersion');
  });

  test('are what CodeDeploy asks', () => {
    const { template } = alarms();
    const [[, group]] = ofType(template, 'AWS::CodeDeploy::DeploymentGroup');
    const asked = group.Properties!.AlarmConfiguration.Alarms.flatMap(references);
    expect(asked.map((id: string) => id.replace(/^Live|[0-9A-F]{8}[0-9a-f]{8}$/g, ''))).toEqual(IDS);
  });

  test('are made anew with each version', () => {
    const ids = (version: string) =>
      Object.keys(alarms({ predictor: Predictor.model(tinyModel({ version })) }).template.Resources).filter((id) =>
        id.includes('NewVersion'),
      );
    expect(ids('1.0.0')).toEqual(ids('1.0.0'));
    expect(ids('1.0.0').filter((id) => ids('2.0.0').includes(id))).toEqual([]);
  });
});

test('two in one stack watch each its own', () => {
  const stack = testStack();
  made({}, stack, 'Blue');
  const { template } = deployed({}, stack);
  expect(unpublishedMetrics(template)).toEqual([]);
  const streams = ['LiveAlarmsWriteThrottles', 'BlueAlarmsWriteThrottles'].map(
    (id) => references(named(template, new RegExp(`^${id}[0-9A-F]{8}$`)).Properties!.Dimensions)[0],
  );
  expect(new Set(streams).size).toBe(2);
});
