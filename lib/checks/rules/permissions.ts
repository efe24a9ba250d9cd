import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, has, isMissing, isObject, listAt, type Resolved, textAt } from '../template/resolved-value';
import { asList, partlyKnown } from './partly-known';
import {
  bucketBlocksPolicy,
  covers,
  IDENTITY_POLICIES,
  isForEveryone,
  managedPolicyName,
  permissionsIn,
  RESOURCE_POLICIES,
  resourcePolicyOf,
  ROLE,
  type Statement,
  statementsIn,
} from './policy-statements';
import { perResource, type Rule, type RuleDefinition } from './rule';

const LEAST = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege';
const PASS_ROLE = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html';
const REFERENCE =
  'https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html';
const NOT_ACTION = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html';
const DEPUTY = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html';
const PRINCIPAL = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html';
const LAMBDA_CALLERS = 'https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html';

/** Managed policies that allow whole services. */
const TOO_MUCH = /(^|\/)(AdministratorAccess|PowerUserAccess|\w*FullAccess)$/;

/** Actions that act on something that has an ARN, so that none of them needs `*`. */
const FINER: readonly string[] = [
  's3:GetObject',
  's3:PutObject',
  's3:DeleteObject',
  's3:ListBucket',
  'sagemaker:InvokeEndpoint',
  'sagemaker:InvokeEndpointAsync',
  'sagemaker:InvokeEndpointWithResponseStream',
  'sagemaker:CreateModel',
  'sagemaker:CreateEndpoint',
  'sagemaker:UpdateEndpoint',
  'sagemaker:DeleteEndpoint',
  'sagemaker:CreateTransformJob',
  'lambda:InvokeFunction',
  'lambda:UpdateFunctionCode',
  'states:StartExecution',
  'sqs:SendMessage',
  'sqs:ReceiveMessage',
  'sqs:DeleteMessage',
  'kinesis:PutRecord',
  'kinesis:PutRecords',
  'kinesis:GetRecords',
  'firehose:PutRecord',
  'firehose:PutRecordBatch',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
  'dynamodb:Query',
  'dynamodb:Scan',
  'sns:Publish',
  'events:PutEvents',
  'kms:Decrypt',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'secretsmanager:GetSecretValue',
  'ssm:GetParameter',
  'sts:AssumeRole',
  'ecr:BatchGetImage',
  'ecr:PutImage',
];

/** Services that call a function for whoever asks them to. */
const CALLERS = /^(s3|sns|events|apigateway|logs|iot|ses|elasticloadbalancing)\.amazonaws\.com$/;

/** The same for queues and topics, by the type of the policy. What EventBridge sends to a topic takes no condition. */
const SENDERS: Readonly<Record<string, RegExp>> = {
  'AWS::SQS::QueuePolicy': /^(s3|sns|events)\.amazonaws\.com$/,
  'AWS::SNS::TopicPolicy': /^s3\.amazonaws\.com$/,
};

const texts = (values: readonly Resolved[]): string[] => values.filter((value) => typeof value === 'string');

/** Whether an action is a whole service, or everything. */
const isWhole = (action: string): boolean => /^(\*+|[\w-]+:\*+)$/.test(action);

/** Whether a resource is everything there is, or every bucket. */
function isEverything(resource: Resolved): boolean {
  return /^(\*+|arn:[^:]*:s3:::\*+(\/\*+)?)$/.test(partlyKnown(resource) ?? '');
}

const isAnyRole = (resource: Resolved): boolean =>
  /^(\*+|arn:[^:]*:iam::[^:]*:(\*+|role\/\*+))$/.test(partlyKnown(resource) ?? '');

const hasCondition = ({ conditions }: Statement, key: RegExp): boolean =>
  !isObject(conditions)
    ? conditions !== undefined
    : Object.values(conditions).some(
        (operands) => !isObject(operands) || Object.keys(operands).some((name) => key.test(name)),
      );

function perStatement(
  types: readonly string[],
  statementsOf: typeof permissionsIn,
  definition: RuleDefinition,
  faultOf: (statement: Statement, resource: ResolvedResource, template: ResolvedTemplate) => string | undefined,
): Rule {
  return perResource(types, definition, (resource, template) =>
    statementsOf(resource)
      .filter(({ allows }) => allows)
      .map((statement) => faultOf(statement, resource, template))
      .filter((message) => message !== undefined)
      .map((message) => ({ message })),
  );
}

function perPermission(definition: RuleDefinition, faultOf: (statement: Statement) => string | undefined): Rule {
  return perStatement(IDENTITY_POLICIES, permissionsIn, definition, faultOf);
}

/** Who may do more than they have to. */
export const PERMISSION_RULES: readonly Rule[] = [
  perResource(
    [ROLE],
    {
      id: 'iam-full-access-policy',
      severity: 'warning',
      title: 'What runs has no managed policy that allows a whole service',
      fix: 'take it out of ManagedPolicyArns, and allow the actions and resources that are used',
      see: LEAST,
    },
    ({ properties }) => {
      const principals = statementsIn(at(properties, 'AssumeRolePolicyDocument')).map(({ principal }) => principal);
      const runs = principals.some((principal) => has(principal, 'Service'));
      return listAt(properties, 'ManagedPolicyArns')
        .map(managedPolicyName)
        .filter((name) => runs && name !== undefined && TOO_MUCH.test(name))
        .map((name) => ({ message: `ManagedPolicyArns has ${name}, which allows far more than one deployment needs` }));
    },
  ),
  perPermission(
    {
      id: 'iam-whole-service',
      severity: 'warning',
      title: 'A policy names its actions',
      fix: 'name the actions that are used in Action',
      see: LEAST,
    },
    ({ actions, called }) => {
      const whole = texts(actions).find(isWhole);
      return whole === undefined
        ? undefined
        : `${called} allows '${whole}', ${whole.startsWith('*') ? 'which is everything' : 'every action of the service, to delete and to change permissions too'}`;
    },
  ),
  perPermission(
    {
      id: 'iam-any-resource',
      severity: 'warning',
      title: 'A policy names the resources where the actions have some',
      fix: 'give the ARNs of what is used in Resource',
      see: REFERENCE,
    },
    ({ actions, resources, called, unconditional }) => {
      const named = texts(actions).filter((action) => !isWhole(action));
      const finer = FINER.find((action) => named.some((pattern) => covers(pattern, action)));
      return unconditional && finer !== undefined && resources.some(isEverything)
        ? `${called} allows '${finer}' on every resource of the account, and on those of others that let it`
        : undefined;
    },
  ),
  perPermission(
    {
      id: 'iam-pass-any-role',
      severity: 'warning',
      title: 'Who may pass a role may pass one role, or to one service',
      fix: 'name the role in Resource, and the service in the condition iam:PassedToService',
      see: PASS_ROLE,
    },
    (statement) =>
      texts(statement.actions).some((action) => !isWhole(action) && covers(action, 'iam:PassRole')) &&
      statement.resources.some(isAnyRole) &&
      !hasCondition(statement, /^(iam:PassedToService|iam:AssociatedResourceArn)$/i)
        ? `${statement.called} allows iam:PassRole on every role to every service: whoever has it can take any role of the account`
        : undefined,
  ),
  perPermission(
    {
      id: 'iam-all-but',
      severity: 'warning',
      title: 'A policy that allows says what it allows, not what it does not',
      fix: 'use Action and Resource; NotAction and NotResource are for Deny',
      see: NOT_ACTION,
    },
    ({ inverted, called }) =>
      inverted.length === 0
        ? undefined
        : `${called} allows with ${inverted.join(' and ')}: everything else, and what AWS adds tomorrow`,
  ),
  perResource(
    [ROLE],
    {
      id: 'iam-trust-everyone',
      severity: 'warning',
      title: 'A role is assumed by somebody in particular',
      fix: 'name the service or the account in Principal, or add a condition such as aws:PrincipalOrgID',
      see: PRINCIPAL,
    },
    ({ properties }) =>
      statementsIn(at(properties, 'AssumeRolePolicyDocument')).some(
        ({ allows, principal, unconditional }) => allows && unconditional && isForEveryone(principal),
      )
        ? 'AssumeRolePolicyDocument trusts *: every account of AWS can assume the role'
        : undefined,
  ),
  perStatement(
    RESOURCE_POLICIES,
    resourcePolicyOf,
    {
      id: 'policy-for-everyone',
      severity: 'warning',
      title: 'A resource is not open to everybody',
      fix: 'name the account or the service in Principal, or add a condition such as aws:PrincipalOrgID or aws:SourceArn',
      see: PRINCIPAL,
    },
    ({ actions, principal, called, unconditional }, policy, template) =>
      unconditional && isForEveryone(principal) && !bucketBlocksPolicy(policy, template)
        ? `${called} allows ${texts(actions).slice(0, 3).join(', ') || 'something'} to *: everybody, in every account`
        : undefined,
  ),
  perStatement(
    Object.keys(SENDERS),
    resourcePolicyOf,
    {
      id: 'policy-any-source',
      severity: 'warning',
      title: 'A service sends only what comes from this account',
      fix: 'add the condition aws:SourceArn or aws:SourceAccount',
      see: DEPUTY,
    },
    ({ principal, called, unconditional }, { type }) => {
      const sender = isObject(principal)
        ? asList(at(principal, 'Service')).find((service) => typeof service === 'string' && SENDERS[type].test(service))
        : undefined;
      return unconditional && sender !== undefined
        ? `${called} lets ${sender as string} send for anybody: somebody else's bucket, topic or rule can send here, too`
        : undefined;
    },
  ),
  perResource(
    ['AWS::Lambda::Permission'],
    {
      id: 'function-any-source',
      severity: 'warning',
      title: 'A service calls a function only for this account',
      fix: 'set SourceArn to what calls it, or SourceAccount to this account',
      see: LAMBDA_CALLERS,
    },
    ({ properties }) => {
      const principal = textAt(properties, 'Principal') ?? '';
      return CALLERS.test(principal) &&
        ['SourceArn', 'SourceAccount', 'PrincipalOrgID', 'EventSourceToken'].every((member) =>
          isMissing(properties, member),
        )
        ? `${principal} may call it for anybody: somebody else's bucket, topic, rule or API can call it, too`
        : undefined;
    },
  ),
  perResource(
    ['AWS::Lambda::Permission'],
    {
      id: 'function-for-everyone',
      severity: 'warning',
      title: 'A function is not open to everybody',
      fix: 'name the account or the service in Principal, or set PrincipalOrgID',
      see: LAMBDA_CALLERS,
    },
    ({ properties }) =>
      textAt(properties, 'Principal') === '*' &&
      !['SourceArn', 'SourceAccount', 'PrincipalOrgID', 'FunctionUrlAuthType', 'InvokedViaFunctionUrl'].some((member) =>
        has(properties, member),
      )
        ? 'Principal is *: every account of AWS may call it'
        : undefined,
  ),
];
