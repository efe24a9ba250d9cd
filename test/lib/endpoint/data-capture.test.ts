import { Lazy, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { DataCapture } from '../../../lib';
import { EndpointUnderTest, refusal } from '../../fakes/endpoints';
import { identityStatements } from '../../helpers/statements';
import { strings, testStack } from '../../helpers/synth';

interface Rest {
  readonly endpointKey?: boolean;
  readonly ownKey?: boolean;
  readonly bucketKey?: boolean;
}

function captured(capture: Omit<DataCapture, 'bucket'> = {}, { endpointKey, ownKey, bucketKey }: Rest = {}) {
  const stack = testStack();
  const key = (id: string, wanted: boolean | undefined) => (wanted === true ? new kms.Key(stack, id) : undefined);
  const bucket = new s3.Bucket(stack, 'Bucket', { encryptionKey: key('BucketKey', bucketKey) });
  const under = new EndpointUnderTest(
    {
      dataCapture: { bucket, encryptionKey: key('OwnKey', ownKey), ...capture },
      encryptionKey: key('EndpointKey', endpointKey),
    },
    stack,
  );
  const config = under.of('Config').DataCaptureConfig as Record<string, unknown>;
  const statements = identityStatements(under.template).filter(({ owner }) => owner.startsWith('ChatRole'));
  return { config, statements, under };
}

const bucket = s3.Bucket.fromBucketName(new Stack(), 'Bucket', 'captured');
const keyIn = (config: Record<string, unknown>) => JSON.stringify(config.KmsKeyId ?? null).match(/(\w+)Key/)?.[1];

test('everything is kept, requests and answers, below a prefix', () => {
  expect(captured().config).toEqual({
    EnableCapture: true,
    InitialSamplingPercentage: 100,
    DestinationS3Uri: { 'Fn::Join': ['', ['s3://', { Ref: expect.stringMatching(/^Bucket/) as string }, '/captured']] },
    CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
    CaptureContentTypeHeader: { JsonContentTypes: ['application/json'], CsvContentTypes: ['text/csv'] },
  });
});

test('nothing is kept unless asked', () => {
  expect(new EndpointUnderTest().of('Config')).not.toHaveProperty('DataCaptureConfig');
});

test('what is asked for', () => {
  expect(
    captured({ percent: 7, answers: false, jsonContentTypes: ['application/jsonlines'], csvContentTypes: [] }).config,
  ).toMatchObject({
    InitialSamplingPercentage: 7,
    CaptureOptions: [{ CaptureMode: 'Input' }],
    CaptureContentTypeHeader: { JsonContentTypes: ['application/jsonlines'] },
  });
  expect(captured({ requests: false }).config.CaptureOptions).toEqual([{ CaptureMode: 'Output' }]);
  expect(captured({ jsonContentTypes: [], csvContentTypes: [] }).config).not.toHaveProperty('CaptureContentTypeHeader');
});

test.each(['mine', 'mine/', '/mine', '//mine//'])(
  'the endpoint may write below the prefix %p, and nowhere else',
  (prefix) => {
    const { config, statements } = captured({ prefix });
    expect(strings(config.DestinationS3Uri)).toContain('/mine');
    const writes = statements.filter(({ actions }) => actions.some((action) => action.startsWith('s3:')));
    expect(writes.map(({ actions }) => actions)).toEqual([['s3:PutObject']]);
    expect(strings(writes[0].resources)).toContain('/mine/*');
  },
);

test.each<[Rest, string | undefined]>([
  [{}, undefined],
  [{ endpointKey: true }, 'Endpoint'],
  [{ endpointKey: true, ownKey: true }, 'Own'],
  [{ bucketKey: true }, undefined],
])('with %j it is encrypted by the key of: %p', (keys, expected) => {
  expect(keyIn(captured({}, keys).config)).toBe(expected);
});

test('the key of the bucket may be used, where the bucket encrypts', () => {
  const { statements } = captured({}, { bucketKey: true });
  expect(statements.filter(({ actions }) => actions.includes('kms:GenerateDataKey*'))).toHaveLength(1);
});

test.each<[Omit<DataCapture, 'bucket'>, RegExp | string]>([
  [{ percent: 1 }, ''],
  [{ percent: 100 }, ''],
  [{ percent: 0 }, /'dataCapture.percent' is 0 %.*capture-percent/],
  [{ percent: 101 }, /capture-percent/],
  [{ percent: 0.5 }, /capture-percent/],
  [{ requests: false, answers: false }, /keeps neither requests nor answers.*capture-nothing/],
  [{ jsonContentTypes: Array.from({ length: 10 }, (_, i) => `a/b${i}`) }, ''],
  [
    { jsonContentTypes: Array.from({ length: 11 }, (_, i) => `a/b${i}`) },
    /'dataCapture.jsonContentTypes' has 11.*capture-content-types/,
  ],
  [{ csvContentTypes: Array.from({ length: 11 }, (_, i) => `a/b${i}`) }, /'dataCapture.csvContentTypes' has 11/],
  [{ prefix: '' }, /'dataCapture.prefix' is ''.*capture-prefix/],
  [{ prefix: '/' }, /capture-prefix/],
  [{ prefix: 'a*' }, /capture-prefix/],
  [{ prefix: 'a'.repeat(255) }, ''],
  [{ prefix: 'a'.repeat(256) }, /capture-prefix/],
  [{ percent: 0, prefix: '' }, /capture-percent\][^]*capture-prefix\]/],
])('%j', (capture, message) => {
  expect(refusal({ dataCapture: { bucket, ...capture } })).toMatch(message);
});

test('what is known only at deployment passes', () => {
  const { config } = captured({
    percent: Lazy.number({ produce: () => 3 }),
    prefix: Lazy.string({ produce: () => 'later' }),
  });
  expect(config.InitialSamplingPercentage).toBe(3);
  expect(JSON.stringify(config.DestinationS3Uri)).toContain('/later');
});
