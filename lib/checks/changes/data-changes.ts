import type { ResolvedResource } from '../template/resolved-template';
import { at, isMissing, listAt, numberAt, type Resolved } from '../template/resolved-value';
import { type ChangeRule, perChange, perDeletion } from './change-rule';
import { differs, shown } from './compared-values';

const KEYS = 'https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html';
const RETENTION = 'https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html';

/** Where a resource says how long it keeps things, and how long that is where it says nothing; longest first. */
const RETENTIONS: Readonly<
  Record<string, { readonly property: string; readonly unit: string; readonly absent: number }>
> = {
  'AWS::Logs::LogGroup': { property: 'RetentionInDays', unit: 'days', absent: Infinity },
  'AWS::Kinesis::Stream': { property: 'RetentionPeriodHours', unit: 'hours', absent: 24 },
  'AWS::SQS::Queue': { property: 'MessageRetentionPeriod', unit: 'seconds', absent: 345_600 },
};

/** Where a resource names the key of what is in it. A table of DynamoDB is not here: it goes over to a new key with all its data. */
const KEY_PATHS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'AWS::Kinesis::Stream': [['StreamEncryption', 'KeyId']],
  'AWS::SQS::Queue': [['KmsMasterKeyId']],
  'AWS::SNS::Topic': [['KmsMasterKeyId']],
  'AWS::Logs::LogGroup': [['KmsKeyId']],
  'AWS::Lambda::Function': [['KmsKeyArn']],
};
const BUCKET = 'AWS::S3::Bucket';

function retentionOf({ type, properties }: ResolvedResource): number | undefined {
  const { property, absent } = RETENTIONS[type];
  return isMissing(properties, property) ? absent : numberAt(properties, property);
}

function keysOf({ type, properties }: ResolvedResource): readonly Resolved[] {
  return type === BUCKET
    ? listAt(properties, 'BucketEncryption', 'ServerSideEncryptionConfiguration').map((rule) =>
        at(rule, 'ServerSideEncryptionByDefault', 'KMSMasterKeyID'),
      )
    : KEY_PATHS[type].map((path) => at(properties, ...path));
}

/** What happens to data that is there. */
export const DATA_CHANGES: readonly ChangeRule[] = [
  perChange(
    Object.keys(RETENTIONS),
    {
      id: 'change-retention-shortened',
      severity: 'error',
      title: 'What is kept is not thrown away earlier by accident',
      fix: '1. copy what is still needed; 2. see that every consumer is up to date; 3. shorten the retention in a deployment of its own',
      see: RETENTION,
    },
    (before, after) => {
      const [old, now] = [retentionOf(before), retentionOf(after)];
      const { property, unit } = RETENTIONS[before.type];
      return old !== undefined && now !== undefined && now < old
        ? `${property} changes from ${old === Infinity ? 'for ever' : `${old} ${unit}`} to ${now} ${unit}: what is older is lost`
        : undefined;
    },
  ),
  perChange(
    [...Object.keys(KEY_PATHS), BUCKET],
    {
      id: 'change-key',
      severity: 'error',
      title: 'The key of data that is there does not change without care',
      fix: '1. keep the old key, and the permission to decrypt with it, for as long as there is data under it; 2. give writers and readers the new key; 3. change it; 4. encrypt old data again, or let it expire',
      see: KEYS,
    },
    (before, after) => {
      const [old, now] = [keysOf(before), keysOf(after)];
      const index = old.findIndex((key, each) => !isMissing(key) && !isOfAws(key) && differs(key, now[each]));
      return index < 0
        ? undefined
        : `the key changes from ${shown(old[index])} to ${shown(now[index])}: what is there stays under the old one`;
    },
  ),
  perDeletion(
    ['AWS::KMS::Key'],
    {
      id: 'change-key-deleted',
      severity: 'error',
      title: 'A key is not deleted while there is data under it',
      fix: '1. set DeletionPolicy to Retain and deploy that; 2. encrypt the data again under another key, or let it expire; 3. see in CloudTrail that nobody uses the key; 4. delete it',
      see: KEYS,
    },
    () => 'it is gone: nothing can be decrypted with it from now on, and once its waiting period is over, never again',
  ),
];

/** AWS keeps its own keys. */
function isOfAws(key: Resolved): boolean {
  return typeof key === 'string' && key.startsWith('alias/aws/');
}
