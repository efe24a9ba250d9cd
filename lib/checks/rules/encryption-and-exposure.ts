import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import {
  at,
  isMissing,
  isObject,
  listAt,
  mentions,
  referenceIn,
  type Resolved,
  textAt,
} from '../template/resolved-value';
import { asList, partlyKnown } from './partly-known';
import { bucketBlocksPolicy, isForEveryone, resourcePolicyOf } from './policy-statements';
import { perResource, type Rule } from './rule';

const BLOCK = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html';
const ACL = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html';
const TLS = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html';
const KINESIS = 'https://docs.aws.amazon.com/streams/latest/dev/what-is-sse.html';
const SQS =
  'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-sqs-sse-queue.html';
const SQS_KEYS = 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html';
const ALARM_TOPICS = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html';
const IMAGE = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html';
const SECRETS = 'https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html';
const BUCKET = 'AWS::S3::Bucket';
const TOPIC = 'AWS::SNS::Topic';
const QUEUE = 'AWS::SQS::Queue';
const BLOCKS = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'];

/** Tokens whose form gives them away: of the Hugging Face Hub, of AWS, of GitHub, of model APIs. */
const SECRET = /\b(hf_[A-Za-z0-9]{30,}|AKIA[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{36,}|sk-[A-Za-z0-9_-]{32,})/;

/** Whether a bucket's policy refuses what comes without TLS; undefined where a policy of it is not known. */
function refusesPlain(bucket: ResolvedResource, template: ResolvedTemplate): boolean | undefined {
  const policies = template
    .everywhere('AWS::S3::BucketPolicy')
    .filter(({ properties }) => mentions(properties, bucket));
  const statements = policies.flatMap((policy) => asList(at(policy.properties, 'PolicyDocument', 'Statement')));
  if (policies.some(({ properties }) => !isObject(at(properties, 'PolicyDocument'))) || !statements.every(isObject)) {
    return undefined;
  }
  return statements.some((statement) =>
    asObjects(at(statement, 'Condition')).some((operands) =>
      Object.keys(operands).some((key) => /^(aws:SecureTransport|s3:TlsVersion)$/i.test(key)),
    ),
  );
}

const asObjects = (value: Resolved): readonly object[] =>
  isObject(value) ? Object.values(value).filter(isObject) : [];

/** Where SageMaker writes requests and answers to. */
const writtenTo = ({ properties }: ResolvedResource): readonly Resolved[] => [
  at(properties, 'DataCaptureConfig', 'DestinationS3Uri'),
  at(properties, 'AsyncInferenceConfig', 'OutputConfig', 'S3OutputPath'),
  at(properties, 'AsyncInferenceConfig', 'OutputConfig', 'S3FailurePath'),
];

/** Whether requests and answers of a model lie in a bucket. */
export function holdsRequests(bucket: ResolvedResource, template: ResolvedTemplate): boolean {
  return template
    .everywhere('AWS::SageMaker::EndpointConfig')
    .flatMap(writtenTo)
    .some((uri) => referenceIn(uri)?.resource === bucket);
}

/** Whether a key is the one that AWS keeps for a service, whose policy nobody can change. */
const isManagedKey = (key: Resolved, service: string): boolean =>
  new RegExp(`(^|/)alias/aws/${service}$|^aws/${service}$`).test(partlyKnown(key) ?? '');

/** What AWS services send to a queue, in the words of CloudFormation. */
function sendersTo(queue: ResolvedResource, template: ResolvedTemplate): readonly string[] {
  const sends = (type: string, valuesOf: (resource: ResolvedResource) => readonly Resolved[], said: string): string[] =>
    template
      .everywhere(type)
      .filter((resource) => valuesOf(resource).some((value) => template.referred(value) === queue))
      .map(({ logicalId }) => `${said} '${logicalId}'`);
  return [
    ...sends('AWS::SNS::Subscription', ({ properties }) => [at(properties, 'Endpoint')], 'the subscription'),
    ...sends(
      TOPIC,
      ({ properties }) => listAt(properties, 'Subscription').map((each) => at(each, 'Endpoint')),
      'the topic',
    ),
    ...sends(
      BUCKET,
      ({ properties }) =>
        listAt(properties, 'NotificationConfiguration', 'QueueConfigurations').map((each) => at(each, 'Queue')),
      'the bucket',
    ),
    ...sends(
      'AWS::Events::Rule',
      ({ properties }) => listAt(properties, 'Targets').map((each) => at(each, 'Arn')),
      'the rule',
    ),
  ];
}

/** The tag of an image, `latest` where there is none; nothing where it is not known, or a digest. */
function tagOf(image: Resolved): string | undefined {
  const text = partlyKnown(image);
  const last = text?.split('/').at(-1);
  if (last === undefined || last.includes('@') || !/[\w-]$/.test(last)) {
    return undefined;
  }
  const [, tag] = /:([\w.-]+)$/.exec(last) ?? [];
  return tag ?? (/^[\w.-]+$/.test(last) && text !== last ? 'latest' : undefined);
}

const containersOf = ({ type, properties }: ResolvedResource): readonly Resolved[] =>
  type === 'AWS::Lambda::Function'
    ? [at(properties, 'Code')]
    : [at(properties, 'PrimaryContainer'), ...listAt(properties, 'Containers')];

/** Who can read what, and who can call what. */
export const EXPOSURE_RULES: readonly Rule[] = [
  perResource(
    [BUCKET],
    {
      id: 'bucket-public-allowed',
      severity: 'warning',
      title: 'A bucket cannot become public',
      fix: `set ${BLOCKS.join(', ')} to true, or leave PublicAccessBlockConfiguration out: then all four are on`,
      see: BLOCK,
    },
    ({ properties }) => {
      const block = at(properties, 'PublicAccessBlockConfiguration');
      const off = isObject(block)
        ? BLOCKS.filter((member) => isMissing(block, member) || block[member] === false || block[member] === 'false')
        : [];
      return off.length === 0
        ? undefined
        : `PublicAccessBlockConfiguration leaves ${off.join(', ')} off, so that a policy or an ACL can open the bucket to everybody`;
    },
  ),
  perResource(
    [BUCKET],
    {
      id: 'bucket-public-acl',
      severity: 'warning',
      title: 'A bucket is not public',
      fix: 'leave AccessControl out, and let in who needs it with a bucket policy',
      see: ACL,
    },
    ({ properties }) => {
      const acl = textAt(properties, 'AccessControl');
      return acl !== undefined && /^(PublicRead|PublicReadWrite|AuthenticatedRead)$/.test(acl)
        ? `AccessControl is ${acl}, which is for everybody${acl === 'AuthenticatedRead' ? ' with any account of AWS' : ''}`
        : undefined;
    },
  ),
  perResource(
    ['AWS::S3::BucketPolicy'],
    {
      id: 'bucket-policy-refused',
      severity: 'error',
      title: 'A bucket that blocks public policies has none',
      fix: 'name who is let in, in Principal; for a public website put CloudFront in front',
      see: BLOCK,
    },
    (policy, template) => {
      const opens = bucketBlocksPolicy(policy, template)
        ? resourcePolicyOf(policy).find(
            ({ allows, unconditional, principal }) => allows && unconditional && isForEveryone(principal),
          )
        : undefined;
      return opens === undefined
        ? undefined
        : `${opens.called} opens the bucket to *, and BlockPublicPolicy of the bucket is true: S3 refuses the policy`;
    },
  ),
  perResource(
    [BUCKET],
    {
      id: 'bucket-without-tls',
      severity: 'warning',
      title: 'Requests and answers of a model are read and written over TLS alone',
      fix: 'add a bucket policy that denies s3:* where aws:SecureTransport is false',
      see: TLS,
    },
    (bucket, template) =>
      holdsRequests(bucket, template) && refusesPlain(bucket, template) === false
        ? 'the bucket holds requests or answers of a model, and its policy does not refuse what comes without TLS'
        : undefined,
  ),
  perResource(
    ['AWS::Kinesis::Stream'],
    {
      id: 'stream-unencrypted',
      severity: 'warning',
      title: 'A stream is encrypted',
      fix: 'set StreamEncryption to EncryptionType KMS and KeyId alias/aws/kinesis, or a key of yours',
      see: KINESIS,
    },
    ({ properties }) =>
      isMissing(properties, 'StreamEncryption')
        ? 'StreamEncryption is not set, and Kinesis does not encrypt by itself'
        : undefined,
  ),
  perResource(
    [QUEUE],
    {
      id: 'queue-unencrypted',
      severity: 'warning',
      title: 'A queue is encrypted',
      fix: 'leave SqsManagedSseEnabled out, or set KmsMasterKeyId',
      see: SQS,
    },
    ({ properties }) => {
      const managed = at(properties, 'SqsManagedSseEnabled');
      return (managed === false || managed === 'false') && isMissing(properties, 'KmsMasterKeyId')
        ? 'SqsManagedSseEnabled is false, and there is no KmsMasterKeyId'
        : undefined;
    },
  ),
  perResource(
    ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'],
    {
      id: 'alarm-topic-key',
      severity: 'error',
      title: 'An alarm can use the key of the topic that it tells',
      fix: 'encrypt the topic with a key of yours whose policy lets cloudwatch.amazonaws.com use it',
      see: ALARM_TOPICS,
    },
    ({ properties }, template) => {
      const topic = ['AlarmActions', 'OKActions', 'InsufficientDataActions']
        .flatMap((actions) => listAt(properties, actions))
        .map((action) => template.referred(action, TOPIC))
        .find((found) => isManagedKey(at(found?.properties, 'KmsMasterKeyId'), 'sns'));
      return topic === undefined
        ? undefined
        : `the topic '${topic.logicalId}' is encrypted with alias/aws/sns, which CloudWatch may not use: nobody is ever told`;
    },
  ),
  perResource(
    [QUEUE],
    {
      id: 'queue-key-of-aws',
      severity: 'error',
      title: 'What AWS services send to can be encrypted by them',
      fix: 'leave KmsMasterKeyId out, or use a key of yours whose policy lets the service use it',
      see: SQS_KEYS,
    },
    (queue, template) => {
      const senders = isManagedKey(at(queue.properties, 'KmsMasterKeyId'), 'sqs') ? sendersTo(queue, template) : [];
      return senders.length === 0
        ? undefined
        : `the queue is encrypted with alias/aws/sqs, which no service may use: nothing from ${senders[0]} arrives`;
    },
  ),
  perResource(
    ['AWS::SageMaker::Model', 'AWS::Lambda::Function'],
    {
      id: 'image-latest',
      severity: 'warning',
      title: 'An image is named by a tag that does not move, or by its digest',
      fix: 'use a tag of its own for each build, or @sha256 and the digest',
      see: IMAGE,
    },
    (resource) =>
      containersOf(resource)
        .map((container) => at(container, resource.type === 'AWS::Lambda::Function' ? 'ImageUri' : 'Image'))
        .some((image) => tagOf(image) === 'latest')
        ? 'the image is :latest: a new build is not deployed, since the template does not change, and a rollback does not bring the old one back'
        : undefined,
  ),
  perResource(
    ['AWS::SageMaker::Model', 'AWS::Lambda::Function'],
    {
      id: 'secret-in-environment',
      severity: 'warning',
      title: 'No secret stands in a template',
      fix: 'make a new one, since this one has been seen, keep it in AWS Secrets Manager, and read it when the container starts',
      see: SECRETS,
    },
    ({ type, properties }) => {
      const environments =
        type === 'AWS::Lambda::Function'
          ? [at(properties, 'Environment', 'Variables')]
          : [at(properties, 'PrimaryContainer'), ...listAt(properties, 'Containers')].map((container) =>
              at(container, 'Environment'),
            );
      const name = environments
        .flatMap((environment) => (isObject(environment) ? Object.entries(environment) : []))
        .find(([, value]) => SECRET.test(partlyKnown(value) ?? ''))?.[0];
      return name === undefined
        ? undefined
        : `the variable '${name}' is a token in plain text, for everybody who can read the template or describe the resource`;
    },
  ),
];
