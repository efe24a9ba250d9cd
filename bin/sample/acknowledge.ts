import { type CfnElement, Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { InferenceApi } from '../../lib';

/** A finding of a policy check that this sample lives with, where, and why. */
export interface Acknowledged {
  readonly at: IConstruct;
  readonly rules: readonly string[];
  readonly reason: string;
}

/**
 * Answers findings of cdk-nag (AwsSolutions and NIST 800-53 R5). The constructs of the library acknowledge nothing
 * themselves, so that your own audit sees everything: each line here is a decision that is yours to take.
 */
export function acknowledge(decisions: readonly Acknowledged[]): void {
  for (const { at, rules, reason } of decisions) {
    Validations.of(at).acknowledge(...rules.map((id) => ({ id, reason })));
  }
}

/** A construct below another, by its path. */
export function find(scope: IConstruct, path: string): IConstruct {
  return path.split('/').reduce((parent, id) => parent.node.findChild(id), scope);
}

/** The name that cdk-nag gives to a wildcard after a reference: it holds the logical id, here of a construct's resource. */
export function wildcard(resource: string, owner: IConstruct): string {
  const element = (owner.node.defaultChild ?? owner) as CfnElement;
  return `AwsSolutions-IAM5[Resource::${resource.replace('LOGICAL_ID', Stack.of(owner).getLogicalId(element))}]`;
}

/** What every stack of the sample answers alike. */
export function acknowledgedEverywhere(stack: Stack): Acknowledged[] {
  return [
    {
      at: stack,
      rules: ['NIST.800.53.R5-IAMNoInlinePolicy'],
      reason:
        'A policy that serves one role and is deleted with it is best kept inside it; managed policies are for sharing.',
    },
    {
      at: find(stack, 'OnCall'),
      rules: ['NIST.800.53.R5-SNSEncryptedKMS'],
      reason: 'The messages name alarms and nothing of the data, and the topic takes them over TLS only.',
    },
    {
      at: stack,
      rules: ['NIST.800.53.R5-CloudWatchLogGroupEncrypted'],
      reason: 'CloudWatch encrypts logs with a key of its own, and these hold no payloads; encryptionKey is one prop.',
    },
  ];
}

/** What every rollout of an alias answers alike. */
export function acknowledgedOfRollout(
  rollout: IConstruct,
  of: IConstruct,
  alarms: readonly IConstruct[],
): Acknowledged[] {
  const smokeTest = find(rollout, 'SmokeTest');
  return [
    {
      at: find(rollout, 'Role'),
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      reason: 'CloudWatch answers for composite alarms only to who may describe all alarms.',
    },
    {
      at: find(smokeTest, 'Role'),
      rules: [
        wildcard('<LOGICAL_ID.Arn>:*', of),
        wildcard(
          'arn:<AWS::Partition>:codedeploy:<AWS::Region>:<AWS::AccountId>:deploymentgroup:<LOGICAL_ID>/*',
          find(rollout, 'Application'),
        ),
      ],
      reason:
        'It calls whichever version is new of this one function, and reports to the groups of this one application.',
    },
    {
      at: smokeTest,
      rules: ['NIST.800.53.R5-LambdaConcurrency', 'NIST.800.53.R5-LambdaDLQ', 'NIST.800.53.R5-LambdaInsideVPC'],
      reason: 'CodeDeploy runs it once per deployment, and fails the deployment itself when it hears no verdict.',
    },
    ...alarms.map((at) => ({
      at,
      rules: ['NIST.800.53.R5-CloudWatchAlarmAction'],
      reason: 'CodeDeploy reads it and rolls back; nobody has to be woken for that.',
    })),
  ];
}

/** What every function that predicts answers alike, and its alarms. */
export function acknowledgedOfFunction({
  function: predicting,
  alarms,
}: {
  readonly function: IConstruct;
  readonly alarms: IConstruct;
}): Acknowledged[] {
  return [
    {
      at: predicting,
      rules: ['NIST.800.53.R5-LambdaConcurrency'],
      reason: 'A sample shares the concurrency of its account; reservedConcurrency is one prop.',
    },
    {
      at: predicting,
      rules: ['NIST.800.53.R5-LambdaInsideVPC'],
      reason: 'It reaches nothing that lies in a network; vpc is one prop.',
    },
    {
      at: alarms,
      rules: ['NIST.800.53.R5-CloudWatchAlarmAction'],
      reason:
        'Critical alarms page through the one composite alarm over them, so that an outage is one call and not five.',
    },
  ];
}

/** What every API of the sample answers alike. */
export function acknowledgedOfApi(api: InferenceApi): Acknowledged[] {
  const stage = api.api.deploymentStage;
  return [
    {
      at: find(Stack.of(api), 'ApiGatewayLoggingRole'),
      rules: ['AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:*]'],
      reason:
        'One role writes the logs of every API of the account and region, and their log groups are not known to it.',
    },
    {
      at: api,
      rules: ['AwsSolutions-APIG4', 'AwsSolutions-COG4'],
      reason: 'The sample asks for an API key, which anybody can try with curl; IAM is the default of the construct.',
    },
    {
      at: api,
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
      reason: 'A client certificate is for backends that are called over HTTP; AWS services are called with IAM.',
    },
  ];
}
