/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates and documents are read as plain data */
import { Duration, RemovalPolicy, Size, type Stack, Stack as CdkStack, TimeZone } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { RunSettings } from '../../../lambda/batch/contract';
import {
  BatchEngine,
  BatchFormat,
  BatchTransform,
  type BatchTransformProps,
  ModelArtifact,
  Rollout,
} from '../../../lib';
import { DIGEST, tinyModel } from '../../fakes/models';
import { deafAlarms, unpublishedMetrics } from '../../helpers/published-metrics';
import { identityStatements } from '../../helpers/statements';
import {
  named,
  ofType,
  only,
  plain,
  type PlainTemplate,
  references,
  strings,
  testApp,
  testStack,
} from '../../helpers/synth';

function deployed(props: Partial<BatchTransformProps> = {}, stack: Stack = testStack()) {
  const imported = (name: string) => s3.Bucket.fromBucketName(stack, name, name);
  const batch = new BatchTransform(stack, 'Nightly', {
    model: tinyModel(),
    input: props.input ?? { bucket: imported('arrived'), prefix: 'rows/' },
    output: props.output ?? { bucket: imported('scored'), prefix: 'results/' },
    ...props,
  });
  return { stack, batch, template: plain(stack) };
}

const control = (template: PlainTemplate) => named(template, /^NightlyControl[0-9A-F]{8}$/);
const score = (template: PlainTemplate) => named(template, /^NightlyScore[0-9A-F]{8}$/);
const starts = (template: PlainTemplate) => named(template, /^NightlySchedule[0-9A-F]{8}$/);
const machine = (template: PlainTemplate) => only(template, 'AWS::StepFunctions::StateMachine');

/** The definition; a reference stands in it as its JSON between two paragraph signs. */
function definition(template: PlainTemplate): any {
  const text = machine(template).Properties!.DefinitionString;
  const parts: unknown[] = typeof text === 'string' ? [text] : text['Fn::Join'][1];
  const mark = (part: unknown) => `§${JSON.stringify(part).replaceAll('"', "'")}§`;
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : mark(part))).join(''));
}

const settings = (template: PlainTemplate): RunSettings =>
  definition(template).States.Plan.Parameters.Payload.settings as RunSettings;

test('defaults of a run', () => {
  const { template } = deployed();
  expect(settings(template)).toEqual({
    model: { name: 'fraud', version: '1.4.0' },
    input: { bucket: 'arrived', prefix: 'rows/' },
    output: { bucket: 'scored', prefix: 'results/' },
    suffixes: [],
    format: 'json-lines',
    incremental: false,
    judgedShare: 0.05,
    toleratedFailure: 0.01,
    maxShift: 0.25,
    maxConcurrency: 20,
    maxObjectBytes: 256 * 1024 ** 2,
    deadlineSeconds: 6 * 3600,
    bytesPerSecond: 512 * 1024,
    startSeconds: 0,
    partitionSeconds: 600,
    usdPerSecond: 0.000023034,
    failWhenEmpty: false,
  });
});

test('what a run is told', () => {
  const { template } = deployed({
    format: BatchFormat.CSV_WITH_HEADER,
    suffixes: ['.csv'],
    incremental: true,
    rollout: Rollout.canary({ percent: 20 }),
    maxScoreShift: 0.1,
    toleratedFailure: 0,
    deadline: Duration.hours(2),
    engine: BatchEngine.functions({ maxConcurrency: 100 }),
    maxObjectSize: Size.gibibytes(1),
    throughput: Size.mebibytes(2),
    failWhenEmpty: true,
  });
  expect(settings(template)).toMatchObject({
    format: 'csv-with-header',
    suffixes: ['.csv'],
    incremental: true,
    judgedShare: 0.2,
    toleratedFailure: 0,
    maxShift: 0.1,
    maxConcurrency: 100,
    maxObjectBytes: 1024 ** 3,
    deadlineSeconds: 7200,
    bytesPerSecond: 2 * 1024 ** 2,
    failWhenEmpty: true,
  });
  expect(definition(template).TimeoutSeconds).toBe(4 * 3600);
});

test.each([
  [Rollout.allAtOnce(), 0],
  [Rollout.canary({ percent: 1 }), 0.01],
  [Rollout.canary({ percent: 99 }), 0.99],
])('the rollout %#: its share is judged', (rollout, share) => {
  const { template, batch } = deployed({ rollout });
  expect(settings(template).judgedShare).toBe(share);
  expect(batch.rolloutPlan.steps.at(-1)!.percent).toBe(100);
});

test('what cannot be honoured is refused, with the construct and what can be', () => {
  expect(() => deployed({ rollout: Rollout.linear({ percent: 10, every: Duration.minutes(5) }) })).toThrow(
    /construct 'Stack\/Nightly'[^]*Rollout\.canary\(\{ percent \}\) or Rollout\.allAtOnce\(\).*batch-rollout\]/,
  );
});

test('defaults of the functions: arm64, as long as AWS Lambda allows, logs for three months that are kept', () => {
  const { template } = deployed();
  expect(control(template).Properties).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    MemorySize: 1024,
    Timeout: 900,
    TracingConfig: { Mode: 'Active' },
    Description: expect.stringMatching(/^Plans, judges and finishes runs of fraud 1\.4\.0/),
  });
  expect(score(template).Properties).toMatchObject({
    Architectures: ['arm64'],
    MemorySize: 1769,
    Timeout: 900,
    EphemeralStorage: { Size: 512 },
    Layers: [expect.anything()],
    TracingConfig: { Mode: 'Active' },
    Description: expect.stringMatching(/^Scores partitions with fraud 1\.4\.0/),
  });
  const groups = ofType(template, 'AWS::Logs::LogGroup');
  expect(groups).toHaveLength(4);
  groups.forEach(([, group]) =>
    expect(group).toMatchObject({ DeletionPolicy: 'Retain', Properties: { RetentionInDays: 90 } }),
  );
  expect(ofType(template, 'AWS::CloudWatch::Dashboard')).toHaveLength(1);
});

test('options of the functions', () => {
  const { template, batch } = deployed({
    engine: BatchEngine.functions({ architecture: lambda.Architecture.X86_64, memorySize: Size.mebibytes(3008) }),
    logRetention: logs.RetentionDays.ONE_WEEK,
    removalPolicy: RemovalPolicy.DESTROY,
    dashboard: false,
  });
  expect(score(template).Properties).toMatchObject({ Architectures: ['x86_64'], MemorySize: 3008 });
  ofType(template, 'AWS::Logs::LogGroup').forEach(([, group]) =>
    expect(group).toMatchObject({ DeletionPolicy: 'Delete', Properties: { RetentionInDays: 7 } }),
  );
  expect(batch.dashboard).toBeUndefined();
  expect(ofType(template, 'AWS::CloudWatch::Dashboard')).toEqual([]);
});

test('a model in S3 is fetched when the function starts, and has room there', () => {
  const stack = testStack();
  const artifact = ModelArtifact.fromBucket(s3.Bucket.fromBucketName(stack, 'Models', 'models'), 'fraud.onnx', {
    sha256: DIGEST,
    size: Size.mebibytes(600),
  });
  const { template } = deployed({ model: tinyModel({ artifact }) }, stack);
  expect(score(template).Properties).toMatchObject({
    Environment: { Variables: { MODEL_BUCKET: 'models', MODEL_KEY: 'fraud.onnx' } },
    EphemeralStorage: { Size: expect.any(Number) },
  });
  expect(score(template).Properties!.EphemeralStorage.Size).toBeGreaterThan(1100);
});

describe('the state machine: ', () => {
  // So code of today is never asked by a definition of yesterday, which a redriven run still has.
  test.each([
    ['functions', BatchEngine.functions()],
    ['transform jobs', BatchEngine.transformJobs()],
  ])('by %s names published versions, which stay when the stack has later ones', (_, engine) => {
    const { template } = deployed({ engine });
    const versions = ofType(template, 'AWS::Lambda::Version');
    expect(versions).toHaveLength(2);
    versions.forEach(([, version]) =>
      expect(version).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' }),
    );
    const ids = versions.map(([id]) => id);
    const named = references(machine(template).Properties!.DefinitionString).filter((id) =>
      template.Resources[id]?.Type.startsWith('AWS::Lambda::'),
    );
    expect([...new Set(named)].sort()).toEqual([...ids].sort());
  });

  test('another version of the model is another version of the scoring function, and not of the other', () => {
    const ids = (version: string) =>
      ofType(deployed({ model: tinyModel({ version }) }).template, 'AWS::Lambda::Version').map(([id]) => id);
    const [before, after] = [ids('1.4.0'), ids('1.5.0')];
    expect(before.find((id) => id.includes('Score'))).not.toBe(after.find((id) => id.includes('Score')));
  });

  test('is a standard one, with logs of every event but without what is in them, and traces', () => {
    const { template } = deployed();
    expect(machine(template).Properties).toMatchObject({
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true },
    });
    expect(machine(template).Properties!.StateMachineType ?? 'STANDARD').toBe('STANDARD');
    expect(machine(template).Properties!.StateMachineName).toBeUndefined();
  });

  test('says in its comment what it does', () => {
    expect(definition(deployed().template).Comment).toBe('Scores everything below s3://arrived/rows/ with fraud 1.4.0');
  });

  test('is the default child, and what was created can be reached', () => {
    const { batch } = deployed();
    expect(batch.node.defaultChild).toBe(batch.stateMachine);
    expect(batch.controlFunction).not.toBe(batch.scoreFunction);
    expect(batch.schedule).toBeUndefined();
  });
});

describe('a schedule: ', () => {
  const nightly = ScheduleExpression.cron({ hour: '2', minute: '0', timeZone: TimeZone.EUROPE_ZURICH });

  test('starts runs in its time zone, with no overrides', () => {
    const { template, batch } = deployed({ schedule: nightly });
    expect(starts(template).Properties).toMatchObject({
      ScheduleExpression: 'cron(0 2 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Zurich',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      Target: { Input: '{}', Arn: { 'Fn::GetAtt': [expect.stringMatching(/^NightlyAlias/), 'Arn'] } },
    });
    expect(batch.schedule).toBeDefined();
  });

  test('is the same for each version of the model: what it has missed stays known', () => {
    const [one, other] = ['1.0.0', '2.0.0'].map((version) =>
      starts(deployed({ schedule: nightly, model: tinyModel({ version }) }).template),
    );
    expect(one).toEqual(other);
  });

  test('has a role below the construct, which only the scheduler of this account takes', () => {
    const { template } = deployed({ schedule: nightly });
    const role = named(template, /^NightlyScheduleRole[0-9A-F]{8}$/);
    expect(role.Properties!.AssumeRolePolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'scheduler.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
    ]);
  });

  test('is only there when it is asked for', () => {
    expect(Object.keys(deployed().template.Resources).filter((id) => id.startsWith('NightlySchedule'))).toEqual([]);
  });
});

describe('buckets: ', () => {
  test('without a prefix, everything in them', () => {
    const stack = testStack();
    const [arrived, scored] = ['Arrived', 'Scored'].map((id) => new s3.Bucket(stack, id));
    const { template } = deployed({ input: { bucket: arrived }, output: { bucket: scored } }, stack);
    expect(settings(template)).toMatchObject({ input: { prefix: '' }, output: { prefix: '' } });
    expect(definition(template).Comment).toMatch(/^Scores everything below s3:\/\/§.*§\/ with fraud/);
  });

  test('of other stacks: the bucket does not come to depend on the batch', () => {
    const app = testApp();
    const home = new CdkStack(app, 'Home');
    const bucket = new s3.Bucket(home, 'Data', { encryption: s3.BucketEncryption.KMS });
    const nightly = new CdkStack(app, 'NightlyStack');
    deployed({ input: { bucket, prefix: 'rows/' }, output: { bucket, prefix: 'results/' } }, nightly);
    expect(nightly.dependencies).toEqual([home]);
    expect(home.dependencies).toEqual([]);
  });

  test('nothing of them is changed', () => {
    const stack = testStack();
    const bucket = new s3.Bucket(stack, 'Data');
    const { template } = deployed(
      { input: { bucket, prefix: 'rows/' }, output: { bucket, prefix: 'results/' } },
      stack,
    );
    expect(ofType(template, 'AWS::S3::BucketPolicy')).toEqual([]);
    expect(only(template, 'AWS::S3::Bucket').Properties).toBeUndefined();
  });
});

test('a topic is told of runs that succeeded', () => {
  const stack = testStack();
  const topic = new sns.Topic(stack, 'Told');
  const { template } = deployed({ topic }, stack);
  expect(definition(template).States.Tell).toMatchObject({
    Resource: expect.stringContaining(':states:::sns:publish') as string,
    Parameters: { 'Message.$': '$.finished.answer.summary' },
    Next: 'Done',
  });
  expect(references(machine(template).Properties!.DefinitionString)).toContain(
    stack.getLogicalId(topic.node.defaultChild as any),
  );
});

describe('encryption: ', () => {
  const encrypted = () => {
    const stack = testStack();
    const key = new kms.Key(stack, 'Key');
    const schedule = ScheduleExpression.rate(Duration.days(1));
    return { ...deployed({ encryptionKey: key, schedule }, stack), arn: stack.resolve(key.keyArn) as unknown };
  };

  test('one key for environments, logs, histories and the schedule', () => {
    const { template, arn } = encrypted();
    expect(control(template).Properties!.KmsKeyArn).toEqual(arn);
    expect(score(template).Properties!.KmsKeyArn).toEqual(arn);
    expect(ofType(template, 'AWS::Logs::LogGroup').map(([, group]) => group.Properties!.KmsKeyId)).toEqual([
      arn,
      arn,
      arn,
      arn,
    ]);
    expect(machine(template).Properties!.EncryptionConfiguration).toMatchObject({ KmsKeyId: arn });
    expect(starts(template).Properties!.KmsKeyArn).toEqual(arn);
  });

  test('an imported key is used, and not touched', () => {
    const stack = testStack();
    const key = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/1');
    const { template } = deployed({ encryptionKey: key }, stack);
    expect(ofType(template, 'AWS::KMS::Key')).toEqual([]);
    expect(score(template).Properties!.KmsKeyArn).toBe('arn:aws:kms:eu-west-1:111122223333:key/1');
  });
});

test('grantInvoke allows to start runs of this batch by its alias, and nothing else', () => {
  const stack = testStack();
  const bucket = new s3.Bucket(stack, 'Data');
  const batch = new BatchTransform(stack, 'Nightly', {
    model: tinyModel(),
    input: { bucket, prefix: 'rows/' },
    output: { bucket, prefix: 'results/' },
  });
  batch.grantInvoke(new iam.Role(stack, 'Caller', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') }));
  expect(identityStatements(plain(stack)).filter(({ owner }) => owner.startsWith('Caller'))).toMatchObject([
    {
      actions: ['states:StartExecution'],
      resources: [stack.resolve(batch.stateMachine.stateMachineArn)],
      condition: { 'ForAnyValue:StringEquals': { 'states:StateMachineQualifier': ['live'] } },
    },
  ]);
});

test('metrics are those of the state machine, the sum of five minutes unless told otherwise', () => {
  const { batch, stack } = deployed();
  expect(stack.resolve(batch.metric('ExecutionsStarted').dimensions)).toEqual({
    StateMachineArn: stack.resolve(batch.stateMachine.stateMachineArn),
  });
  expect(batch.metric('ExecutionsStarted')).toMatchObject({ namespace: 'AWS/States', statistic: 'Sum' });
  expect(batch.metric('ExecutionsStarted').period.toMinutes()).toBe(5);
  expect(batch.metric('ExecutionTime', { statistic: 'p90', period: Duration.hours(1) })).toMatchObject({
    statistic: 'p90',
  });
});

test('two in one stack share the layer and nothing else', () => {
  const stack = testStack();
  const bucket = new s3.Bucket(stack, 'Data');
  for (const id of ['A', 'B']) {
    new BatchTransform(stack, id, {
      model: tinyModel(),
      input: { bucket, prefix: 'rows/' },
      output: { bucket, prefix: `${id}/` },
    });
  }
  const template = plain(stack);
  expect(ofType(template, 'AWS::Lambda::LayerVersion')).toHaveLength(1);
  expect(ofType(template, 'AWS::StepFunctions::StateMachine')).toHaveLength(2);
  const batchNames = ofType(template, 'AWS::Lambda::Function').flatMap(
    ([, { Properties: properties = {} }]) => properties.Environment?.Variables?.BATCH_NAME ?? [],
  );
  expect(new Set(batchNames).size).toBe(2);
  expect([...unpublishedMetrics(template), ...deafAlarms(template)]).toEqual([]);
});

test('the same props give the same template', () => {
  expect(deployed().template).toEqual(deployed().template);
});

test('no token is written out as what it looks like inside of the CDK', () => {
  expect(strings(deployed().template).filter((text) => /\$\{Token|-1\.888/.test(text))).toEqual([]);
});

test('a stack with one and its defaults stays small', () => {
  expect(Object.keys(deployed().template.Resources).length).toBeLessThanOrEqual(35);
});
