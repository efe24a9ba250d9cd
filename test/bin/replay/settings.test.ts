import { objectsSettings, streamSettings } from '../../../bin/replay/settings';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const ALIAS = 'arn:aws:lambda:eu-west-1:123456789012:function:consumer:live';
const OPTIONS = { function: 'consumer:live', batchSize: '1000', attempts: '8' };
const objects = (more: object = {}) => objectsSettings({ ...OPTIONS, from: 's3://bucket/kept/', ...more }, NOW);
const stream = (more: object = {}) => streamSettings({ ...OPTIONS, stream: 'live', since: '2h', ...more }, NOW);

test('what is not said has a default', () => {
  expect(objects()).toEqual({
    functionName: 'consumer:live',
    dryRun: false,
    json: false,
    batchSize: 1000,
    attempts: 8,
    from: 's3://bucket/kept/',
    bucket: 'bucket',
    prefix: 'kept/',
    since: 0,
    until: NOW,
  });
  expect(stream()).toMatchObject({ source: 'stream', since: NOW - 7_200_000, until: NOW });
});

test('a batch has no more records than a second may have', () => {
  expect(objects({ rate: '50' })).toMatchObject({ batchSize: 50, rate: 50 });
  expect(objects({ rate: '5000' })).toMatchObject({ batchSize: 1000, rate: 5000 });
});

test('times are dates, times with their zone, or how long ago', () => {
  const since = (text: string) => new Date(objects({ since: text }).since).toISOString();
  expect(since('2026-05-31')).toBe('2026-05-31T00:00:00.000Z');
  expect(since('2026-05-31T10:00+02:00')).toBe('2026-05-31T08:00:00.000Z');
  expect(since('2026-05-31T10:00:00.5Z')).toBe('2026-05-31T10:00:00.500Z');
  expect(since('90m')).toBe('2026-06-01T10:30:00.000Z');
});

test('ARNs say where a function and a stream are', () => {
  expect(objects({ function: ALIAS }).region).toEqual({
    partition: 'aws',
    region: 'eu-west-1',
    account: '123456789012',
  });
  const arn = 'arn:aws-cn:kinesis:cn-north-1:210987654321:stream/live';
  expect(stream({ function: ALIAS, stream: arn }).region).toEqual({
    partition: 'aws-cn',
    region: 'cn-north-1',
    account: '210987654321',
  });
});

test('a place to go on behind is a key, with or without its bucket, or a record of a shard', () => {
  expect(objects({ after: 's3://bucket/kept/a' }).after).toBe('kept/a');
  expect(objects({ after: 'kept/a' }).after).toBe('kept/a');
  expect(stream({ after: 'shardId-000000000001:495' }).after).toEqual({
    shard: 'shardId-000000000001',
    sequenceNumber: '495',
  });
});

test('a dry run needs no function', () => {
  expect(objects({ function: undefined, dryRun: true }).functionName).toBeUndefined();
});

test.each<[string, () => unknown, string]>([
  [
    'a place without a scheme',
    () => objects({ from: 'bucket/kept' }),
    "--from is no place in S3: 'bucket/kept'; give s3://",
  ],
  ['a bucket with capitals', () => objects({ from: 's3://Bucket/kept' }), '--from is no place in S3'],
  ['no function', () => objects({ function: undefined }), '--function is missing: give the alias'],
  ['a function without an alias', () => objects({ function: 'consumer' }), 'such as consumer:live'],
  ['an ARN without an alias', () => objects({ function: ALIAS.replace(':live', '') }), '--function names no alias'],
  ['something that is no function', () => objects({ function: 'a b:live' }), "--function is no function: 'a b:live'"],
  ['an ARN of something else', () => objects({ function: 'arn:aws:sqs:eu-west-1:123456789012:q' }), 'is no function'],
  ['a rate of 0', () => objects({ rate: '0' }), '--rate is 0; give a whole number from 1 to 1000000'],
  ['a rate that is no number', () => objects({ rate: 'fast' }), '--rate is fast; give'],
  ['half a record', () => objects({ batchSize: '0.5' }), '--batch-size is 0.5; give a whole number from 1 to 10000'],
  ['batches that no event has', () => objects({ batchSize: '10001' }), '--batch-size is 10001; give'],
  ['no attempt', () => objects({ attempts: '0' }), '--attempts is 0; give'],
  ['a time without a zone', () => objects({ since: '2026-01-31T08:00:00' }), '--since is no time'],
  ['a day that does not exist', () => objects({ since: '2026-13-31' }), '--since is no time'],
  ['an end before the beginning', () => objects({ since: '1h', until: '2h' }), '--since 1h is not before --until 2h'],
  ['a beginning in the future', () => objects({ since: '2027-01-01' }), '--since 2027-01-01 is not before now'],
  ['an end in the future', () => objects({ until: '2027-01-01' }), '--until 2027-01-01 is in the future; leave it out'],
  [
    'a key elsewhere',
    () => objects({ after: 'other/a' }),
    "--after names 'other/a', which is not below s3://bucket/kept/",
  ],
  ['a stream that is none', () => stream({ stream: 'a/b' }), "--stream is no stream: 'a/b'; give its name, or its ARN"],
  [
    'a consumer instead of a stream',
    () => stream({ stream: `${'arn:aws:kinesis:eu-west-1:123456789012:stream/a'}/consumer/b:1` }),
    '--stream is no stream',
  ],
  [
    'a stream without a beginning',
    () => stream({ since: undefined }),
    '--since is missing: give the time of the first record',
  ],
  [
    'no record of a shard',
    () => stream({ after: 'kept/a' }),
    "--after is no record of a stream: 'kept/a'; give <shard>:",
  ],
])('%s is refused, with what to do', (_, settings, words) => {
  expect(settings).toThrow(words);
});
