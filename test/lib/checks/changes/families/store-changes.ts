/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import { family as streams } from '../../rules/families/streams-and-queues';
import { type ChangeFamily, type Danger, rename } from '../change-family';

const stream = (t: any) => t.Resources.Events?.Properties;
const table = (t: any) => t.Resources.Orders?.Properties;
const aside = (t: any) => t.Resources.Aside?.Properties;
const mapping = (t: any) => t.Resources.ReadsEvents;

function anotherStream(t: any): void {
  t.Resources.Others = structuredClone(t.Resources.Events);
  t.Resources.Lag.Properties.Dimensions[0].Value = { Ref: 'Others' };
  mapping(t).Properties.EventSourceArn = { 'Fn::GetAtt': ['Others', 'Arn'] };
}

const dangers: Readonly<Record<string, Danger>> = {
  'change-store-replaced': {
    change: (t) => {
      table(t).KeySchema.push({ AttributeName: 'at', KeyType: 'RANGE' });
      table(t).AttributeDefinitions.push({ AttributeName: 'at', AttributeType: 'S' });
    },
    unknown: (t, value) => (table(t).KeySchema = value),
    harmless: {
      'another way to pay': (t) => {
        table(t).BillingMode = 'PROVISIONED';
        table(t).ProvisionedThroughput = { ReadCapacityUnits: 5, WriteCapacityUnits: 5 };
      },
      'a default that is written out': (t) => (aside(t).FifoQueue = 'false'),
    },
  },
  'change-store-deleted': {
    change: (t) => rename(t, 'Orders', 'Orders2'),
    before: (t) => delete t.Resources.ReadsOrders,
    unknown: (t, value) => {
      if (t.Resources.Orders !== undefined) {
        t.Resources.Orders.DeletionPolicy = value;
      }
    },
    harmless: {
      'another table beside it': (t) => (t.Resources.Orders2 = structuredClone(t.Resources.Orders)),
    },
  },
  'change-name-taken': {
    before: (t) => {
      delete t.Resources.ReadsOrders;
      table(t).TableName = 'orders';
      t.Resources.Orders.DeletionPolicy = 'Retain';
    },
    change: (t) => rename(t, 'Orders', 'Orders2'),
    unknown: (t, value) => {
      (t.Resources.Orders ?? t.Resources.Orders2).Properties.TableName = value;
    },
    harmless: {
      'another table with another name': (t) => {
        t.Resources.Orders2 = structuredClone(t.Resources.Orders);
        t.Resources.Orders2.Properties.TableName = 'more-orders';
      },
    },
  },
  'change-stream-mapping-replaced': {
    change: anotherStream,
    unknown: (t, value) => (mapping(t).Properties.EventSourceArn = value),
    harmless: {
      'smaller batches': (t) => (mapping(t).Properties.BatchSize = 20),
      'another function': (t) => {
        t.Resources.Second = structuredClone(t.Resources.Function);
        mapping(t).Properties.FunctionName = { Ref: 'Second' };
      },
    },
  },
  'change-stream-mapping-deleted': {
    change: (t) => rename(t, 'ReadsEvents', 'ReadsEvents2'),
    unknown: (t, value) => {
      if (mapping(t) !== undefined) {
        mapping(t).DeletionPolicy = value;
      }
    },
    harmless: {
      'a mapping that rests': (t) => (mapping(t).Properties.Enabled = false),
    },
  },
  'change-retention-shortened': {
    before: (t) => (stream(t).RetentionPeriodHours = 48),
    change: (t) => delete stream(t).RetentionPeriodHours,
    unknown: (t, value) => (stream(t).RetentionPeriodHours = value),
    harmless: {
      'a longer retention': (t) => (stream(t).RetentionPeriodHours = 72),
      'the same retention as text': (t) => (stream(t).RetentionPeriodHours = '48'),
    },
  },
  'change-key': {
    change: (t) => (aside(t).KmsMasterKeyId = 'alias/others'),
    unknown: (t, value) => (aside(t).KmsMasterKeyId = value),
    harmless: {
      'a key of the own account instead of one that AWS keeps': (t) =>
        (stream(t).StreamEncryption.KeyId = 'alias/events'),
      'how long a data key is used': (t) => (aside(t).KmsDataKeyReusePeriodSeconds = 600),
    },
  },
  'change-key-deleted': {
    before: (t) =>
      (t.Resources.Key = {
        Type: 'AWS::KMS::Key',
        Properties: { EnableKeyRotation: true, KeyPolicy: { Ref: 'RoleArn' } },
      }),
    change: (t) => delete t.Resources.Key,
    unknown: (t, value) => {
      if (t.Resources.Key !== undefined) {
        t.Resources.Key.DeletionPolicy = value;
      }
    },
    harmless: {
      'a longer wait before deletion': (t) => (t.Resources.Key.Properties.PendingWindowInDays = 30),
    },
  },
};

/** What holds data, what reads it, and what it is encrypted with. */
export const family: ChangeFamily = { correct: streams.correct, dangers };
