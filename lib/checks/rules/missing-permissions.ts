import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, Composed, has, listAt, mentions, Reference, type Resolved } from '../template/resolved-value';
import { endpointConfigOf, variantsOf } from './endpoints';
import { asList, GAP, partlyKnown } from './partly-known';
import { IDENTITY_POLICIES, mayDo, permissionsIn, ROLE, trusts } from './policy-statements';
import { perResource, type Rule } from './rule';

const CREATE_MODEL =
  'https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createmodel-perms';
const ASSUME = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html';
const GUARDRAILS = 'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html';
const CAPTURE = 'https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html';
const VPC = 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html';
const SYNC = 'https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html';
const S3 = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html';
const PREFIX =
  'https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html';
const MODEL = 'AWS::SageMaker::Model';
const CONFIG = 'AWS::SageMaker::EndpointConfig';

/** By type: the service that assumes the role, and where the role is given. */
const ASSUMED: Readonly<Record<string, readonly [service: string, property: string, of?: string]>> = {
  [MODEL]: ['sagemaker', 'ExecutionRoleArn'],
  [CONFIG]: ['sagemaker', 'ExecutionRoleArn'],
  'AWS::Lambda::Function': ['lambda', 'Role'],
  'AWS::StepFunctions::StateMachine': ['states', 'RoleArn'],
  'AWS::CodeDeploy::DeploymentGroup': ['codedeploy', 'ServiceRoleArn'],
  'AWS::ApiGateway::Account': ['apigateway', 'CloudWatchRoleArn'],
  'AWS::ApiGateway::Method': ['apigateway', 'Credentials', 'Integration'],
  'AWS::Events::Rule': ['events', 'RoleArn', 'Targets'],
  'AWS::Scheduler::Schedule': ['scheduler', 'RoleArn', 'Target'],
  'AWS::Pipes::Pipe': ['pipes', 'RoleArn'],
};

/** Names of clients in the SDKs that are no prefix of an action, with the prefix. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ['sagemaker-runtime', 'sagemaker'],
  ['sagemakerruntime', 'sagemaker'],
  ['runtime.sagemaker', 'sagemaker'],
  ['sagemaker-featurestore-runtime', 'sagemaker'],
  ['bedrock-runtime', 'bedrock'],
  ['stepfunctions', 'states'],
  ['step-functions', 'states'],
  ['sfn', 'states'],
  ['eventbridge', 'events'],
  ['cloudwatch-logs', 'logs'],
  ['cloudwatchlogs', 'logs'],
  ['dynamodbstreams', 'dynamodb'],
  ['dynamodb-streams', 'dynamodb'],
  ['apigatewayv2', 'apigateway'],
  ['secrets-manager', 'secretsmanager'],
]);

const OF_OBJECTS = [
  's3:getobject',
  's3:getobjectversion',
  's3:putobject',
  's3:deleteobject',
  's3:abortmultipartupload',
];
const OF_BUCKETS = ['s3:listbucket', 's3:listbucketversions', 's3:getbucketlocation', 's3:listbucketmultipartuploads'];

/** What a resource of S3 is; nothing where it may be both. */
function kindOf(resource: Resolved): 'a bucket' | 'objects' | undefined {
  const parts = (resource instanceof Composed ? resource.parts : [resource]).map((part) => {
    if (part instanceof Reference && part.resource.type === 'AWS::S3::Bucket') {
      return part.attribute === 'Arn' ? 'arn:aws:s3:::bucket' : part.attribute === undefined ? 'bucket' : GAP;
    }
    return typeof part === 'string' ? part : GAP;
  });
  const name = /^arn:[^:]*:s3:::(.*)$/.exec(parts.join(''))?.[1];
  if (name === undefined || name.split('/')[0].includes('*')) {
    return undefined;
  }
  return name.includes('/') ? 'objects' : name.includes(GAP) ? undefined : 'a bucket';
}

const roleOf = (value: Resolved, template: ResolvedTemplate): ResolvedResource | undefined =>
  template.referred(value, ROLE);

/** Whether a bucket lets a role in by itself. */
const isLetIn = (role: ResolvedResource, template: ResolvedTemplate): boolean =>
  template.everywhere('AWS::S3::BucketPolicy').some((policy) => mentions(policy.properties, role));

/** The roles of the models that an endpoint runs. */
function rolesOf(config: ResolvedResource | undefined): readonly ResolvedResource[] {
  return config === undefined
    ? []
    : variantsOf(config)
        .map((variant) => config.template.referred(at(variant, 'ModelName'), MODEL))
        .map((model) => roleOf(at(model?.properties, 'ExecutionRoleArn'), config.template))
        .filter((role) => role !== undefined);
}

const containersOf = ({ properties }: ResolvedResource): readonly Resolved[] => [
  at(properties, 'PrimaryContainer'),
  ...listAt(properties, 'Containers'),
];

/** Roles that nobody can use, and policies that allow nothing. */
export const MISSING_PERMISSION_RULES: readonly Rule[] = [
  perResource(
    Object.keys(ASSUMED),
    {
      id: 'role-not-trusted',
      severity: 'error',
      title: 'A role trusts the service that is to use it',
      fix: 'name the service in Principal.Service of the role’s AssumeRolePolicyDocument',
      see: ASSUME,
    },
    ({ type, properties }, template) => {
      const [service, property, of] = ASSUMED[type];
      const holders = of === undefined ? [properties] : asList(at(properties, of));
      const role = holders
        .map((holder) => roleOf(at(holder, property), template))
        .find((found) => found !== undefined && trusts(found, service) === false);
      return role === undefined
        ? undefined
        : `${property} is the role '${role.logicalId}', which does not trust ${service}.amazonaws.com, so the service cannot assume it`;
    },
  ),
  perResource(
    [MODEL],
    {
      id: 'model-role-permissions',
      severity: 'error',
      title: 'The role of a model may fetch its image and its artifact',
      fix: 'allow the role ecr:BatchGetImage, ecr:GetDownloadUrlForLayer and ecr:GetAuthorizationToken for Image, s3:GetObject for the model’s data',
      see: CREATE_MODEL,
    },
    (model, template) => {
      const role = roleOf(at(model.properties, 'ExecutionRoleArn'), template);
      if (role === undefined) {
        return [];
      }
      const wants = (member: string): boolean => containersOf(model).some((container) => has(container, member));
      const faults: { message: string }[] = [];
      if (wants('Image') && mayDo(role, 'ecr:BatchGetImage', template) === false) {
        faults.push({
          message: `the role '${role.logicalId}' may not fetch the image: nothing allows ecr:BatchGetImage`,
        });
      }
      if (
        (wants('ModelDataUrl') || wants('ModelDataSource')) &&
        mayDo(role, 's3:GetObject', template) === false &&
        !isLetIn(role, template)
      ) {
        faults.push({ message: `the role '${role.logicalId}' may not fetch the model: nothing allows s3:GetObject` });
      }
      return faults;
    },
  ),
  perResource(
    [CONFIG],
    {
      id: 'endpoint-role-permissions',
      severity: 'error',
      title: 'The role of an endpoint may write what the endpoint is told to write',
      fix: 'allow the model’s role s3:PutObject below that prefix',
      see: CAPTURE,
    },
    (config, template) => {
      const writes = [
        ...(at(config.properties, 'DataCaptureConfig', 'EnableCapture') === true ? ['DataCaptureConfig'] : []),
        ...(has(config.properties, 'AsyncInferenceConfig', 'OutputConfig', 'S3OutputPath')
          ? ['AsyncInferenceConfig']
          : []),
      ];
      const role = rolesOf(config).find(
        (each) => mayDo(each, 's3:PutObject', template) === false && !isLetIn(each, template),
      );
      return writes.length === 0 || role === undefined
        ? undefined
        : `${writes.join(' and ')} writes to S3 with the role '${role.logicalId}', and nothing allows it s3:PutObject`;
    },
  ),
  perResource(
    ['AWS::SageMaker::Endpoint'],
    {
      id: 'rollback-alarms-unreadable',
      severity: 'error',
      title: 'SageMaker may look at the alarms that it rolls back for',
      fix: 'allow the model’s role cloudwatch:DescribeAlarms on the alarms',
      see: GUARDRAILS,
    },
    (endpoint, template) => {
      const role = rolesOf(endpointConfigOf(endpoint)).find(
        (each) => mayDo(each, 'cloudwatch:DescribeAlarms', template) === false,
      );
      return role !== undefined &&
        listAt(endpoint.properties, 'DeploymentConfig', 'AutoRollbackConfiguration', 'Alarms').length > 0
        ? `AutoRollbackConfiguration names alarms, and nothing allows the role '${role.logicalId}' cloudwatch:DescribeAlarms`
        : undefined;
    },
  ),
  perResource(
    ['AWS::Lambda::Function'],
    {
      id: 'function-role-vpc',
      severity: 'error',
      title: 'The role of a function in a VPC may make network interfaces',
      fix: 'attach the managed policy service-role/AWSLambdaVPCAccessExecutionRole, or allow what is in it',
      see: VPC,
    },
    ({ properties }, template) => {
      const role = roleOf(at(properties, 'Role'), template);
      return role !== undefined &&
        listAt(properties, 'VpcConfig', 'SubnetIds').length > 0 &&
        mayDo(role, 'ec2:CreateNetworkInterface', template) === false
        ? `VpcConfig is given, and nothing allows the role '${role.logicalId}' ec2:CreateNetworkInterface`
        : undefined;
    },
  ),
  perResource(
    ['AWS::StepFunctions::StateMachine'],
    {
      id: 'state-machine-role-events',
      severity: 'error',
      title: 'A state machine that waits for a job may make the rule that tells it',
      fix: 'allow the role events:PutTargets, events:PutRule and events:DescribeRule on the rule StepFunctionsGetEventsFor...Rule',
      see: SYNC,
    },
    ({ properties }, template) => {
      const role = roleOf(at(properties, 'RoleArn'), template);
      const definition = partlyKnown(at(properties, 'DefinitionString')) ?? '';
      const [, waits] =
        /:states:::(sagemaker:create(?:Transform|Training|Processing)Job|states:startExecution)\.sync\b/.exec(
          definition,
        ) ?? [];
      return role !== undefined && waits !== undefined && mayDo(role, 'events:PutRule', template) === false
        ? `the definition waits for ${waits}.sync, and nothing allows the role '${role.logicalId}' events:PutRule`
        : undefined;
    },
  ),
  perResource(
    IDENTITY_POLICIES,
    {
      id: 'iam-bucket-or-objects',
      severity: 'error',
      title: 'Actions on objects are allowed on objects, actions on buckets on buckets',
      fix: 'give the bucket’s ARN for s3:ListBucket, and the ARN with /* for s3:GetObject and s3:PutObject',
      see: S3,
    },
    (resource) =>
      permissionsIn(resource)
        .filter(({ allows, inverted }) => allows && inverted.length === 0)
        .flatMap(({ actions, resources, called }) => {
          const only = (kind: string): boolean =>
            resources.length > 0 && resources.every((each) => kindOf(each) === kind);
          const lost = (names: readonly string[]): Resolved =>
            actions.find((action) => typeof action === 'string' && names.includes(action.toLowerCase()));
          const [action, kind] = only('a bucket')
            ? [lost(OF_OBJECTS), 'a bucket']
            : only('objects')
              ? [lost(OF_BUCKETS), 'objects']
              : [undefined, ''];
          return typeof action === 'string'
            ? [{ message: `${called} allows ${action} on nothing: its Resource is ${kind}` }]
            : [];
        }),
  ),
  perResource(
    IDENTITY_POLICIES,
    {
      id: 'iam-action-prefix',
      severity: 'error',
      title: 'An action begins with the prefix of its service',
      fix: 'use the prefix that the service has in policies',
      see: PREFIX,
    },
    (resource) =>
      permissionsIn(resource).flatMap(({ actions, called }) =>
        actions
          .filter((action) => typeof action === 'string')
          .map((action) => [action, PREFIXES.get(action.split(':')[0].toLowerCase())] as const)
          .filter(([, prefix]) => prefix !== undefined)
          .map(([action, prefix]) => ({
            message: `${called} has the action '${action}', which does not exist; its prefix is '${prefix}'`,
          })),
      ),
  ),
];
