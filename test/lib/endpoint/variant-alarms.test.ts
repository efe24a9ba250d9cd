/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-explicit-any -- templates are read as plain data */
import { Duration, Lazy, Size } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  Capacity,
  type EndpointAlarmSettings,
  InstanceType,
  type RealtimeEndpointProps,
  ServingAccelerator,
} from '../../../lib';
import { containerModel, EndpointUnderTest, instances, refusal } from '../../fakes/endpoints';
import { evaluate } from '../../helpers/metric-math';
import { ofType, testStack } from '../../helpers/synth';

const token = Lazy.number({ produce: () => 7 });
const GPUS: Partial<RealtimeEndpointProps> = {
  model: containerModel({ accelerator: ServingAccelerator.GPU }),
  capacity: instances(InstanceType.G5_12XLARGE, 2, 5),
};

/** An alarm by its id, with the metrics in it by their names in the expression. */
function alarm(under: EndpointUnderTest, path: string) {
  const properties = under.of(path.includes('/') ? path : `Alarms/${path}`);
  const queries = (properties.Metrics ?? []) as any[];
  return {
    ...properties,
    expression: queries.find(({ Expression: expression }) => expression !== undefined)?.Expression as string,
    metrics: Object.fromEntries(
      queries
        .filter(({ MetricStat: stat }) => stat !== undefined)
        .map(({ Id: id, MetricStat: { Metric: metric, Stat: stat } }) => [id, { ...metric, stat }]),
    ) as Record<
      string,
      { Namespace: string; MetricName: string; stat: string; Dimensions: { Name: string; Value: unknown }[] }
    >,
  };
}

const alarmIds = (under: EndpointUnderTest) => under.endpoint.alarms.all.map(({ node }) => node.id).sort();

describe('what is watched ', () => {
  test('on processors', () => {
    expect(alarmIds(new EndpointUnderTest())).toEqual(
      [
        'ClientErrorRatio',
        'Cpu',
        'Disk',
        'ErrorRatio',
        'LatencyP50',
        'LatencyP90',
        'LatencyP99',
        'Memory',
        'OverheadLatency',
      ].sort(),
    );
  });

  test('on GPUs that are scaled, with silence', () => {
    const ids = alarmIds(new EndpointUnderTest({ ...GPUS, alarms: { noTrafficFor: Duration.hours(1) } }));
    expect(ids).toEqual(expect.arrayContaining(['Gpu', 'GpuMemory', 'AtMaximum', 'NoTraffic']));
    expect(ids).toHaveLength(13);
  });

  test('on a type that is not known: what needs no number of processors', () => {
    const capacity = instances(InstanceType.of(Lazy.string({ produce: () => 'ml.g5.xlarge' })));
    expect(alarmIds(new EndpointUnderTest({ capacity }))).toEqual(expect.arrayContaining(['Memory', 'Disk']));
    expect(alarmIds(new EndpointUnderTest({ capacity }))).not.toEqual(expect.arrayContaining(['Cpu']));
  });

  test('on serverless capacity: no instances', () => {
    const capacity = Capacity.serverless({ memory: Size.gibibytes(2), maxConcurrency: 5 });
    expect(alarmIds(new EndpointUnderTest({ capacity }))).toEqual(
      ['ClientErrorRatio', 'ErrorRatio', 'LatencyP50', 'LatencyP90', 'LatencyP99', 'OverheadLatency'].sort(),
    );
  });

  test('of each variant, under its name', () => {
    const under = new EndpointUnderTest();
    under.endpoint.addVariant('b', { model: containerModel(), capacity: instances() });
    expect(alarmIds(under)).toHaveLength(18);
    const { metrics } = alarm(under, 'b-ErrorRatio');
    Object.values(metrics).forEach(({ Dimensions: dimensions }) =>
      expect(dimensions).toContainEqual({ Name: 'VariantName', Value: 'b' }),
    );
    expect(under.of('Alarms/b-Cpu').Dimensions).toContainEqual({ Name: 'VariantName', Value: 'b' });
  });

  test('is paged for when callers are affected: errors and the slowest requests', () => {
    const { alarms } = new EndpointUnderTest(GPUS).endpoint;
    expect(
      alarms
        .withSeverity('critical' as never)
        .map(({ node }) => node.id)
        .sort(),
    ).toEqual(['ErrorRatio', 'LatencyP99']);
  });
});

describe('ratios: ', () => {
  test.each([
    ['ErrorRatio', 'Invocation5XXErrors', 0.05],
    ['ClientErrorRatio', 'Invocation4XXErrors', 0.25],
  ])('%s is a share of the requests, guarded by their number', (id, failures, threshold) => {
    const { expression, metrics, ...rest } = alarm(new EndpointUnderTest(), id);
    expect(metrics.failures).toMatchObject({ Namespace: 'AWS/SageMaker', MetricName: failures, stat: 'Sum' });
    expect(metrics.requests).toMatchObject({ Namespace: 'AWS/SageMaker', MetricName: 'Invocations', stat: 'Sum' });
    expect(rest).toMatchObject({
      Threshold: threshold,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
    expect(evaluate(expression, { requests: 19, failures: 19 })).toBe(0);
    expect(evaluate(expression, { requests: 20, failures: 5 })).toBe(0.25);
  });

  test('thresholds and samples are yours', () => {
    const under = new EndpointUnderTest({ alarms: { maxErrorRatio: 0.2, maxClientErrorRatio: 0.5, minSamples: 7 } });
    expect(alarm(under, 'ErrorRatio')).toMatchObject({
      Threshold: 0.2,
      expression: expect.stringContaining('requests >= 7'),
    });
    expect(alarm(under, 'ClientErrorRatio')).toMatchObject({ Threshold: 0.5 });
  });
});

describe('latency ', () => {
  test('is in microseconds: p99 up to the bound, p90 three quarters, p50 half of it', () => {
    const under = new EndpointUnderTest({ alarms: { maxLatency: Duration.seconds(2) } });
    for (const [id, stat, threshold] of [
      ['LatencyP99', 'p99', 2_000_000],
      ['LatencyP90', 'p90', 1_500_000],
      ['LatencyP50', 'p50', 1_000_000],
    ] as const) {
      expect(alarm(under, id)).toMatchObject({
        Threshold: threshold,
        metrics: { statistic: { Namespace: 'AWS/SageMaker', MetricName: 'ModelLatency', stat } },
      });
    }
  });

  test('is half of the time-out unless told', () => {
    expect(alarm(new EndpointUnderTest(), 'LatencyP99')).toMatchObject({ Threshold: 30_000_000 });
    expect(alarm(new EndpointUnderTest({ timeout: Duration.seconds(5) }), 'LatencyP99')).toMatchObject({
      Threshold: 2_500_000,
    });
  });

  test('that SageMaker adds is an average, in microseconds', () => {
    expect(alarm(new EndpointUnderTest(), 'OverheadLatency')).toMatchObject({
      Threshold: 1_000_000,
      metrics: { statistic: { MetricName: 'OverheadLatency', stat: 'Average' } },
    });
    expect(
      alarm(new EndpointUnderTest({ alarms: { maxOverheadLatency: Duration.millis(20) } }), 'OverheadLatency'),
    ).toMatchObject({ Threshold: 20_000 });
  });
});

describe('utilisation ', () => {
  test.each([
    ['Cpu', 'CPUUtilization', 90 * 48],
    ['Gpu', 'GPUUtilization', 90 * 4],
    ['GpuMemory', 'GPUMemoryUtilization', 98 * 4],
    ['Memory', 'MemoryUtilization', 90],
    ['Disk', 'DiskUtilization', 75],
  ])('%s on four GPUs and 48 processors is on the scale of SageMaker', (id, metric, threshold) => {
    expect(alarm(new EndpointUnderTest(GPUS), id)).toMatchObject({
      Namespace: '/aws/sagemaker/Endpoints',
      MetricName: metric,
      Statistic: 'Average',
      Threshold: threshold,
      EvaluationPeriods: 10,
    });
  });

  test('has a bound of yours, but for disks and the memory of GPUs', () => {
    const under = new EndpointUnderTest({ ...GPUS, alarms: { maxUtilizationPercent: 50 } });
    expect(['Cpu', 'Gpu', 'GpuMemory', 'Memory', 'Disk'].map((id) => under.of(`Alarms/${id}`).Threshold)).toEqual([
      2400, 200, 392, 50, 75,
    ]);
  });
});

describe('at the maximum: ', () => {
  test('the number of instances is found from the requests', () => {
    const { expression, metrics, ...rest } = alarm(new EndpointUnderTest(GPUS), 'AtMaximum');
    expect(evaluate(expression, { requests: 100, perInstance: 20 })).toBe(5);
    expect(evaluate(expression, { requests: 0, perInstance: 0 })).toBe(0);
    expect(metrics.perInstance).toMatchObject({ MetricName: 'InvocationsPerInstance', stat: 'Sum' });
    expect(rest).toMatchObject({ Threshold: 4.5, EvaluationPeriods: 15, DatapointsToAlarm: 12 });
  });

  test('is not watched where nothing scales, or where the maximum is known only at deployment', () => {
    expect(alarmIds(new EndpointUnderTest())).not.toContain('AtMaximum');
    const capacity = Capacity.instances({ type: InstanceType.M5_LARGE, max: token });
    expect(alarmIds(new EndpointUnderTest({ capacity }))).not.toContain('AtMaximum');
  });
});

test('silence is noticed when asked for', () => {
  expect(alarm(new EndpointUnderTest({ alarms: { noTrafficFor: Duration.hours(2) } }), 'NoTraffic')).toMatchObject({
    MetricName: 'Invocations',
    Period: 7200,
    Threshold: 1,
    ComparisonOperator: 'LessThanThreshold',
    TreatMissingData: 'breaching',
    AlarmDescription: '[warning] No request to variant AllTraffic for 120 minutes. Ask whoever calls this service.',
  });
});

describe('a new fleet ', () => {
  test('is watched alone, minute by minute, by errors as a ratio and p99 in microseconds', () => {
    const under = new EndpointUnderTest({
      alarms: { maxLatency: Duration.millis(1500), maxErrorRatio: 0.1, minSamples: 30 },
    });
    const config = { 'Fn::GetAtt': [under.at('Config').id, 'EndpointConfigName'] };
    const watched = [
      ['NewFleetErrors', 0.1, 'Invocation5XXErrors', 'Sum'],
      ['NewFleetLatency', 1_500_000, 'ModelLatency', 'p99'],
    ] as const;
    for (const [id, threshold, metric, stat] of watched) {
      const { metrics, expression, ...rest } = alarm(under, `Variants/AllTraffic/${id}`);
      expect(rest).toMatchObject({
        Threshold: threshold,
        EvaluationPeriods: 3,
        DatapointsToAlarm: 1,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
      });
      expect(expression).toContain('IF(requests >= 30,');
      expect(Object.values(metrics)).toContainEqual(expect.objectContaining({ MetricName: metric, stat }));
      Object.values(metrics).forEach(({ Dimensions: dimensions }) =>
        expect(dimensions).toEqual([
          { Name: 'EndpointConfigName', Value: config },
          { Name: 'EndpointName', Value: under.endpoint.endpointName },
          { Name: 'VariantName', Value: 'AllTraffic' },
        ]),
      );
    }
  });

  test('has its runbook', () => {
    const under = new EndpointUnderTest({ alarms: { runbookUrl: 'https://example.com/r' } });
    expect(under.of('Variants/AllTraffic/NewFleetErrors').AlarmDescription).toMatch(
      /Runbook: https:\/\/example.com\/r$/,
    );
  });

  test('has no actions: it rolls back, and pages nobody', () => {
    const stack = testStack();
    const onCall = new SnsAction(new sns.Topic(stack, 'OnCall'));
    const under = new EndpointUnderTest({ alarms: { pageActions: [onCall], warningActions: [onCall] } }, stack);
    expect(under.of('Variants/AllTraffic/NewFleetErrors')).not.toHaveProperty('AlarmActions');
    expect(under.of('Alarms/Cpu').AlarmActions).toHaveLength(1);
    expect(under.of('Alarms/Page').AlarmActions).toHaveLength(1);
  });
});

describe('input: ', () => {
  test.each<[EndpointAlarmSettings, RegExp | string]>([
    [{ maxErrorRatio: 0.0001, maxClientErrorRatio: 0.999 }, ''],
    [{ maxErrorRatio: 0 }, /'alarms.maxErrorRatio' is 0.*alarm-error-ratio/],
    [{ maxClientErrorRatio: 1 }, /'alarms.maxClientErrorRatio' is 1.*alarm-error-ratio/],
    [{ minSamples: 1 }, ''],
    [{ minSamples: 0 }, /alarm-samples/],
    [{ maxUtilizationPercent: 1 }, ''],
    [{ maxUtilizationPercent: 100 }, ''],
    [{ maxUtilizationPercent: 0.5 }, /alarm-utilization/],
    [{ maxUtilizationPercent: 101 }, /'alarms.maxUtilizationPercent' is 101 %.*alarm-utilization/],
    [{ maxLatency: Duration.millis(59_999) }, ''],
    [{ maxLatency: Duration.seconds(60) }, /'alarms.maxLatency' is 60000 ms.*never fire.*alarm-latency-unreachable/],
    [{ maxLatency: Duration.millis(0) }, /never be silent/],
    [{ maxOverheadLatency: Duration.seconds(61) }, /'alarms.maxOverheadLatency' is 61000 ms/],
    [{ noTrafficFor: Duration.minutes(1) }, ''],
    [{ noTrafficFor: Duration.days(1) }, ''],
    [{ noTrafficFor: Duration.days(2) }, /alarm-no-traffic/],
    [{ noTrafficFor: Duration.seconds(30) }, /alarm-no-traffic/],
  ])('%j', (alarms, message) => {
    expect(refusal({ alarms })).toMatch(message);
  });

  test('numbers that are known only at deployment pass, also into texts and expressions', () => {
    const under = new EndpointUnderTest({
      alarms: { maxErrorRatio: token, maxClientErrorRatio: token, minSamples: token },
    });
    expect(alarm(under, 'ErrorRatio')).toMatchObject({
      Threshold: 7,
      expression: expect.stringContaining('requests >= 7,'),
    });
    expect(under.of('Variants/AllTraffic/NewFleetErrors').AlarmDescription).toContain('at least 7 requests per minute');
    const texts = ofType(under.template, 'AWS::CloudWatch::Alarm').map(
      ([, { Properties: properties }]) => properties!.AlarmDescription as string,
    );
    expect(texts.filter((text) => /Token|e\+\d|NaN/.test(JSON.stringify(text)))).toEqual([]);
  });

  test.each<[string, EndpointAlarmSettings]>([
    ['maxLatency', { maxLatency: Duration.seconds(token) }],
    ['maxOverheadLatency', { maxOverheadLatency: Duration.seconds(token) }],
    ['maxUtilizationPercent', { maxUtilizationPercent: token }],
    ['noTrafficFor', { noTrafficFor: Duration.minutes(token) }],
  ])('%s cannot be known only at deployment, which is said: it is converted before', (prop, alarms) => {
    expect(refusal({ alarms })).toMatch(new RegExp(`'alarms.${prop}' is known only at deployment.*alarm-unknown\\]`));
  });

  test('a time-out that is known only at deployment passes, with a bound for the latency beside it', () => {
    const timeout = Duration.seconds(token);
    expect(refusal({ timeout })).toMatch(/set 'alarms.maxLatency'.*alarm-latency-unknown\]/);
    expect(refusal({ timeout, alarms: { maxLatency: Duration.seconds(2) } })).toBe('');
  });

  test('all faults come at once', () => {
    expect(refusal({ alarms: { maxErrorRatio: 2, minSamples: 0, maxLatency: Duration.days(1) } })).toMatch(
      /alarm-error-ratio\][^]*alarm-samples\][^]*alarm-latency-unreachable\]/,
    );
  });
});

describe('an endpoint whose answers are streamed ', () => {
  const streamed = (alarms: EndpointAlarmSettings) => new EndpointUnderTest({ timeout: Duration.seconds(29), alarms });

  test('counts as slow by half of its longest stream, not by half of what a request may take', () => {
    const under = streamed({ longestStream: Duration.minutes(6) });
    expect(under.of('Alarms/LatencyP99')).toMatchObject({ Threshold: 180_000_000 });
    expect(under.of('Variants/AllTraffic/NewFleetLatency')).toMatchObject({ Threshold: 180_000_000 });
  });

  test('may have a bound above the time of a request, and none above that of a stream', () => {
    const longestStream = Duration.minutes(8);
    expect(() => streamed({ longestStream, maxLatency: Duration.minutes(7) })).not.toThrow();
    expect(() => streamed({ longestStream, maxLatency: Duration.minutes(8) })).toThrow(
      /'alarms.maxLatency' is 480000 ms/,
    );
    expect(() => streamed({ maxLatency: Duration.minutes(7) })).toThrow(/'alarms.maxLatency' is 420000 ms/);
  });

  test.each([Duration.seconds(0), Duration.seconds(481)])('has no streams of %p', (longestStream) => {
    expect(() => streamed({ longestStream })).toThrow(/'alarms.longestStream' is \d+ seconds/);
  });
});
