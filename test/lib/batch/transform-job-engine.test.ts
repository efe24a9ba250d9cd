/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access -- definitions are plain JSON */
import { Duration, Fn, Size, type Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  BatchEngine,
  BatchFormat,
  BatchTransform,
  type BatchTransformProps,
  InstanceType,
  ModelArtifact,
  ServingAccelerator,
  type TransformJobOptions,
  TransformSplit,
  TransformStrategy,
} from '../../../lib';
import { findingsIn } from '../../../lib/checks/finding';
import { FAMILIES } from '../../../lib/checks/rules/all-rules';
import { selectRules } from '../../../lib/checks/selection';
import { ResolvedTemplate } from '../../../lib/checks/template/resolved-template';
import { containerModel } from '../../fakes/endpoints';
import { TINY_FILE, tinyModel } from '../../fakes/models';
import { identityStatements } from '../../helpers/statements';
import { ofType, only, plain, testStack } from '../../helpers/synth';

type Machine = Readonly<Record<string, any>>;

const type = InstanceType.G5_XLARGE;

function deployed(
  options: TransformJobOptions = { type },
  props: (stack: Stack) => Partial<BatchTransformProps> = () => ({}),
) {
  const stack = testStack({ env: { account: '111122223333', region: 'eu-west-1' } });
  const batch = new BatchTransform(stack, 'Nightly', {
    model: containerModel(),
    input: { bucket: s3.Bucket.fromBucketName(stack, 'Arrived', 'arrived'), prefix: 'rows/' },
    output: { bucket: s3.Bucket.fromBucketName(stack, 'Scored', 'scored'), prefix: 'results/' },
    engine: BatchEngine.transformJobs(options),
    ...props(stack),
  });
  const template = plain(stack);
  const text: unknown = only(template, 'AWS::StepFunctions::StateMachine').Properties!.DefinitionString;
  const { 'Fn::Join': [, parts] = [undefined, [text]] } = text as { 'Fn::Join'?: [string, unknown[]] };
  const machine = JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'REF')).join('')) as Machine;
  const of = (owner: string) => identityStatements(template).filter((statement) => statement.owner.startsWith(owner));
  return { stack, batch, template, machine, of, job: machine.States.JobFirst.Parameters as Machine };
}

const refusal = (options: TransformJobOptions, props?: Partial<BatchTransformProps>): string => {
  try {
    deployed(options, () => props ?? {});
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('the state machine: ', () => {
  test('has no fault of the checks: its calls take what it gives, and every state is reached', () => {
    const { template } = deployed({
      type,
      joinInput: true,
      inputFilter: '$[1:]',
      outputFilter: '$[0,-1]',
      dataCapture: true,
      gzip: true,
      environment: { MODE: 'batch' },
      amiVersion: 'al2-ami-sagemaker-batch-gpu-535',
      maxConcurrentTransforms: 4,
      invocationRetries: 1,
    });
    const rules = selectRules({ rules: ['state-machines', 'batch-transform'] }, FAMILIES);
    const found = findingsIn([{ file: 'app.json', resolved: new ResolvedTemplate(template) }], rules);
    expect(found.map(({ rule, message }) => `${rule.id}: ${message}`)).toEqual([]);
  });

  test('the checks know what a job takes, and see a parameter that it does not', () => {
    const { machine } = deployed();
    const parameters = machine.States.JobFirst.Parameters as Record<string, unknown>;
    parameters.TransformJob = 'x';
    const resources = {
      Machine: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: { RoleArn: 'arn:x', DefinitionString: JSON.stringify(machine) },
      },
    };
    const rules = selectRules({ rules: ['state-machines'] }, FAMILIES);
    const found = findingsIn([{ file: 'app.json', resolved: new ResolvedTemplate({ Resources: resources }) }], rules);
    expect(found.map(({ rule }) => rule.id)).toContain('states-unknown-parameter');
  });

  test('a partition is taken a step on, until it is complete, before the judge and in the map alike', () => {
    const { machine } = deployed();
    const { States: each, StartAt: start } = machine.States.ScoreRest.ItemProcessor as Machine;
    expect(machine.States.AnythingToJudge.Choices[0].Next).toBe('BeginFirst');
    expect(start).toBe('Begin');
    expect(machine.States.AdvancedFirst.Choices[0]).toMatchObject({
      Variable: '$.last.answer.complete',
      Next: 'Judge',
    });
    expect(each.Advanced.Choices[0]).toMatchObject({ Variable: '$.last.answer.complete', Next: 'PartitionDone' });
    for (const [states, suffix] of [
      [machine.States, 'First'],
      [each, ''],
    ]) {
      expect(states[`Job${suffix}`]).toMatchObject({
        Resource: 'arn:aws:states:::sagemaker:createTransformJob.sync',
        ResultPath: '$.ended',
        Next: `Advance${suffix}`,
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.ended', Next: `Advance${suffix}` }],
      });
      // A second request by the same name would hide what became of the first.
      expect(states[`Job${suffix}`]).not.toHaveProperty('Retry');
      expect(states[`Wait${suffix}`]).toMatchObject({ SecondsPath: '$.last.answer.wait' });
    }
    expect(machine.States.AdvanceFirst).not.toHaveProperty('Catch');
    expect(each.Advance.Catch).toEqual([{ ErrorEquals: ['States.ALL'], Next: 'LeftForLater' }]);
  });

  test('as many jobs at a time as are asked for, two by default', () => {
    expect(deployed().machine.States.ScoreRest.MaxConcurrency).toBe(2);
    expect(deployed({ type, maxConcurrentJobs: 7 }).machine.States.ScoreRest.MaxConcurrency).toBe(7);
  });
});

describe('a job: ', () => {
  test('defaults', () => {
    const { job, machine } = deployed();
    expect(job).toEqual({
      'TransformJobName.$': '$.last.answer.name',
      ModelName: 'REF',
      TransformInput: {
        DataSource: { S3DataSource: { S3DataType: 'ManifestFile', 'S3Uri.$': '$.last.answer.job.manifest' } },
        ContentType: 'application/jsonlines',
        SplitType: 'Line',
      },
      TransformOutput: {
        'S3OutputPath.$': '$.last.answer.job.output',
        Accept: 'application/jsonlines',
        AssembleWith: 'Line',
      },
      TransformResources: { InstanceType: 'ml.g5.xlarge', InstanceCount: 1 },
      BatchStrategy: 'MultiRecord',
      MaxPayloadInMB: 6,
      ModelClientConfig: { InvocationsTimeoutInSeconds: 600 },
      Tags: [
        { Key: 'model', Value: 'chat' },
        { Key: 'model-version', Value: '1' },
      ],
    });
    expect(machine.States.JobFirst.TimeoutSeconds).toBe(6 * 3600);
  });

  test('everything that can be said of it', () => {
    const { job, machine } = deployed(
      {
        type,
        instancesPerJob: 3,
        contentType: 'text/csv',
        accept: 'text/csv; charset=utf-8',
        strategy: TransformStrategy.SINGLE_RECORD,
        gzip: true,
        maxPayload: Size.mebibytes(20),
        maxConcurrentTransforms: 5,
        inputFilter: '$[1:]',
        outputFilter: '$[0,-1]',
        joinInput: true,
        environment: { MODE: 'batch' },
        invocationTimeout: Duration.minutes(30),
        invocationRetries: 0,
        jobTimeout: Duration.hours(2),
        maxJobsPerPartition: 5,
        dataCapture: true,
        amiVersion: 'al2-ami-sagemaker-batch-gpu-535',
      },
      () => ({ format: BatchFormat.CSV }),
    );
    expect(job).toMatchObject({
      TransformInput: { ContentType: 'text/csv', CompressionType: 'Gzip' },
      TransformOutput: { Accept: 'text/csv; charset=utf-8' },
      TransformResources: { InstanceCount: 3, TransformAmiVersion: 'al2-ami-sagemaker-batch-gpu-535' },
      BatchStrategy: 'SingleRecord',
      MaxPayloadInMB: 20,
      MaxConcurrentTransforms: 5,
      DataProcessing: { InputFilter: '$[1:]', OutputFilter: '$[0,-1]', JoinSource: 'Input' },
      Environment: { MODE: 'batch' },
      ModelClientConfig: { InvocationsTimeoutInSeconds: 1800, InvocationsMaxRetries: 0 },
      DataCaptureConfig: { 'DestinationS3Uri.$': '$.last.answer.job.capture', GenerateInferenceId: true },
    });
    expect(machine.States.JobFirst.TimeoutSeconds).toBe(7200);
    expect(machine.States.AdvanceFirst.Parameters.Payload.jobs).toEqual({
      name: 'chat',
      instances: 3,
      lines: true,
      gzip: true,
      answers: 'csv',
      capture: true,
      maxJobs: 5,
    });
  });

  test('the container of the library answers a line for each record; what else is looked into depends on what is asked for', () => {
    const of = (options: TransformJobOptions, props: Partial<BatchTransformProps> = {}) => {
      const { job, machine } = deployed({ type: InstanceType.M5_XLARGE, ...options }, () => props);
      return [
        job.TransformInput.ContentType,
        job.TransformOutput.Accept,
        machine.States.AdvanceFirst.Parameters.Payload.jobs.answers,
      ] as unknown[];
    };
    const LINES = 'application/jsonlines';
    const JSON_DOCUMENT = 'application/json';
    expect(of({}, { model: tinyModel(), format: BatchFormat.CSV })).toEqual(['text/csv', LINES, 'json-lines']);
    expect(of({}, { format: BatchFormat.CSV })).toEqual(['text/csv', 'text/csv', 'csv']);
    expect(of({ accept: 'application/jsonlines; charset=utf-8' })).toEqual([LINES, expect.anything(), 'json-lines']);
    expect(of({ contentType: JSON_DOCUMENT })).toEqual([JSON_DOCUMENT, JSON_DOCUMENT, 'opaque']);
    expect(of({ contentType: JSON_DOCUMENT, strategy: TransformStrategy.SINGLE_RECORD })[2]).toBe('json');
  });

  test('an object that is not cut is one request, and a larger one is quarantined before it costs a job', () => {
    const { job, machine } = deployed({
      type,
      split: TransformSplit.NONE,
      contentType: 'image/png',
      accept: 'application/json',
    });
    expect(job).not.toHaveProperty('BatchStrategy');
    expect(job.TransformOutput).not.toHaveProperty('AssembleWith');
    const { settings, jobs } = machine.States.AdvanceFirst.Parameters.Payload as Machine;
    expect(settings.maxObjectBytes).toBe(6 * 1024 ** 2);
    expect(jobs).toMatchObject({ lines: false, answers: 'opaque' });
  });

  test('whatever decides what comes out is part of what a run keeps results by', () => {
    const scoringOf = (options: TransformJobOptions) =>
      deployed({ type, ...options }).machine.States.Plan.Parameters.Payload.settings.scoring as string;
    const all = [
      {},
      { joinInput: true },
      { inputFilter: '$.a' },
      { outputFilter: '$.b' },
      { accept: 'text/csv' },
      { contentType: 'text/csv' },
      { strategy: TransformStrategy.SINGLE_RECORD },
      { environment: { MODE: 'x' } },
      { gzip: true },
    ].map(scoringOf);
    expect(new Set(all).size).toBe(all.length);
    expect(scoringOf({ maxConcurrentJobs: 9, instancesPerJob: 2 })).toBe(all[0]);
  });
});

describe('keys: ', () => {
  const withKeys = (instanceType: InstanceType) =>
    deployed({ type: instanceType }, (stack) => ({
      encryptionKey: new kms.Key(stack, 'Key'),
      output: { bucket: new s3.Bucket(stack, 'Own', { encryption: s3.BucketEncryption.KMS }) },
    }));

  test('the volume has the key of the batch where there is a volume, and what is written the one of its bucket', () => {
    const { job, of } = withKeys(InstanceType.M5_XLARGE);
    expect(job.TransformResources).toHaveProperty('VolumeKmsKeyId');
    expect(job.TransformOutput).toHaveProperty('KmsKeyId');
    expect(of('NightlyRole').flatMap(({ actions }) => actions)).toContain('kms:CreateGrant');
  });

  test('an instance with disks of its own takes none', () => {
    const { job, of } = withKeys(InstanceType.G5_XLARGE);
    expect(job.TransformResources).not.toHaveProperty('VolumeKmsKeyId');
    expect(job.TransformOutput).toHaveProperty('KmsKeyId');
    expect(of('NightlyRole').flatMap(({ actions }) => actions)).not.toContain('kms:CreateGrant');
  });
});

describe('permissions: ', () => {
  const JOBS = 'arn:aws:sagemaker:eu-west-1:111122223333:transform-job/chat-*';

  test('the state machine runs jobs of this model, tags them, and waits for their events: nothing is passed, nothing on everything', () => {
    const statements = deployed().of('NightlyRunsRole');
    expect(statements).toContainEqual(
      expect.objectContaining({
        actions: [
          'sagemaker:AddTags',
          'sagemaker:CreateTransformJob',
          'sagemaker:DescribeTransformJob',
          'sagemaker:ListTags',
          'sagemaker:StopTransformJob',
        ],
        resources: [JOBS],
      }),
    );
    expect(statements).toContainEqual(
      expect.objectContaining({
        actions: ['events:DescribeRule', 'events:PutRule', 'events:PutTargets'],
        resources: ['arn:aws:events:eu-west-1:111122223333:rule/StepFunctionsGetEventsForSageMakerTransformJobsRule'],
      }),
    );
    expect(statements.flatMap(({ actions }) => actions)).not.toContain('iam:PassRole');
  });

  test('the function reads input, answers and the log of jobs, and asks for jobs of this model and stops them', () => {
    const statements = deployed().of('NightlyAdvanceRole');
    expect(statements).toContainEqual(
      expect.objectContaining({
        actions: ['sagemaker:DescribeTransformJob', 'sagemaker:StopTransformJob'],
        resources: [JOBS],
      }),
    );
    expect(statements).toContainEqual(
      expect.objectContaining({
        actions: ['logs:DescribeLogStreams', 'logs:FilterLogEvents'],
        resources: [
          'arn:aws:logs:eu-west-1:111122223333:log-group:/aws/sagemaker/TransformJobs',
          'arn:aws:logs:eu-west-1:111122223333:log-group:/aws/sagemaker/TransformJobs:*',
        ],
      }),
    );
  });

  test('the containers read the input and what runs keep, and write below the runs', () => {
    const statements = deployed().of('NightlyRole');
    const on = (action: string) =>
      statements.filter(({ actions }) => actions.includes(action)).flatMap(({ resources }) => resources);
    expect(on('s3:GetObject')).toEqual(['arn:aws:s3:::arrived/rows/*', 'arn:aws:s3:::scored/results/runs/*']);
    expect(on('s3:PutObject')).toEqual(['arn:aws:s3:::scored/results/runs/*']);
    expect(statements.flatMap(({ actions }) => actions)).not.toContain('s3:*');
  });
});

describe('the model: ', () => {
  test('stays when it is replaced or removed: a run that is redriven later names it', () => {
    const [[, model]] = ofType(deployed().template, 'AWS::SageMaker::Model');
    expect(model).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  test('an ONNX model runs in the container of the library', () => {
    const { template, batch } = deployed({}, () => ({ model: tinyModel() }));
    expect(ofType(template, 'AWS::SageMaker::Model')).toHaveLength(1);
    expect(batch.engineChoice).toMatch(/^transform jobs, as given; ml\.\S+, the cheapest with \S+ GiB of memory/);
  });

  test('in a network of yours', () => {
    const { template } = deployed({ type }, undefined);
    expect(only(template, 'AWS::SageMaker::Model').Properties).not.toHaveProperty('VpcConfig');
    const stack = testStack();
    const vpc = new ec2.Vpc(stack, 'Vpc');
    new BatchTransform(stack, 'Nightly', {
      model: containerModel(),
      input: { bucket: s3.Bucket.fromBucketName(stack, 'Arrived', 'arrived') },
      output: { bucket: s3.Bucket.fromBucketName(stack, 'Scored', 'scored') },
      engine: BatchEngine.transformJobs({ type, vpc, networkIsolation: true }),
    });
    expect(only(plain(stack), 'AWS::SageMaker::Model').Properties).toMatchObject({
      EnableNetworkIsolation: true,
      VpcConfig: { Subnets: [expect.anything(), expect.anything()], SecurityGroupIds: [expect.anything()] },
    });
  });
});

describe('what is refused: ', () => {
  test('files of a model that are no archive', () => {
    const stack = testStack();
    const bucket = s3.Bucket.fromBucketName(stack, 'Models', 'models');
    const model = containerModel({}, { artifact: ModelArtifact.fromBucket(bucket, 'chat/1/') });
    expect(refusal({ type }, { model })).toMatch(
      /is no archive, and transform jobs take none uncompressed.*transform-model-data/s,
    );
  });

  test('a guess at a GPU', () => {
    const model = containerModel({ accelerator: ServingAccelerator.GPU });
    expect(refusal({}, { model })).toMatch(/'memoryRequired' is not known.*transform-instance-choice/s);
    expect(
      refusal(
        {},
        { model: containerModel({ accelerator: ServingAccelerator.GPU }, { memoryRequired: Size.gibibytes(3000) }) },
      ),
    ).toMatch(/none that batch transform has is large enough.*transform-instance-choice/s);
  });

  test('an instance without what the image needs', () => {
    const model = containerModel({ accelerator: ServingAccelerator.GPU });
    expect(refusal({ type: InstanceType.M5_XLARGE }, { model })).toMatch(/instance-accelerator/);
  });

  test('a payload that the container of the library does not take', () => {
    const options = { type: InstanceType.M5_XLARGE, maxPayload: Size.mebibytes(26) };
    expect(refusal(options, { model: tinyModel() })).toMatch(/takes 25.*transform-own-payload/s);
    expect(refusal(options)).toBe('');
    expect(refusal({ ...options, maxPayload: Size.mebibytes(25) }, { model: tinyModel() })).toBe('');
  });

  test('an ONNX model that cannot be part of its image, with what to do', () => {
    const stack = testStack();
    const bucket = s3.Bucket.fromBucketName(stack, 'Models', 'models');
    const artifact = ModelArtifact.fromBucket(bucket, 'churn/1.onnx', {
      sha256: 'a'.repeat(64),
      size: Size.mebibytes(1),
    });
    expect(refusal({ type: InstanceType.M5_XLARGE }, { model: tinyModel({ artifact }) })).toMatch(
      /is no archive.*use ModelArtifact.fromAsset, whose file becomes part of the image/s,
    );
  });

  test.each([
    ['text/csv', /'accept' is text\/csv, and the container.*transform-own-accept/s],
    ['application/json', /transform-own-accept/],
    ['application/jsonlines; charset=utf-8', /^$/],
    [Fn.importValue('accept'), /^$/],
  ])('answers in %s that the container of the library does not give', (accept, told) => {
    expect(refusal({ type: InstanceType.M5_XLARGE, accept }, { model: tinyModel() })).toMatch(told);
    expect(refusal({ type, accept })).toBe('');
  });

  test('a join of CSV with JSON', () => {
    const join: TransformJobOptions = { type: InstanceType.M5_XLARGE, joinInput: true };
    const csv = { format: BatchFormat.CSV };
    expect(refusal(join, { ...csv, model: tinyModel() })).toMatch(
      /objects are text\/csv and answers application\/jsonlines.*write the objects as JSON Lines.*transform-join/s,
    );
    expect(refusal({ ...join, accept: 'application/json' }, csv)).toMatch(/ask by 'accept'.*transform-join/s);
    expect(refusal({ ...join, accept: 'text/csv' })).toMatch(/transform-join/);
    expect(refusal(join, csv)).toBe('');
    expect(refusal(join, { model: tinyModel() })).toBe('');
    expect(refusal({ ...join, accept: Fn.importValue('accept') }, csv)).toBe('');
    expect(refusal({ ...join, joinInput: false }, { ...csv, model: tinyModel() })).toBe('');
  });

  test('functions for a container, and a header that would be scored', () => {
    expect(refusal({ type }, { engine: BatchEngine.functions() })).toMatch(/batch-engine/);
    expect(refusal({ type }, { format: BatchFormat.CSV_WITH_HEADER })).toMatch(/batch-header/);
  });
});

test('jobs that wait for the quota are told of, and throttled functions are not', () => {
  const { batch } = deployed();
  const names = batch.alarms.withSeverity('warning' as never).map(({ node }) => node.id);
  expect(names).toContain('JobsAtQuota');
  expect(names).not.toContain('ThrottledPartitions');
});

test('names of models of any length and case begin legal names of jobs', () => {
  const nameOf = (name: string) =>
    deployed({ type }, () => ({ model: containerModel({}, { name }) })).machine.States.AdvanceFirst.Parameters.Payload
      .jobs.name as string;
  expect(nameOf('Chat')).toBe('chat');
  expect(nameOf(`${'a'.repeat(19)}-b`)).toBe('a'.repeat(19));
});

test('an image that asks for a driver which transform jobs do not have is warned about', () => {
  const model = containerModel({ inferenceAmiVersion: 'al2-ami-sagemaker-inference-gpu-3-1' });
  const { stack } = deployed({ type }, () => ({ model }));
  Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('theirs is at most 535'));
  Annotations.fromStack(deployed().stack).hasNoWarning('*', Match.stringLikeRegexp('theirs is at most 535'));
});

test('an image of Hugging Face that would be sent lines is warned about', () => {
  const warns = (
    options: TransformJobOptions,
    environment: Record<string, string> = { HF_TASK: 'text-classification' },
  ) => {
    const { stack } = deployed({ type, ...options }, () => ({ model: containerModel({ environment }) }));
    return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('takes a JSON document a request'))
      .length;
  };
  const document = { contentType: 'application/json', strategy: TransformStrategy.SINGLE_RECORD };
  expect([warns({}), warns({ contentType: 'application/json' }), warns(document), warns({}, {})]).toEqual([1, 1, 0, 0]);
});

test('objects that are not cut are never larger than a request, whatever is allowed for all', () => {
  const largest = (options: TransformJobOptions, maxObjectSize?: Size) =>
    deployed({ type, ...options }, () => ({ maxObjectSize })).machine.States.AdvanceFirst.Parameters.Payload.settings
      .maxObjectBytes as number;
  const picture = { contentType: 'image/png' };
  expect(largest(picture)).toBe(6 * 1024 ** 2);
  expect(largest(picture, Size.gibibytes(1))).toBe(6 * 1024 ** 2);
  expect(largest(picture, Size.mebibytes(2))).toBe(2 * 1024 ** 2);
  expect(largest({ ...picture, maxPayload: Size.mebibytes(0) }, Size.gibibytes(1))).toBe(1024 ** 3);
  expect(largest({})).toBe(5 * 1024 ** 3);
});

test('what is proposed is what batch transform has', () => {
  const told = refusal(
    { type },
    { model: containerModel({ accelerator: ServingAccelerator.GPU }, { memoryRequired: Size.gibibytes(100) }) },
  );
  expect(told).toMatch(/instance-memory/);
  expect(told).not.toMatch(/ml\.(p4d|p5|g7e)/);
});

test('the file of an ONNX model becomes part of the image however large it is', () => {
  const artifact = ModelArtifact.fromAsset(TINY_FILE);
  Object.defineProperty(artifact, 'size', { value: Size.gibibytes(3) });
  expect(refusal({}, { model: tinyModel({ artifact }) })).toBe('');
});
