import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, Duration, Stack, Validations } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { InferenceChecks, Sink, type StreamingInference, StreamSource } from '../../../lib';
import { FLAGS } from '../../helpers/synth';
import { type Given, made } from './deployed';

/** Ids of the rules that the plugin says are broken in an app with one consumer, by the path of what breaks them. */
function found(given: Given, spoil: (inference: StreamingInference, stack: Stack) => void = () => undefined): string[] {
  const app = new App({
    outdir: mkdtempSync(path.join(tmpdir(), 'checks-')),
    context: { ...FLAGS, '@aws-cdk/core:failSynthOnValidationErrors': true },
    builtinCloudFormationValidation: false,
  });
  Validations.of(app).addPlugins(new InferenceChecks());
  const stack = new Stack(app, 'Stack');
  spoil(made(given, stack), stack);
  try {
    app.synth();
  } catch {
    // An error fails it, and is in the report.
  }
  const { pluginReports } = JSON.parse(readFileSync(path.join(app.outdir, 'validation-report.json'), 'utf8')) as {
    pluginReports: {
      violations: { ruleName: string; violatingConstructs: { constructPath: string }[] }[];
    }[];
  };
  return pluginReports.flatMap(({ violations }) =>
    violations.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${ruleName} ${constructPath}`),
    ),
  );
}

const mappingOf = ({ mapping }: StreamingInference): CfnEventSourceMapping =>
  mapping.node.defaultChild as CfnEventSourceMapping;
const set =
  (property: string, value: unknown) =>
  (inference: StreamingInference): void =>
    mappingOf(inference).addPropertyOverride(property, value);
const unset =
  (...properties: string[]) =>
  (inference: StreamingInference): void =>
    properties.forEach((property) => mappingOf(inference).addPropertyDeletionOverride(property));

beforeEach(() => {
  // Warnings are shown there.
  jest.spyOn(console, 'error').mockImplementation();
});

test('the checks find nothing in one with the fewest props', () => {
  expect(found({})).toEqual([]);
});

test('nor in one with a fan-out, sinks of its own app and a schedule of nothing', () => {
  expect(
    found((stack) => ({
      source: StreamSource.newKinesis({ shards: 2, retention: Duration.days(7), enhancedFanOut: true }),
      sinks: [
        Sink.kinesis(new kinesis.Stream(stack, 'Scores')),
        Sink.dynamoDb(
          new dynamodb.Table(stack, 'Table', {
            partitionKey: { name: 'inferenceId', type: dynamodb.AttributeType.STRING },
            billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
            pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
          }),
        ),
      ],
      parallelizationFactor: 2,
      maxRecordAge: Duration.days(2),
      alarms: { noTrafficFor: Duration.hours(1) },
    })),
  ).toEqual([]);
});

const MAPPING = 'Stack/Live/Mapping/Resource';
test.each<[string, (inference: StreamingInference, stack: Stack) => void]>([
  ['stream-retries-for-ever', unset('MaximumRetryAttempts', 'MaximumRecordAgeInSeconds')],
  [
    'stream-retries-for-ever',
    (inference) => {
      set('MaximumRetryAttempts', -1)(inference);
      set('MaximumRecordAgeInSeconds', -1)(inference);
    },
  ],
  ['stream-failures-lost', unset('DestinationConfig')],
  ['stream-batch-fails-whole', unset('FunctionResponseTypes', 'BisectBatchOnFunctionError')],
  ['stream-age-beyond-retention', set('MaximumRecordAgeInSeconds', 86_401)],
  ['stream-start-timestamp', set('StartingPosition', 'AT_TIMESTAMP')],
  ['mapping-option-of-other-source', set('ScalingConfig', { MaximumConcurrency: 2 })],
  [
    'destination-fifo',
    (inference, stack) => {
      const queue = new sqs.Queue(stack, 'Queue', { fifo: true, enforceSSL: true });
      set('DestinationConfig.OnFailure.Destination', stack.resolve(queue.queueArn))(inference);
    },
  ],
])('%s is seen where the mapping of a consumer breaks it', (rule, spoil) => {
  expect(found({}, spoil)).toContain(`${rule} ${MAPPING}`);
});

test('one of the two bounds is enough', () => {
  expect(found({}, unset('MaximumRetryAttempts'))).toEqual([]);
});

test('stream-lag-of-other-readers is seen where the lag of a fan-out is watched as if it were shared', () => {
  const spoil = (inference: StreamingInference): void => {
    const [alarm] = inference.alarms.all.filter(({ node }) => node.id === 'DataLossAhead');
    const cfn = alarm.node.defaultChild as CfnEventSourceMapping;
    cfn.addPropertyOverride('MetricName', 'GetRecords.IteratorAgeMilliseconds');
    cfn.addPropertyOverride('Dimensions', [
      {
        Name: 'StreamName',
        Value: { Ref: Stack.of(inference).getLogicalId(inference.stream.node.defaultChild as never) },
      },
    ]);
  };
  expect(found({ source: StreamSource.newKinesis({ enhancedFanOut: true }) }, spoil).join()).toContain(
    'stream-lag-of-other-readers',
  );
});
