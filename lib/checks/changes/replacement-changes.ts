import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, type Resolved } from '../template/resolved-value';
import { type ChangeRule, differs, perChange, perDeletion, shown } from './change-rule';

const ALIASES = 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html';
const REPLACEMENT =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html';
const MAPPING =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html';
const DELETION =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html';

/** Resources that hold data, and properties whose change makes CloudFormation create an empty one instead. */
const STORES: Readonly<Record<string, readonly string[]>> = {
  'AWS::S3::Bucket': ['BucketName'],
  'AWS::DynamoDB::Table': ['TableName', 'KeySchema'],
  'AWS::DynamoDB::GlobalTable': ['TableName', 'KeySchema'],
  'AWS::Kinesis::Stream': ['Name'],
  'AWS::SQS::Queue': ['QueueName', 'FifoQueue'],
  'AWS::ECR::Repository': ['RepositoryName'],
  'AWS::Logs::LogGroup': ['LogGroupName'],
};

/** Resources that others know by their names. */
const NAMED: Readonly<Record<string, string>> = {
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::StepFunctions::StateMachine': 'StateMachineName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::Events::EventBus': 'Name',
  'AWS::CodeDeploy::Application': 'ApplicationName',
  'AWS::CodeDeploy::DeploymentGroup': 'DeploymentGroupName',
};

const STREAM = 'AWS::Lambda::EventSourceMapping';
const ALIAS = 'AWS::Lambda::Alias';

/** The first of some properties that changes for certain, in words. */
function firstChange(before: ResolvedResource, after: ResolvedResource, names: readonly string[]): string | undefined {
  const name = names.find((each) => differs(at(before.properties, each), at(after.properties, each)));
  return name === undefined
    ? undefined
    : `${name} changes from ${shown(at(before.properties, name))} to ${shown(at(after.properties, name))}`;
}

/** What CloudFormation replaces or deletes. */
export const REPLACEMENT_CHANGES: readonly ChangeRule[] = [
  perChange(
    [ALIAS],
    {
      id: 'change-alias-replaced',
      severity: 'error',
      title: 'An alias that callers use is not replaced',
      fix: '1. create a second alias with the new name; 2. move the callers, permissions and alarms; 3. remove the first alias',
      see: ALIASES,
    },
    (before, after) => {
      const change = firstChange(before, after, ['Name', 'FunctionName']);
      return change === undefined
        ? undefined
        : `${change}: the alias is replaced, without a rollout, and callers of the old ARN fail`;
    },
  ),
  perDeletion(
    [ALIAS],
    {
      id: 'change-alias-deleted',
      severity: 'error',
      title: 'An alias that callers use is not deleted by accident',
      fix: '1. keep the logical id, or move the callers to another alias first; 2. see that Invocations of the alias is 0; 3. remove it',
      see: ALIASES,
    },
    () => 'it is gone from the template: callers of its ARN fail',
  ),
  perChange(
    Object.keys(NAMED),
    {
      id: 'change-physical-name',
      severity: 'warning',
      title: 'A name by which others know a resource does not change under them',
      fix: '1. add a resource with the new name under another logical id; 2. move what uses the old one; 3. remove the old one',
      see: REPLACEMENT,
    },
    (before, after) => {
      const change = firstChange(before, after, [NAMED[before.type]]);
      return change === undefined
        ? undefined
        : `${change}: the resource is replaced, and what knows the old name does not find it`;
    },
  ),
  perChange(
    Object.keys(STORES),
    {
      id: 'change-store-replaced',
      severity: 'error',
      title: 'What holds data is not replaced by an empty one',
      fix: '1. set DeletionPolicy and UpdateReplacePolicy to Retain and deploy that; 2. add the new resource under another logical id; 3. copy the data and move what writes and reads; 4. remove the old one',
      see: REPLACEMENT,
    },
    (before, after) => {
      const change = firstChange(before, after, STORES[before.type]);
      return change === undefined ? undefined : `${change}: CloudFormation creates an empty one in its place`;
    },
  ),
  perDeletion(
    Object.keys(STORES),
    {
      id: 'change-store-deleted',
      severity: 'error',
      title: 'What holds data is not deleted by accident',
      fix: '1. keep the logical id, or set DeletionPolicy to Retain and deploy that first; 2. remove it; 3. import it under its new logical id where it is only moved',
      see: DELETION,
    },
    ({ type }) =>
      `it is gone from the template: the ${type.split('::').slice(1).join(' ')} is deleted with what is in it`,
  ),
  perChange(
    [STREAM],
    {
      id: 'change-stream-mapping-replaced',
      severity: 'error',
      title: 'A mapping from a stream keeps its position',
      fix: '1. let the function cope with records that come twice; 2. add a second mapping with StartingPosition AT_TIMESTAMP a little before now; 3. remove the first mapping',
      see: MAPPING,
    },
    (before, after) => {
      const change = firstChange(before, after, ['EventSourceArn', 'StartingPosition', 'StartingPositionTimestamp']);
      return change === undefined
        ? undefined
        : `${change}: the mapping is replaced and starts from ${shown(at(after.properties, 'StartingPosition'))}, not from where it was`;
    },
  ),
  perDeletion(
    [STREAM],
    {
      id: 'change-stream-mapping-deleted',
      severity: 'error',
      title: 'A mapping from a stream or a queue is not replaced by one with another logical id',
      fix: '1. keep the logical id; 2. where the mapping is not wanted any more, see first that nothing writes to its source',
      see: MAPPING,
    },
    (before, after) => {
      const other = sameSource(before, after);
      return other === undefined
        ? 'it is gone from the template: records that come now are not handled'
        : `it is gone, and ${other.logicalId} reads the same source: it starts from ${shown(at(other.properties, 'StartingPosition'))}, not from where this one was`;
    },
  ),
];

function sameSource(before: ResolvedResource, after: ResolvedTemplate): ResolvedResource | undefined {
  const source = (resource: ResolvedResource): Resolved => at(resource.properties, 'EventSourceArn');
  return after.ofType(STREAM).find((each) => shown(source(each)) === shown(source(before)));
}
