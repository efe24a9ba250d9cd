/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import type { Family, Mistakes } from '../family';

const machine = (template: any) => template.Resources.Nightly.Properties;
const states = (template: any) => machine(template).Definition.States;
const inMap = (template: any) => states(template).Score.ItemProcessor.States;
const express = (template: any) => template.Resources.Hourly.Properties;
const statements = (template: any) => template.Resources.Role.Properties.Policies[0].PolicyDocument.Statement;

/** Takes away what the role may do. */
function forbid(template: any, action: string): void {
  const list = statements(template);
  list.splice(
    list.findIndex((statement: any) => statement.Action.includes(action)),
    1,
  );
}

const mistakes: Mistakes = {
  'states-not-json': (t) => {
    delete machine(t).Definition;
    machine(t).DefinitionString = {
      'Fn::Sub': '{"StartAt": "Run", "States": {"Run": {"Resource": "${Predict.Arn}",}}}',
    };
  },
  'states-invalid': (t) => (states(t).Prepare.Timeout = 60),
  'states-missing-target': (t) => (states(t).Check.Default = 'Gone'),
  'states-unreachable': (t) => (states(t).Lost = { Type: 'Succeed' }),
  'states-no-end': (t) => {
    machine(t).Definition = {
      StartAt: 'Wait',
      States: { Wait: { Type: 'Wait', Seconds: 5, Next: 'Again' }, Again: { Type: 'Pass', Next: 'Wait' } },
    };
  },
  'states-same-name': (t) => {
    inMap(t).Ask = inMap(t).Transform;
    delete inMap(t).Transform;
    states(t).Score.ItemProcessor.StartAt = 'Ask';
  },
  'states-all-not-last': (t) => states(t).Prepare.Retry.unshift({ ErrorEquals: ['States.ALL'] }),
  'states-express-waits': (t) => (states(t).Score.ItemProcessor.ProcessorConfig.ExecutionType = 'EXPRESS'),
  'states-express-distributed': (t) => {
    express(t).Definition.States = {
      Run: {
        Type: 'Map',
        MaxConcurrency: 4,
        ToleratedFailurePercentage: 5,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
          StartAt: 'Nothing',
          States: { Nothing: { Type: 'Succeed' } },
        },
        End: true,
      },
    };
  },
  'states-express-unlogged': (t) => delete express(t).LoggingConfiguration,
  'states-log-destination': (t) =>
    (express(t).LoggingConfiguration.Destinations[0].CloudWatchLogsLogGroup.LogGroupArn = { Ref: 'Log' }),
  'states-map-unbounded': (t) => (states(t).Score.MaxConcurrency = 0),
  'states-map-tolerates-nothing': (t) => {
    delete states(t).Score.ToleratedFailurePercentage;
    states(t).Score.ItemProcessor = {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'Nothing',
      States: { Nothing: { Type: 'Pass', End: true } },
    };
  },
  'states-tolerates-everything': (t) => {
    states(t).Score.ToleratedFailurePercentage = 100;
    delete states(t).Score.ResultWriter;
  },
  'states-inline-map': (t) => (states(t).Score.ItemProcessor.ProcessorConfig = { Mode: 'INLINE' }),
  'states-choice-without-default': (t) => {
    delete states(t).Check.Default;
    delete states(t).Empty;
  },
  'states-unknown-action': (t) => (states(t).Measure.Resource = 'arn:aws:states:::aws-sdk:cloudwatch:putMetrics'),
  'states-unknown-parameter': (t) => (inMap(t).Transform.Parameters.RoleArn = 'arn:aws:iam::123456789012:role/jobs'),
  'states-missing-parameter': (t) => delete inMap(t).Transform.Parameters.TransformOutput.S3OutputPath,
  'states-cannot-wait': (t) => (states(t).Measure.Resource += '.sync'),
  'states-token-not-given': (t) => delete states(t).Ask.Parameters.MessageBody['Token.$'],
  'states-waits-for-ever': (t) => delete states(t).Ask.TimeoutSeconds,
  'states-function-without-retry': (t) => delete states(t).Prepare.Retry,
  'states-jobs-without-retry': (t) => delete inMap(t).Transform.Retry,
  'states-path-as-text': (t) => (states(t).Ask.Parameters.MessageBody.Result = '$.result'),
  'states-role-permissions': (t) => forbid(t, 'sagemaker:AddTags'),
  'states-distributed-permissions': (t) => forbid(t, 'states:StartExecution'),
};

const allow = (actions: readonly string[], resource: unknown) => ({
  Effect: 'Allow',
  Action: actions,
  Resource: resource,
});

function correct(): any {
  return {
    Parameters: { Bucket: { Type: 'String' } },
    Resources: {
      Predict: {
        Type: 'AWS::Lambda::Function',
        Properties: { Timeout: 60, Role: 'arn:aws:iam::123456789012:role/predict' },
      },
      Questions: { Type: 'AWS::SQS::Queue', Properties: { SqsManagedSseEnabled: true } },
      Log: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 30 } },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {
            Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'states.amazonaws.com' } }],
          },
          Policies: [
            {
              PolicyName: 'Run',
              PolicyDocument: {
                Statement: [
                  allow(['lambda:InvokeFunction'], { 'Fn::GetAtt': ['Predict', 'Arn'] }),
                  allow(['sqs:SendMessage'], { 'Fn::GetAtt': ['Questions', 'Arn'] }),
                  allow(['cloudwatch:PutMetricData'], '*'),
                  allow(['states:StartExecution'], {
                    'Fn::Sub': 'arn:aws:states:${AWS::Region}:${AWS::AccountId}:stateMachine:nightly',
                  }),
                  allow(
                    ['sagemaker:CreateTransformJob', 'sagemaker:DescribeTransformJob', 'sagemaker:StopTransformJob'],
                    { 'Fn::Sub': 'arn:aws:sagemaker:${AWS::Region}:${AWS::AccountId}:transform-job/*' },
                  ),
                  allow(['sagemaker:AddTags'], '*'),
                  allow(['events:PutTargets', 'events:PutRule', 'events:DescribeRule'], {
                    'Fn::Sub': 'arn:aws:events:${AWS::Region}:${AWS::AccountId}:rule/StepFunctionsGetEvents*',
                  }),
                ],
              },
            },
          ],
        },
      },
      Nightly: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: {
          StateMachineName: 'nightly',
          RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
          Definition: {
            StartAt: 'Prepare',
            States: {
              Prepare: {
                Type: 'Task',
                Resource: 'arn:aws:states:::lambda:invoke',
                Parameters: { FunctionName: { 'Fn::GetAtt': ['Predict', 'Arn'] }, 'Payload.$': '$' },
                ResultSelector: { 'files.$': '$.Payload.files' },
                Retry: [
                  {
                    ErrorEquals: ['Lambda.ServiceException', 'Lambda.TooManyRequestsException'],
                    IntervalSeconds: 2,
                    MaxAttempts: 6,
                    BackoffRate: 2,
                  },
                  { ErrorEquals: ['States.ALL'], MaxAttempts: 1 },
                ],
                Next: 'Check',
              },
              Check: {
                Type: 'Choice',
                Choices: [{ Variable: '$.files[0]', IsPresent: true, Next: 'Score' }],
                Default: 'Empty',
              },
              Empty: { Type: 'Fail', Error: 'Empty', Cause: 'There is nothing to score.' },
              Score: {
                Type: 'Map',
                MaxConcurrency: 4,
                ToleratedFailurePercentage: 5,
                ItemReader: {
                  Resource: 'arn:aws:states:::s3:listObjectsV2',
                  Parameters: { Bucket: { Ref: 'Bucket' }, Prefix: 'in/' },
                },
                ItemProcessor: {
                  ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
                  StartAt: 'Transform',
                  States: {
                    Transform: {
                      Type: 'Task',
                      Resource: 'arn:aws:states:::sagemaker:createTransformJob.sync',
                      Parameters: {
                        'TransformJobName.$': "States.Format('nightly-{}', States.UUID())",
                        ModelName: 'breast-cancer',
                        TransformInput: {
                          ContentType: 'text/csv',
                          SplitType: 'Line',
                          DataSource: {
                            S3DataSource: { S3DataType: 'S3Prefix', 'S3Uri.$': "States.Format('s3://in/{}', $.Key)" },
                          },
                        },
                        TransformOutput: { S3OutputPath: { 'Fn::Sub': 's3://${Bucket}/out' }, AssembleWith: 'Line' },
                        TransformResources: { InstanceCount: 1, InstanceType: 'ml.m5.large' },
                      },
                      TimeoutSeconds: 7200,
                      Retry: [
                        {
                          ErrorEquals: ['SageMaker.AmazonSageMakerException'],
                          IntervalSeconds: 30,
                          MaxAttempts: 5,
                          BackoffRate: 2,
                          JitterStrategy: 'FULL',
                        },
                      ],
                      End: true,
                    },
                  },
                },
                ResultWriter: {
                  Resource: 'arn:aws:states:::s3:putObject',
                  Parameters: { Bucket: { Ref: 'Bucket' }, Prefix: 'results' },
                },
                ResultPath: null,
                Next: 'Ask',
              },
              Ask: {
                Type: 'Task',
                Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
                Parameters: {
                  QueueUrl: { Ref: 'Questions' },
                  MessageBody: { 'Token.$': '$$.Task.Token', 'Files.$': '$.files' },
                },
                TimeoutSeconds: 86_400,
                Next: 'Measure',
              },
              Measure: {
                Type: 'Task',
                QueryLanguage: 'JSONata',
                Resource: 'arn:aws:states:::aws-sdk:cloudwatch:putMetricData',
                Arguments: {
                  Namespace: 'nightly',
                  MetricData: [{ MetricName: 'files', Value: '{% $count($states.input.files) %}' }],
                },
                End: true,
              },
            },
          },
        },
      },
      Hourly: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: {
          StateMachineType: 'EXPRESS',
          RoleArn: 'arn:aws:iam::123456789012:role/hourly',
          LoggingConfiguration: {
            Level: 'ERROR',
            Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: { 'Fn::GetAtt': ['Log', 'Arn'] } } }],
          },
          Definition: { StartAt: 'Run', States: { Run: { Type: 'Pass', End: true } } },
        },
      },
    },
  };
}

/** What state machines say, how they run, and what they call. */
export const family: Family = { correct, mistakes };
