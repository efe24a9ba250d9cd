/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import type { Family, Mistakes } from '../family';

const properties = (template: any, id: string) => template.Resources[id].Properties;
const allow = (Action: string | string[], Resource: unknown, more: object = {}): object => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const trust = (...services: string[]): object => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: services.map((service) => `${service}.amazonaws.com`) },
      Action: 'sts:AssumeRole',
    },
  ],
});
const arnOf = (id: string): object => ({ 'Fn::GetAtt': [id, 'Arn'] });
const within = (id: string, path: string): object => ({ 'Fn::Sub': `\${${id}.Arn}/${path}` });
const caller = (template: any) => properties(template, 'CallerPolicy').PolicyDocument.Statement;
const modelRole = (template: any) => properties(template, 'ModelRole').Policies[0].PolicyDocument.Statement;
const take = (statements: any[], action: string): void => {
  statements.splice(
    statements.findIndex(({ Action }) => [Action].flat().includes(action)),
    1,
  );
};

const mistakes: Mistakes = {
  'iam-full-access-policy': (t) =>
    (properties(t, 'ModelRole').ManagedPolicyArns = [
      { 'Fn::Sub': 'arn:${AWS::Partition}:iam::aws:policy/AmazonSageMakerFullAccess' },
    ]),
  'iam-whole-service': (t) => (caller(t)[0].Action = 'sagemaker:*'),
  'iam-any-resource': (t) => (caller(t)[0].Resource = '*'),
  'iam-pass-any-role': (t) => delete caller(t)[1].Condition,
  'iam-all-but': (t) => {
    delete caller(t)[0].Action;
    caller(t)[0].NotAction = 'iam:*';
  },
  'iam-trust-everyone': (t) =>
    properties(t, 'CallerRole').AssumeRolePolicyDocument.Statement.push({
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: 'sts:AssumeRole',
    }),
  'policy-for-everyone': (t) =>
    properties(t, 'JobsPolicy').PolicyDocument.Statement.push({
      Effect: 'Allow',
      Principal: '*',
      Action: 'sqs:SendMessage',
      Resource: arnOf('Jobs'),
    }),
  'policy-any-source': (t) => delete properties(t, 'JobsPolicy').PolicyDocument.Statement[0].Condition,
  'function-any-source': (t) => delete properties(t, 'OnUpload').SourceAccount,
  'function-for-everyone': (t) => {
    properties(t, 'OnUpload').Principal = '*';
    delete properties(t, 'OnUpload').SourceAccount;
  },
  'role-not-trusted': (t) => (properties(t, 'ModelRole').AssumeRolePolicyDocument = trust('lambda')),
  'model-role-permissions': (t) => take(modelRole(t), 'ecr:BatchGetImage'),
  'endpoint-role-permissions': (t) => take(modelRole(t), 's3:PutObject'),
  'rollback-alarms-unreadable': (t) => take(modelRole(t), 'cloudwatch:DescribeAlarms'),
  'function-role-vpc': (t) => properties(t, 'CallerRole').ManagedPolicyArns.pop(),
  'state-machine-role-events': (t) => properties(t, 'NightlyRole').Policies[0].PolicyDocument.Statement.pop(),
  'iam-bucket-or-objects': (t) => (caller(t)[2].Resource = arnOf('Captured')),
  'iam-action-prefix': (t) => (caller(t)[0].Action = 'sagemaker-runtime:InvokeEndpoint'),
};

function correct(): any {
  return {
    Resources: {
      Captured: {
        Type: 'AWS::S3::Bucket',
        Properties: {
          LifecycleConfiguration: {
            Rules: [
              {
                Status: 'Enabled',
                ExpirationInDays: 90,
                AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
              },
            ],
          },
        },
      },
      CapturedPolicy: {
        Type: 'AWS::S3::BucketPolicy',
        Properties: {
          Bucket: { Ref: 'Captured' },
          PolicyDocument: {
            Statement: [
              {
                Effect: 'Deny',
                Principal: '*',
                Action: 's3:*',
                Resource: [arnOf('Captured'), within('Captured', '*')],
                Condition: { Bool: { 'aws:SecureTransport': 'false' } },
              },
            ],
          },
        },
      },
      ModelRole: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: trust('sagemaker'),
          Policies: [
            {
              PolicyName: 'Serve',
              PolicyDocument: {
                Statement: [
                  allow(['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], {
                    'Fn::Sub': 'arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/chat',
                  }),
                  allow('ecr:GetAuthorizationToken', '*'),
                  allow('s3:GetObject', within('Captured', 'models/*')),
                  allow('s3:PutObject', within('Captured', 'captured/*')),
                  allow('cloudwatch:DescribeAlarms', '*'),
                ],
              },
            },
          ],
        },
      },
      Model: {
        Type: 'AWS::SageMaker::Model',
        Properties: {
          ExecutionRoleArn: arnOf('ModelRole'),
          PrimaryContainer: {
            Image: { 'Fn::Sub': '${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/chat:1.4.0' },
            ModelDataUrl: { 'Fn::Sub': 's3://${Captured}/models/chat.tar.gz' },
          },
        },
      },
      Config: {
        Type: 'AWS::SageMaker::EndpointConfig',
        Properties: {
          ProductionVariants: [
            {
              VariantName: 'main',
              ModelName: { 'Fn::GetAtt': ['Model', 'ModelName'] },
              InstanceType: 'ml.m5.xlarge',
              InitialInstanceCount: 2,
            },
          ],
          DataCaptureConfig: {
            EnableCapture: true,
            InitialSamplingPercentage: 10,
            DestinationS3Uri: { 'Fn::Sub': 's3://${Captured}/captured' },
            CaptureOptions: [{ CaptureMode: 'Input' }],
          },
        },
      },
      Endpoint: {
        Type: 'AWS::SageMaker::Endpoint',
        Properties: {
          EndpointName: 'chat',
          EndpointConfigName: { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] },
          DeploymentConfig: {
            AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'chat-new-fleet' }] },
            BlueGreenUpdatePolicy: {
              TerminationWaitInSeconds: 600,
              MaximumExecutionTimeoutInSeconds: 7200,
              TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 0 },
            },
          },
        },
      },
      CallerRole: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: trust('lambda'),
          ManagedPolicyArns: [
            { 'Fn::Sub': 'arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole' },
            { 'Fn::Sub': 'arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole' },
          ],
        },
      },
      CallerPolicy: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          PolicyName: 'Call',
          Roles: [{ Ref: 'CallerRole' }],
          PolicyDocument: {
            Statement: [
              allow('sagemaker:InvokeEndpoint', { Ref: 'Endpoint' }),
              allow('iam:PassRole', '*', {
                Condition: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } },
              }),
              allow('s3:GetObject', within('Captured', '*')),
              allow(['s3:ListBucket'], arnOf('Captured')),
              allow(['xray:PutTraceSegments'], '*'),
            ],
          },
        },
      },
      Caller: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          Role: arnOf('CallerRole'),
          Runtime: 'nodejs24.x',
          Handler: 'index.handler',
          Timeout: 10,
          Code: { S3Bucket: 'code', S3Key: 'caller.zip' },
          VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] },
        },
      },
      OnUpload: {
        Type: 'AWS::Lambda::Permission',
        Properties: {
          Action: 'lambda:InvokeFunction',
          FunctionName: { Ref: 'Caller' },
          Principal: 's3.amazonaws.com',
          SourceAccount: { Ref: 'AWS::AccountId' },
        },
      },
      Jobs: { Type: 'AWS::SQS::Queue', Properties: {} },
      JobsPolicy: {
        Type: 'AWS::SQS::QueuePolicy',
        Properties: {
          Queues: [{ Ref: 'Jobs' }],
          PolicyDocument: {
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Service: 's3.amazonaws.com' },
                Action: 'sqs:SendMessage',
                Resource: arnOf('Jobs'),
                Condition: { ArnEquals: { 'aws:SourceArn': arnOf('Captured') } },
              },
            ],
          },
        },
      },
      NightlyRole: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: trust('states'),
          Policies: [
            {
              PolicyName: 'Run',
              PolicyDocument: {
                Statement: [
                  allow(
                    ['sagemaker:CreateTransformJob', 'sagemaker:DescribeTransformJob', 'sagemaker:StopTransformJob'],
                    {
                      'Fn::Sub': 'arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:transform-job/*',
                    },
                  ),
                  allow(['sagemaker:AddTags', 'sagemaker:ListTags'], '*'),
                  allow(['events:PutTargets', 'events:PutRule', 'events:DescribeRule'], {
                    'Fn::Sub':
                      'arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/StepFunctionsGetEventsForSageMakerTransformJobsRule',
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
          RoleArn: arnOf('NightlyRole'),
          DefinitionString: {
            'Fn::Sub':
              '{"StartAt":"Run","States":{"Run":{"Type":"Task","End":true,"TimeoutSeconds":7200,"Resource":"arn:${AWS::Partition}:states:::sagemaker:createTransformJob.sync","Parameters":{"TransformJobName.$":"$$.Execution.Name","ModelName":"${Model.ModelName}","TransformInput":{"DataSource":{"S3DataSource":{"S3DataType":"S3Prefix","S3Uri":"s3://${Captured}/in"}}},"TransformOutput":{"S3OutputPath":"s3://${Captured}/out"},"TransformResources":{"InstanceCount":1,"InstanceType":"ml.m5.large"}}}}}',
          },
        },
      },
    },
  };
}

/** Who may do what: too much of it, and too little. */
export const family: Family = { correct, mistakes };
