import { type CfnElement, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { RealtimeEndpoint } from '../../lib';
import {
  acknowledge,
  type Acknowledged,
  acknowledgedEverywhere,
  acknowledgedOfApi,
  find,
  wildcard,
} from './acknowledge';
import type { EndpointStack } from './endpoint-stack';
import type { LanguageModelStack } from './language-model-stack';
import { acknowledgedOfController } from './staged-acknowledgements';

/** Answers to cdk-nag for the classifier on instances. */
export function acknowledgeEndpoint(stack: EndpointStack): void {
  acknowledge([
    ...acknowledgedEverywhere(stack),
    ...acknowledgedOfApi(stack.api),
    ...acknowledgedOfEndpoint(stack.endpoint),
    ...(stack.endpoint.rolloutController === undefined
      ? acknowledgedOfChecker(find(stack, 'EndpointDeploymentChecker'))
      : acknowledgedOfStagedEndpoint(find(stack.endpoint, 'StagedRollout'), stack.endpoint)),
  ]);
}

/** Answers to cdk-nag for the language model. */
export function acknowledgeLanguageModel(stack: LanguageModelStack): void {
  acknowledge([
    ...acknowledgedEverywhere(stack),
    ...acknowledgedOfEndpoint(stack.endpoint),
    ...acknowledgedOfChecker(find(stack, 'EndpointDeploymentChecker')),
    {
      at: stack.endpoint.role,
      rules: [wildcard('<LOGICAL_ID.Arn>/captured/*', stack.captured)],
      reason: 'SageMaker names the objects that it captures by the time; they all lie below this prefix.',
    },
    {
      at: stack.captured,
      rules: ['AwsSolutions-S1', 'NIST.800.53.R5-S3BucketLoggingEnabled'],
      reason: 'A log of the accesses needs a bucket that all of an account share, which a sample has not.',
    },
    {
      at: stack.captured,
      rules: ['NIST.800.53.R5-S3BucketReplicationEnabled'],
      reason: 'What is captured is a sample of requests for looking into later; it can be lost.',
    },
    {
      at: stack.captured,
      rules: ['NIST.800.53.R5-S3DefaultEncryptionKMS'],
      reason: 'S3 encrypts with a key of its own; a key of yours is one prop of the bucket, and of dataCapture.',
    },
  ]);
}

function acknowledgedOfEndpoint(endpoint: RealtimeEndpoint): Acknowledged[] {
  return [
    {
      at: endpoint.role,
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      reason:
        'CloudWatch takes metrics for no resource in particular, and a token for ECR is for the whole registry; nothing else is allowed on *.',
    },
    {
      at: endpoint.role,
      rules: [
        `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/aws/sagemaker/Endpoints/${endpoint.endpointName}:*]`,
      ],
      reason: 'These are the streams of the one log group of this endpoint.',
    },
    {
      at: find(endpoint, 'Config'),
      rules: ['NIST.800.53.R5-SageMakerEndpointConfigurationKMSKeyConfigured'],
      reason:
        'The disks hold the model and no data, and are encrypted with a key of AWS, or by the instance; encryptionKey is one prop.',
    },
    ...endpoint.rollbackAlarms.map((at) => ({
      at,
      rules: ['NIST.800.53.R5-CloudWatchAlarmAction'],
      reason: 'SageMaker reads it and rolls back; nobody has to be woken for that.',
    })),
    {
      at: endpoint.alarms,
      rules: ['NIST.800.53.R5-CloudWatchAlarmAction'],
      reason:
        'Critical alarms page through the one composite alarm over them, so that an outage is one call and not five.',
    },
  ];
}

function acknowledgedOfChecker(checker: IConstruct): Acknowledged[] {
  return [
    {
      at: checker,
      rules: ['NIST.800.53.R5-LambdaConcurrency', 'NIST.800.53.R5-LambdaDLQ', 'NIST.800.53.R5-LambdaInsideVPC'],
      reason:
        'CloudFormation runs it once per deployment, waits for it, and fails the deployment when it hears nothing.',
    },
    {
      at: checker,
      rules: [wildcard('<LOGICAL_ID.Arn>:*', find(checker, 'Function'))],
      reason: 'The framework of the CDK calls this one function, in whichever version.',
    },
  ];
}

/** What a staged rollout of an endpoint answers. */
function acknowledgedOfStagedEndpoint(rollout: IConstruct, endpoint: RealtimeEndpoint): Acknowledged[] {
  const role = find(rollout, 'Role');
  const wildcards = (service: string, ...resources: string[]): string[] =>
    resources.map(
      (resource) =>
        `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>:${resource}]`,
    );
  const prefixOf = (path: string): string =>
    Stack.of(endpoint)
      .getLogicalId(find(endpoint, path) as CfnElement)
      .toLowerCase();
  return [
    ...acknowledgedOfController(rollout),
    {
      at: role,
      rules: wildcards(
        'sagemaker',
        `endpoint-config/${endpoint.endpointName}-rollout-*`,
        `endpoint-config/${prefixOf('Config')}-*`,
        `model/${prefixOf('Variants/AllTraffic/Model')}-*`,
      ),
      reason:
        'It makes configurations, and removes old ones with their models: all of this endpoint, by how their names begin.',
    },
    {
      at: role,
      rules: wildcards('cloudwatch', `alarm:TargetTracking-endpoint/${endpoint.endpointName}/*`),
      reason: 'These are the alarms by which this one endpoint is scaled; AWS makes up their names.',
    },
  ];
}
