import { ENDPOINT } from '../rules/endpoints';
import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at } from '../template/resolved-value';
import { isSame } from './compared-values';

export const ALIAS = 'AWS::Lambda::Alias';

/** Resources that others know by their names: the property that is the name, and others whose change replaces them as well. */
export const NAMED: Readonly<Record<string, readonly string[]>> = {
  'AWS::Lambda::Function': ['FunctionName', 'PackageType'],
  'AWS::StepFunctions::StateMachine': ['StateMachineName', 'StateMachineType'],
  'AWS::SNS::Topic': ['TopicName', 'FifoTopic'],
  'AWS::IAM::Role': ['RoleName', 'Path'],
  'AWS::CloudWatch::Alarm': ['AlarmName'],
  'AWS::Events::EventBus': ['Name'],
  'AWS::CodeDeploy::Application': ['ApplicationName', 'ComputePlatform'],
  'AWS::CodeDeploy::DeploymentGroup': ['DeploymentGroupName', 'ApplicationName'],
};

/** Resources that hold data: the property that is the name, and others whose change replaces them as well. */
export const STORES: Readonly<Record<string, readonly string[]>> = {
  'AWS::S3::Bucket': ['BucketName'],
  'AWS::DynamoDB::Table': ['TableName', 'KeySchema'],
  'AWS::DynamoDB::GlobalTable': ['TableName', 'KeySchema', 'LocalSecondaryIndexes'],
  'AWS::Kinesis::Stream': ['Name'],
  'AWS::SQS::Queue': ['QueueName', 'FifoQueue'],
  'AWS::ECR::Repository': ['RepositoryName', 'EncryptionConfiguration'],
  'AWS::Logs::LogGroup': ['LogGroupName'],
};

/** What there can be only one of: the properties whose values together are the name. */
const IDENTITIES: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...[...Object.entries(NAMED), ...Object.entries(STORES)].map(([type, [name]]) => [type, [name]] as const),
  [ENDPOINT, ['EndpointName']],
  [ALIAS, ['FunctionName', 'Name']],
]);

/** Types of resources whose names can be taken. */
export const IDENTIFIED_TYPES: readonly string[] = [...IDENTITIES.keys()];

/** The resource that is new in the app and has the name of one that was there before. */
export function namesake(before: ResolvedResource, after: ResolvedTemplate): ResolvedResource | undefined {
  const others = before.template.everywhere(before.type).filter((each) => each !== before);
  return after
    .everywhere(before.type)
    .find(
      (other) =>
        hasName(other, before) && !others.some((each) => each.logicalId === other.logicalId && hasName(each, before)),
    );
}

/** Whether the names of two resources of a type are the same for certain. */
function hasName(one: ResolvedResource, other: ResolvedResource): boolean {
  const properties = IDENTITIES.get(other.type) ?? [];
  return (
    properties.length > 0 && properties.every((name) => isSame(at(one.properties, name), at(other.properties, name)))
  );
}
