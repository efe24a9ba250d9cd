import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import {
  at,
  isMissing,
  isObject,
  listAt,
  Reference,
  remembered,
  type Resolved,
  textAt,
} from '../template/resolved-value';
import { asList, partlyKnown } from './partly-known';

export const ROLE = 'AWS::IAM::Role';
const STANDALONE = [
  'AWS::IAM::Policy',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::RolePolicy',
  'AWS::IAM::UserPolicy',
  'AWS::IAM::GroupPolicy',
];
const INLINE = [ROLE, 'AWS::IAM::User', 'AWS::IAM::Group'];

/** What says what a user, a group or a role may do. */
export const IDENTITY_POLICIES: readonly string[] = [...STANDALONE, ...INLINE];

/** Where the policy of a resource stands: what it says is about that resource alone. */
const RESOURCE_POLICY_AT: Readonly<Record<string, readonly string[]>> = {
  'AWS::S3::BucketPolicy': ['PolicyDocument'],
  'AWS::SQS::QueuePolicy': ['PolicyDocument'],
  'AWS::SQS::QueueInlinePolicy': ['PolicyDocument'],
  'AWS::SNS::TopicPolicy': ['PolicyDocument'],
  'AWS::SNS::TopicInlinePolicy': ['PolicyDocument'],
  'AWS::KMS::Key': ['KeyPolicy'],
  'AWS::ECR::Repository': ['RepositoryPolicyText'],
  'AWS::SecretsManager::ResourcePolicy': ['ResourcePolicy'],
  'AWS::Kinesis::ResourcePolicy': ['ResourcePolicy'],
};

/** What says who may use a resource. */
export const RESOURCE_POLICIES: readonly string[] = Object.keys(RESOURCE_POLICY_AT);

/** One statement of a policy. */
export interface Statement {
  readonly allows: boolean;
  /** What it calls itself, in a sentence. */
  readonly called: string;
  readonly actions: readonly Resolved[];
  readonly resources: readonly Resolved[];
  readonly principal: Resolved;
  /** Whether it certainly holds always. */
  readonly unconditional: boolean;
  readonly conditions: Resolved;
  /** Whether it says what it is not about. */
  readonly inverted: readonly string[];
}

/** The statements of a policy, as far as they are known. */
export function statementsIn(document: Resolved): readonly Statement[] {
  return asList(at(document, 'Statement'))
    .filter(isObject)
    .map((statement) => {
      const conditions = at(statement, 'Condition');
      return {
        allows: textAt(statement, 'Effect') === 'Allow',
        called: textAt(statement, 'Sid') === undefined ? 'a statement' : `the statement '${textAt(statement, 'Sid')}'`,
        actions: asList(at(statement, 'Action')),
        resources: asList(at(statement, 'Resource')),
        principal: at(statement, 'Principal'),
        unconditional:
          isMissing(statement, 'Condition') || (isObject(conditions) && Object.keys(conditions).length === 0),
        conditions,
        inverted: ['NotAction', 'NotResource', 'NotPrincipal'].filter((member) => !isMissing(statement, member)),
      };
    });
}

const PERMISSIONS = new WeakMap<ResolvedResource, readonly Statement[]>();

/** What a user, a group, a role, or a policy for them says that they may do. */
export function permissionsIn(resource: ResolvedResource): readonly Statement[] {
  const { type, properties } = resource;
  return remembered(PERMISSIONS, resource, () =>
    INLINE.includes(type)
      ? listAt(properties, 'Policies').flatMap((policy) => statementsIn(at(policy, 'PolicyDocument')))
      : statementsIn(at(properties, 'PolicyDocument')),
  );
}

/** What the policy of a resource says. */
export function resourcePolicyOf({ type, properties }: ResolvedResource): readonly Statement[] {
  return statementsIn(at(properties, ...(RESOURCE_POLICY_AT[type] ?? ['PolicyDocument'])));
}

/** Whether a policy is of a bucket that certainly takes no public one. */
export function bucketBlocksPolicy({ properties }: ResolvedResource, template: ResolvedTemplate): boolean {
  const bucket = template.referred(at(properties, 'Bucket'), 'AWS::S3::Bucket');
  const blocks = at(bucket?.properties, 'PublicAccessBlockConfiguration', 'BlockPublicPolicy');
  return blocks === true || blocks === 'true';
}

/** Whether a statement is for everybody. */
export function isForEveryone(principal: Resolved): boolean {
  return principal === '*' || asList(at(principal, 'AWS')).includes('*');
}

/** Whether an action, wildcards in it or not, covers another. Case does not count. */
export function covers(pattern: string, action: string): boolean {
  // Most have none, and every action of every policy comes by here.
  if (!/[*?]/.test(pattern)) {
    return pattern.toLowerCase() === action.toLowerCase();
  }
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${expression}$`, 'i').test(action);
}

/** Managed policies by AWS whose content matters here, with what they allow. Of any other nothing is assumed. */
const MANAGED: ReadonlyMap<string, readonly string[]> = new Map([
  ['service-role/AWSLambdaBasicExecutionRole', ['logs:*']],
  ['service-role/AWSLambdaVPCAccessExecutionRole', ['logs:*', 'ec2:CreateNetworkInterface']],
  ['service-role/AWSLambdaKinesisExecutionRole', ['logs:*', 'kinesis:*']],
  ['service-role/AWSLambdaSQSQueueExecutionRole', ['logs:*', 'sqs:*']],
  ['AWSXRayDaemonWriteAccess', ['xray:*']],
]);

/** The name of a managed policy by AWS, with its path, from an ARN that may be composed. */
export function managedPolicyName(arn: Resolved): string | undefined {
  return /^arn:[^:]*:iam::aws:policy\/(.+)$/.exec(partlyKnown(arn) ?? '')?.[1];
}

/** Everything that a role allows; nothing where a part of it is not known. */
function everythingAllowed(role: ResolvedResource, template: ResolvedTemplate): readonly Statement[] | undefined {
  const documents: Resolved[] = [];
  const inline = at(role.properties, 'Policies');
  const managed = at(role.properties, 'ManagedPolicyArns');
  if (!isListOrMissing(inline) || !isListOrMissing(managed)) {
    return undefined;
  }
  documents.push(...asList(inline).map((policy) => at(policy, 'PolicyDocument')));
  for (const arn of asList(managed)) {
    const own = template.referred(arn, 'AWS::IAM::ManagedPolicy');
    const actions = MANAGED.get(managedPolicyName(arn) ?? '');
    if (own === undefined && actions === undefined) {
      return undefined;
    }
    documents.push(
      own === undefined ? { Statement: { Effect: 'Allow', Action: actions } } : at(own.properties, 'PolicyDocument'),
    );
  }
  for (const policy of template.everywhere(...STANDALONE)) {
    const attached = attachedTo(policy, role);
    if (attached === undefined) {
      return undefined;
    }
    if (attached) {
      documents.push(at(policy.properties, 'PolicyDocument'));
    }
  }
  return documents.every(
    (document) => asList(at(document, 'Statement')).length > 0 && asList(at(document, 'Statement')).every(isObject),
  )
    ? documents.flatMap(statementsIn)
    : undefined;
}

function isListOrMissing(value: Resolved): boolean {
  return value === undefined || value === null || Array.isArray(value);
}

/** Whether a policy is one of a role; undefined where that is not known. */
function attachedTo(policy: ResolvedResource, role: ResolvedResource): boolean | undefined {
  const named = at(policy.properties, policy.type === 'AWS::IAM::RolePolicy' ? 'RoleName' : 'Roles');
  const names = asList(named);
  if (names.some((name) => name instanceof Reference && name.resource === role)) {
    return true;
  }
  const certain = names.every((name) => name instanceof Reference || typeof name === 'string');
  if (!certain) {
    return undefined;
  }
  const literal = names.filter((name) => typeof name === 'string');
  const own = at(role.properties, 'RoleName');
  return typeof own === 'string' ? literal.includes(own) : literal.length === 0 ? false : undefined;
}

/** Whether a role allows an action on anything; undefined where that is not known. */
export function mayDo(role: ResolvedResource, action: string, template: ResolvedTemplate): boolean | undefined {
  const statements = everythingAllowed(role, template)?.filter(({ allows }) => allows);
  if (statements === undefined || statements.some(({ inverted }) => inverted.includes('NotAction'))) {
    return undefined;
  }
  const actions = statements.flatMap((statement) => statement.actions);
  if (actions.some((pattern) => typeof pattern === 'string' && covers(pattern, action))) {
    return true;
  }
  return actions.every((pattern) => typeof pattern === 'string') ? false : undefined;
}

/** Whether a role can be assumed by a service; undefined where that is not known. */
export function trusts(role: ResolvedResource, service: string): boolean | undefined {
  const document = at(role.properties, 'AssumeRolePolicyDocument');
  const statements = statementsIn(document).filter(({ allows }) => allows);
  if (statements.length === 0 || asList(at(document, 'Statement')).some((statement) => !isObject(statement))) {
    return undefined;
  }
  const trusted = statements.map(({ principal, inverted }) => {
    if (principal === '*' || inverted.length > 0) {
      return true;
    }
    if (!isObject(principal)) {
      return undefined;
    }
    const services = asList(at(principal, 'Service'));
    return services.some((name) => typeof name === 'string' && name.startsWith(`${service}.`)) ||
      isForEveryone(principal)
      ? true
      : services.every((name) => typeof name === 'string')
        ? false
        : undefined;
  });
  return trusted.includes(true) ? true : trusted.includes(undefined) ? undefined : false;
}
