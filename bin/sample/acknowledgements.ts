import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { ServerlessStack } from './serverless-stack';

/** A finding of a policy check that this sample lives with, where, and why. */
interface Acknowledged {
  readonly at: IConstruct;
  readonly rules: readonly string[];
  readonly reason: string;
}

/**
 * Answers to cdk-nag (AwsSolutions and NIST 800-53 R5) for this sample. The constructs of the library acknowledge
 * nothing themselves, so that your own audit sees everything: each line here is a decision that is yours to take.
 */
export function acknowledgeFindings(stack: ServerlessStack): void {
  const find = (path: string): IConstruct =>
    path.split('/').reduce<IConstruct>((parent, id) => parent.node.findChild(id), stack);
  const inference = stack.inference;
  const smokeTest = find('Tumours/Rollout/SmokeTest');
  const stage = stack.api.api.deploymentStage;

  const decisions: Acknowledged[] = [
    {
      at: find('Tumours/Role'),
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      reason: 'X-Ray takes traces for no resource in particular; nothing else is allowed on *.',
    },
    {
      at: find('Tumours/Rollout/Role'),
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      reason: 'CloudWatch answers for composite alarms only to who may describe all alarms.',
    },
    {
      at: find('Tumours/Rollout/SmokeTest/Role'),
      rules: [
        wildcard(stack, '<LOGICAL_ID.Arn>:*', inference.function),
        wildcard(
          stack,
          'arn:<AWS::Partition>:codedeploy:<AWS::Region>:<AWS::AccountId>:deploymentgroup:<LOGICAL_ID>/*',
          find('Tumours/Rollout/Application'),
        ),
      ],
      reason:
        'It calls whichever version is new of this one function, and reports to the groups of this one application.',
    },
    {
      at: find('ApiGatewayLoggingRole'),
      rules: ['AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:*]'],
      reason:
        'One role writes the logs of every API of the account and region, and their log groups are not known to it.',
    },
    {
      at: stack,
      rules: ['NIST.800.53.R5-IAMNoInlinePolicy'],
      reason:
        'A policy that serves one role and is deleted with it is best kept inside it; managed policies are for sharing.',
    },
    {
      at: inference.failureQueue!,
      rules: ['AwsSolutions-SQS3'],
      reason: 'This is the dead-letter queue: requests that failed for good come here, and an alarm watches it.',
    },
    {
      at: inference.function,
      rules: ['NIST.800.53.R5-LambdaDLQ'],
      reason: 'The alias has an on-failure destination, which keeps the whole request and not just its payload.',
    },
    {
      at: inference.function,
      rules: ['NIST.800.53.R5-LambdaConcurrency'],
      reason: 'A sample shares the concurrency of its account; reservedConcurrency is one prop.',
    },
    {
      at: inference.function,
      rules: ['NIST.800.53.R5-LambdaInsideVPC'],
      reason: 'It reaches nothing that lies in a network; vpc is one prop.',
    },
    {
      at: smokeTest,
      rules: ['NIST.800.53.R5-LambdaConcurrency', 'NIST.800.53.R5-LambdaDLQ', 'NIST.800.53.R5-LambdaInsideVPC'],
      reason: 'CodeDeploy runs it once per deployment, and fails the deployment itself when it hears no verdict.',
    },
    {
      at: stack,
      rules: ['NIST.800.53.R5-CloudWatchLogGroupEncrypted'],
      reason: 'CloudWatch encrypts logs with a key of its own, and these hold no payloads; encryptionKey is one prop.',
    },
    {
      at: find('OnCall'),
      rules: ['NIST.800.53.R5-SNSEncryptedKMS'],
      reason: 'The messages name alarms and nothing of the data, and the topic takes them over TLS only.',
    },
    ...inference.rollbackAlarms.map((at) => ({
      at,
      rules: ['NIST.800.53.R5-CloudWatchAlarmAction'],
      reason: 'CodeDeploy reads it and rolls back; nobody has to be woken for that.',
    })),
    {
      at: inference.alarms,
      rules: ['NIST.800.53.R5-CloudWatchAlarmAction'],
      reason:
        'Critical alarms page through the one composite alarm over them, so that an outage is one call and not five.',
    },
    {
      at: stack.api,
      rules: ['AwsSolutions-APIG4', 'AwsSolutions-COG4'],
      reason: 'The sample asks for an API key, which anybody can try with curl; IAM is the default of the construct.',
    },
    {
      at: stack.api,
      rules: ['AwsSolutions-APIG2'],
      reason: 'Bodies are validated against the schema of the model; GET /health takes no input to validate.',
    },
    {
      at: stage,
      rules: ['AwsSolutions-APIG3', 'NIST.800.53.R5-APIGWAssociatedWithWAF'],
      reason: 'A web ACL costs some dollars a month, which a sample should not; firewall is one prop.',
    },
    {
      at: stage,
      rules: ['AwsSolutions-APIG6', 'NIST.800.53.R5-APIGWExecutionLoggingEnabled'],
      reason:
        'Access logs say who asked for what and how it went; execution logs would hold payloads, and are kept for ever.',
    },
    {
      at: stage,
      rules: ['NIST.800.53.R5-APIGWCacheEnabledAndEncrypted'],
      reason: 'A prediction belongs to one body of a POST, which the cache of API Gateway does not look at.',
    },
    {
      at: stage,
      rules: ['NIST.800.53.R5-APIGWSSLEnabled'],
      reason: 'A client certificate is for backends that are called over HTTP; AWS Lambda is called with IAM.',
    },
  ];
  for (const { at, rules, reason } of decisions) {
    Validations.of(at).acknowledge(...rules.map((id) => ({ id, reason })));
  }
}

/** The name that cdk-nag gives to a wildcard after a reference: it holds the logical id, here of a construct's resource. */
function wildcard(stack: ServerlessStack, resource: string, owner: IConstruct): string {
  const element = (owner.node.defaultChild ?? owner) as Parameters<ServerlessStack['getLogicalId']>[0];
  return `AwsSolutions-IAM5[Resource::${resource.replace('LOGICAL_ID', stack.getLogicalId(element))}]`;
}
