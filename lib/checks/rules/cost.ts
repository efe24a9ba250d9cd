import { READY_MEMORY_GIB } from '../bounds/cost';
import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import {
  at,
  has,
  isMissing,
  isObject,
  listAt,
  numberAt,
  referenceIn,
  type Resolved,
  textAt,
} from '../template/resolved-value';
import { calledFunction } from './called-function';
import { holdsRequests } from './encryption-and-exposure';
import { ENDPOINT_COST_RULES } from './endpoint-cost';
import { containersOf } from './hosted-variant';
import { partlyKnown } from './partly-known';
import { perResource, type Rule } from './rule';
import { SCALABLE_TARGET } from './scaled-variant';

const PROVISIONED = 'https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html';
const SCHEDULED =
  'https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scheduled-scaling.html';
const RETENTION = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html';
const LIFECYCLE = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html';
const UPLOADS = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html';
const GATEWAY = 'https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html';
const BUCKET = ['AWS::S3::Bucket'];
const MODEL = 'AWS::SageMaker::Model';

/** The rules of a bucket that are on; nothing where one of them is not known. */
function lifecycleOf({ properties }: ResolvedResource): readonly Resolved[] | undefined {
  if (isMissing(properties, 'LifecycleConfiguration')) {
    return [];
  }
  const rules = at(properties, 'LifecycleConfiguration', 'Rules');
  const known = Array.isArray(rules) && (rules as readonly Resolved[]).every(isObject);
  return known ? (rules as readonly Resolved[]).filter((rule) => textAt(rule, 'Status') !== 'Disabled') : undefined;
}

/** Whether no rule of a bucket certainly has one of some members. */
function noneHas(bucket: ResolvedResource, ...members: readonly string[]): boolean {
  return lifecycleOf(bucket)?.every((rule) => members.every((member) => isMissing(rule, member))) === true;
}

/** Whether the files of models lie in a bucket. */
function holdsModels(bucket: ResolvedResource, template: ResolvedTemplate): boolean {
  return template
    .everywhere(MODEL)
    .flatMap(containersOf)
    .flatMap(({ definition }) => [
      at(definition, 'ModelDataUrl'),
      at(definition, 'ModelDataSource', 'S3DataSource', 'S3Uri'),
    ])
    .some((uri) => referenceIn(uri)?.resource === bucket);
}

/** Whether a target scales, or may scale, what an alias keeps ready. */
function isScaled(alias: ResolvedResource, template: ResolvedTemplate): boolean {
  const name = textAt(alias.properties, 'Name');
  return template.everywhere(SCALABLE_TARGET).some(({ properties }) => {
    const id = partlyKnown(at(properties, 'ResourceId'));
    const dimension = textAt(properties, 'ScalableDimension');
    return (
      (dimension === undefined || dimension === 'lambda:function:ProvisionedConcurrency') &&
      (id === undefined || name === undefined || id.endsWith(`:${name}`) || id.endsWith('…'))
    );
  });
}

/** The network of a subnet of the template. */
const networkOf = (subnet: Resolved, template: ResolvedTemplate): ResolvedResource | undefined =>
  template.referred(at(template.referred(subnet, 'AWS::EC2::Subnet')?.properties, 'VpcId'), 'AWS::EC2::VPC');

/** What is paid for and not needed. */
export const COST_RULES: readonly Rule[] = [
  ...ENDPOINT_COST_RULES,
  perResource(
    ['AWS::Lambda::Alias', 'AWS::Lambda::Version'],
    {
      id: 'cost-provisioned-fixed',
      severity: 'warning',
      title: `Provisioned concurrency from ${READY_MEMORY_GIB} GiB on follows its traffic`,
      fix: 'add an AWS::ApplicationAutoScaling::ScalableTarget for the alias, with a policy or ScheduledActions',
      see: PROVISIONED,
    },
    (alias, template) => {
      const ready = numberAt(alias.properties, 'ProvisionedConcurrencyConfig', 'ProvisionedConcurrentExecutions');
      const fn = calledFunction(at(alias.properties, 'FunctionName'), template)?.function;
      const memory =
        fn === undefined ? undefined : has(fn.properties, 'MemorySize') ? numberAt(fn.properties, 'MemorySize') : 128;
      return ready !== undefined &&
        memory !== undefined &&
        ready * memory >= READY_MEMORY_GIB * 1024 &&
        !isScaled(alias, template)
        ? `ProvisionedConcurrentExecutions keeps ${ready} x ${memory} MB ready day and night, and nothing scales it`
        : undefined;
    },
  ),
  perResource(
    [SCALABLE_TARGET],
    {
      id: 'cost-schedule-only-up',
      severity: 'warning',
      title: 'A schedule that raises the least also lowers it',
      fix: 'add a scheduled action with the lower MinCapacity',
      see: SCHEDULED,
    },
    ({ properties }) => {
      const actions = listAt(properties, 'ScheduledActions');
      const least = numberAt(properties, 'MinCapacity');
      const raised = actions.map((action) => numberAt(action, 'ScalableTargetAction', 'MinCapacity'));
      const repeats = actions.every((action) => /^(cron|rate)\(/.test(textAt(action, 'Schedule') ?? ''));
      const [first] = raised;
      return least !== undefined &&
        first !== undefined &&
        repeats &&
        first > least &&
        raised.every((each) => each === first)
        ? `MinCapacity is ${least}, ScheduledActions set it to ${first}, and none of them sets it back`
        : undefined;
    },
  ),
  perResource(
    ['AWS::Logs::LogGroup'],
    {
      id: 'cost-logs-forever',
      severity: 'warning',
      title: 'Logs are not kept for ever',
      fix: 'set RetentionInDays',
      see: RETENTION,
    },
    ({ properties }) =>
      isMissing(properties, 'RetentionInDays')
        ? 'RetentionInDays is not set: what is written is kept for ever'
        : undefined,
  ),
  perResource(
    BUCKET,
    {
      id: 'cost-versions-forever',
      severity: 'warning',
      title: 'Old versions of objects are not kept for ever',
      fix: 'add a rule with NoncurrentVersionExpiration to LifecycleConfiguration',
      see: LIFECYCLE,
    },
    (bucket) =>
      textAt(bucket.properties, 'VersioningConfiguration', 'Status') === 'Enabled' &&
      noneHas(
        bucket,
        'NoncurrentVersionExpiration',
        'NoncurrentVersionExpirationInDays',
        'NoncurrentVersionTransition',
        'NoncurrentVersionTransitions',
      )
        ? 'the bucket keeps each version of an object, and no rule of LifecycleConfiguration ever removes one'
        : undefined,
  ),
  perResource(
    BUCKET,
    {
      id: 'cost-requests-forever',
      severity: 'warning',
      title: 'Captured requests and answers are not kept for ever',
      fix: 'add a rule with ExpirationInDays to LifecycleConfiguration',
      see: LIFECYCLE,
    },
    (bucket, template) =>
      holdsRequests(bucket, template) &&
      noneHas(bucket, 'ExpirationInDays', 'ExpirationDate', 'Transition', 'Transitions')
        ? 'an endpoint writes requests or answers to the bucket, and no rule of LifecycleConfiguration ever removes one'
        : undefined,
  ),
  perResource(
    BUCKET,
    {
      id: 'cost-uploads-abandoned',
      severity: 'warning',
      title: 'Parts of models whose upload broke off do not stay in the bucket unseen',
      fix: 'add a rule with AbortIncompleteMultipartUpload to LifecycleConfiguration',
      see: UPLOADS,
    },
    (bucket, template) =>
      holdsModels(bucket, template) && noneHas(bucket, 'AbortIncompleteMultipartUpload')
        ? 'models lie in the bucket, large files come in parts, and no rule of LifecycleConfiguration removes those of an upload that broke off'
        : undefined,
  ),
  perResource(
    ['AWS::EC2::NatGateway'],
    {
      id: 'cost-nat-for-s3',
      severity: 'warning',
      title: 'Models are not fetched from S3 through a NAT gateway',
      fix: 'add an AWS::EC2::VPCEndpoint of type Gateway for S3 to the route tables of the subnets; it costs nothing',
      see: GATEWAY,
    },
    (nat, template) => {
      const network = networkOf(at(nat.properties, 'SubnetId'), nat.template);
      const model =
        network === undefined
          ? undefined
          : template
              .everywhere(MODEL)
              .find((each) =>
                listAt(each.properties, 'VpcConfig', 'Subnets').some(
                  (subnet) => networkOf(subnet, each.template) === network,
                ),
              );
      // What is not known of an endpoint may be that it is this one.
      const reached = template
        .everywhere('AWS::EC2::VPCEndpoint')
        .some(({ properties }) => (partlyKnown(at(properties, 'ServiceName')) ?? '.s3').endsWith('.s3'));
      return model === undefined || reached
        ? undefined
        : `'${model.logicalId}' reads its files from S3 through this gateway, which costs by the gigabyte`;
    },
  ),
];
