/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import type { Family, Mistakes } from '../family';

const transform = (template: any) => template.Resources.Nightly.Properties.Definition.States.Transform;
const job = (template: any) => transform(template).Parameters;
const source = (template: any) => job(template).TransformInput.DataSource.S3DataSource;

const mistakes: Mistakes = {
  'transform-range': (t) => (job(t).ModelClientConfig.InvocationsMaxRetries = 4),
  'transform-payload': (t) => (job(t).MaxConcurrentTransforms = 17),
  'transform-records-not-split': (t) => (job(t).TransformInput.SplitType = 'None'),
  'transform-lines-run-together': (t) => delete job(t).TransformOutput.AssembleWith,
  'transform-filter-format': (t) => (job(t).TransformInput.ContentType = 'application/x-recordio-protobuf'),
  'transform-filter-length': (t) => (job(t).DataProcessing.OutputFilter = `$[0,${'1,'.repeat(29)}-1]`),
  'transform-instance-type': (t) => (job(t).TransformResources.InstanceType = 'ml.r5.xlarge'),
  'transform-key-on-nvme': (t) => (job(t).TransformResources.InstanceType = 'ml.g5.xlarge'),
  'transform-idle-instances': (t) => (source(t).S3Uri = 's3://data/in/patients.csv'),
  'transform-fixed-name': (t) => {
    delete job(t)['TransformJobName.$'];
    job(t).TransformJobName = { 'Fn::Sub': '${AWS::StackName}-nightly' };
  },
  'transform-name-characters': (t) =>
    (job(t)['TransformJobName.$'] = "States.Format('nightly_{}', $$.State.RetryCount)"),
  'transform-name-on-retry': (t) => (job(t)['TransformJobName.$'] = '$$.Execution.Name'),
  'transform-reads-its-output': (t) =>
    (job(t).TransformOutput.S3OutputPath = { 'Fn::Join': ['', ['s3://', { Ref: 'Bucket' }, '/in/']] }),
  'transform-model-source': (t) => {
    const container = t.Resources.Model.Properties.PrimaryContainer;
    delete container.ModelDataUrl;
    container.ModelDataSource = {
      S3DataSource: { S3Uri: 's3://models/chat/', S3DataType: 'S3Prefix', CompressionType: 'None' },
    };
  },
  'transform-model-arn': (t) => (job(t).ModelName = { Ref: 'Model' }),
};

function correct(): any {
  return {
    Parameters: { Bucket: { Type: 'String' } },
    Resources: {
      Model: {
        Type: 'AWS::SageMaker::Model',
        Properties: {
          ExecutionRoleArn: 'arn:aws:iam::123456789012:role/model',
          PrimaryContainer: {
            Image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/patients:1.2.0',
            ModelDataUrl: 's3://models/patients/model.tar.gz',
          },
        },
      },
      Nightly: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: {
          RoleArn: 'arn:aws:iam::123456789012:role/nightly',
          Definition: {
            StartAt: 'Transform',
            States: {
              Transform: {
                Type: 'Task',
                Resource: 'arn:aws:states:::sagemaker:createTransformJob.sync',
                Parameters: {
                  'TransformJobName.$':
                    "States.Format('nightly-{}-{}', States.ArrayGetItem(States.StringSplit($$.Execution.Name, '_'), 0), $$.State.RetryCount)",
                  ModelName: { 'Fn::GetAtt': ['Model', 'ModelName'] },
                  BatchStrategy: 'MultiRecord',
                  MaxPayloadInMB: 6,
                  MaxConcurrentTransforms: 16,
                  ModelClientConfig: { InvocationsTimeoutInSeconds: 120, InvocationsMaxRetries: 1 },
                  TransformInput: {
                    ContentType: 'text/csv',
                    SplitType: 'Line',
                    DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: { 'Fn::Sub': 's3://${Bucket}/in' } } },
                  },
                  DataProcessing: { InputFilter: '$[1:]', JoinSource: 'Input', OutputFilter: '$[0,-1]' },
                  TransformOutput: { S3OutputPath: { 'Fn::Sub': 's3://${Bucket}/out' }, AssembleWith: 'Line' },
                  TransformResources: {
                    InstanceCount: 4,
                    InstanceType: 'ml.m5.xlarge',
                    VolumeKmsKeyId: 'alias/volumes',
                  },
                },
                TimeoutSeconds: 14_400,
                Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 60, MaxAttempts: 2 }],
                End: true,
              },
            },
          },
        },
      },
    },
  };
}

/** Jobs of batch transform that a state machine starts. */
export const family: Family = { correct, mistakes };
