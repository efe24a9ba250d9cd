/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { type App, Duration, Lazy, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { AlarmSeverity, InferenceApi, type RealtimeEndpointProps } from '../../../lib';
import { EndpointUnderTest } from '../../fakes/endpoints';
import { tinyModel } from '../../fakes/models';
import { identityStatements } from '../../helpers/statements';
import { dashboardBody, deafAlarms, unpublishedMetrics } from '../../helpers/published-metrics';
import { only, strings, testStack } from '../../helpers/synth';

const DIST = path.join(__dirname, '..', '..', '..', 'dist');

function streaming(props: Partial<RealtimeEndpointProps> = {}, stack: Stack = testStack()): EndpointUnderTest {
  const under = new EndpointUnderTest({ model: tinyModel(), timeout: Duration.seconds(29), ...props }, stack);
  new InferenceApi(stack, 'Api', { inference: under.endpoint, streaming: true });
  return under;
}

test('the function: small, on arm64, with the bundled handler, and told the endpoint by name', () => {
  const under = streaming({ endpointName: 'chat-live' });
  expect(under.of('ResponseStreaming/Function')).toMatchObject({
    Architectures: ['arm64'],
    Handler: 'index.handler',
    MemorySize: 512,
    Timeout: 510,
    Environment: { Variables: { ENDPOINT_NAME: 'chat-live' } },
  });
  expect(under.of('ResponseStreaming/Function').ReservedConcurrentExecutions).toBeUndefined();
  const asset = (under.of('ResponseStreaming/Function').Code.S3Key as string).replace('.zip', '');
  const { outdir } = under.stack.node.root as App;
  const program = (folder: string): string => readFileSync(path.join(folder, 'index.js'), 'utf8');
  expect(program(path.join(outdir, `asset.${asset}`))).toBe(program(path.join(DIST, 'handlers', 'stream-invoke')));
});

test('the function may ask this endpoint and write its own log, and nothing else', () => {
  const under = streaming({ endpointName: 'chat-live' });
  const { id: group } = under.at('ResponseStreaming/Logs');
  const statements = identityStatements(under.template).filter(({ owner }) => owner.includes('ResponseStreaming'));
  expect(statements.map(({ actions, resources }) => ({ actions, resources }))).toEqual([
    {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [{ 'Fn::GetAtt': [group, 'Arn'] }],
    },
    {
      // SageMaker's documentation of the streaming call asks for the first.
      actions: ['sagemaker:InvokeEndpoint', 'sagemaker:InvokeEndpointWithResponseStream'],
      resources: [under.stack.resolve(under.endpoint.endpointArn)],
    },
  ]);
  expect(strings(statements.map(({ resources }) => resources)).filter((text) => text.includes('*'))).toEqual([]);
  expect(under.of('ResponseStreaming/Role').ManagedPolicyArns).toBeUndefined();
});

test('its log is kept like that of the containers, or for three months where SageMaker keeps theirs', () => {
  expect(streaming().at('ResponseStreaming/Logs')).toMatchObject({
    DeletionPolicy: 'RetainExceptOnCreate',
    Properties: { RetentionInDays: 90 },
  });
  const stack = testStack();
  const encryptionKey = new kms.Key(stack, 'Key');
  const told = streaming(
    { logRetention: logs.RetentionDays.ONE_WEEK, removalPolicy: RemovalPolicy.DESTROY, encryptionKey },
    stack,
  );
  expect(told.at('ResponseStreaming/Logs')).toMatchObject({
    DeletionPolicy: 'Delete',
    Properties: { RetentionInDays: 7, KmsKeyId: stack.resolve(encryptionKey.keyArn) },
  });
  expect(JSON.stringify(only(told.template, 'AWS::KMS::Key').Properties!.KeyPolicy)).toContain('logs.');
});

describe('alarms: ', () => {
  test('the share of streams that fail or break off pages, by the thresholds of the endpoint', () => {
    const under = streaming({ alarms: { maxErrorRatio: 0.02, minSamples: 7 } });
    const alarm = under.of('Alarms/StreamErrorRatio');
    const [{ Expression: expression }] = alarm.Metrics.filter((query: any) => query.Expression !== undefined);
    expect(expression).toBe('IF(invocations >= 7, (FILL(errors, 0) + FILL(handled, 0)) / invocations, 0)');
    expect(alarm).toMatchObject({ Threshold: 0.02, TreatMissingData: 'notBreaching' });
    const watched = alarm.Metrics.filter((query: any) => query.MetricStat !== undefined).map(
      ({ Id, MetricStat: { Metric: metric, Stat: statistic } }: any) => [
        Id,
        metric.Namespace,
        metric.MetricName,
        metric.Dimensions,
        statistic,
      ],
    );
    const ofFunction = [{ Name: 'FunctionName', Value: { Ref: under.at('ResponseStreaming/Function').id } }];
    expect(watched).toEqual([
      ['invocations', 'AWS/Lambda', 'Invocations', ofFunction, 'Sum'],
      ['errors', 'AWS/Lambda', 'Errors', ofFunction, 'Sum'],
      ['handled', 'InferencePatterns', 'HandledServerErrors', ofFunction, 'Sum'],
    ]);
  });

  test('a stream that is turned away pages', () => {
    const under = streaming();
    expect(under.of('Alarms/StreamThrottles')).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Throttles',
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
    });
    const critical = under.endpoint.alarms.withSeverity(AlarmSeverity.CRITICAL).map(({ node }) => node.id);
    expect(critical).toEqual(expect.arrayContaining(['StreamErrorRatio', 'StreamThrottles']));
  });

  test('they are no rollback alarms: the function outlives the fleets', () => {
    expect(streaming().endpoint.rollbackAlarms.map(({ node }) => node.id)).not.toContainEqual(
      expect.stringMatching(/^Stream/),
    );
  });

  test('all can go off, also with thresholds that are known only at deployment', () => {
    const minSamples = Lazy.number({ produce: () => 20 });
    for (const under of [streaming(), streaming({ alarms: { minSamples } })]) {
      expect(unpublishedMetrics(under.template)).toEqual([]);
      expect(deafAlarms(under.template)).toEqual([]);
    }
  });
});

test('the dashboard has a row of streams, and goes without where it was declined', () => {
  const titles = (under: EndpointUnderTest): string[] =>
    dashboardBody(only(under.template, 'AWS::CloudWatch::Dashboard')).widgets.map(
      ({ properties }) => properties.title as string,
    );
  expect(titles(streaming()).filter((title) => title.startsWith('Streams'))).toEqual([
    'Streams: requests',
    'Streams: open at a time',
    'Streams: failed or broken off',
    'Streams: time to the first piece, ms',
  ]);
  expect(streaming({ dashboard: false }).of('ResponseStreaming/Function')).toBeDefined();
});
