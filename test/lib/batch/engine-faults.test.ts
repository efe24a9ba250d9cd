import { Size } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  BatchEngine,
  BatchFormat,
  type BatchTransformProps,
  ModelArtifact,
  type TransformJobOptions,
  TransformSplit,
} from '../../../lib';
import { faultyBatch } from '../../../lib/batch/batch-faults';
import { faultyEngine } from '../../../lib/batch/engine-faults';
import { containerModel } from '../../fakes/endpoints';
import { tinyModel } from '../../fakes/models';
import { testStack } from '../../helpers/synth';

const stack = testStack();
const bucket = (name: string) => s3.Bucket.fromBucketName(stack, name, `${name.toLowerCase()}-bucket`);
const props: BatchTransformProps = {
  model: containerModel(),
  input: { bucket: bucket('Arrived') },
  output: { bucket: bucket('Scored') },
};
const ids = (given: Partial<BatchTransformProps>) => faultyEngine({ ...props, ...given }).map(({ id }) => id);
const ofJobs = (options: TransformJobOptions, given: Partial<BatchTransformProps> = {}) =>
  ids({ engine: BatchEngine.transformJobs(options), ...given });
const large = tinyModel({
  artifact: ModelArtifact.fromLayer(lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', 'arn'), 'model.onnx', {
    sha256: 'a'.repeat(64),
    size: Size.gibibytes(5),
  }),
});

test('functions take ONNX models that fit one', () => {
  expect(ids({ engine: BatchEngine.functions(), model: tinyModel() })).toEqual([]);
  expect(ids({ engine: BatchEngine.functions() })).toEqual(['batch-engine']);
  expect(ids({ engine: BatchEngine.functions(), model: large })).toEqual(['batch-model-size']);
  expect(ids({ model: large })).toEqual([]);
});

test.each<[TransformJobOptions, Partial<BatchTransformProps>, string[]]>([
  [{}, {}, []],
  [{}, { format: BatchFormat.CSV }, []],
  [{}, { format: BatchFormat.CSV_WITH_HEADER }, ['batch-header']],
  [{ contentType: 'text/csv' }, { format: BatchFormat.CSV_WITH_HEADER }, ['batch-header']],
  [{ contentType: 'text/csv; charset=utf-8' }, { format: BatchFormat.CSV }, []],
  [{ contentType: 'application/json' }, { format: BatchFormat.JSON_LINES }, []],
  [{ contentType: 'image/png' }, { format: BatchFormat.CSV }, ['batch-format-twice']],
  [{ contentType: 'text/csv' }, { format: BatchFormat.JSON_LINES }, ['batch-format-twice']],
  [{ contentType: 'image/png' }, {}, []],
  [{ contentType: 'image/png', split: TransformSplit.LINE }, {}, ['transform-cut']],
  [{ contentType: 'text/plain', split: TransformSplit.LINE }, {}, []],
  [{ contentType: 'image/png', outputFilter: '$.id' }, {}, ['transform-filter-format']],
  [{ contentType: 'image/png', joinInput: true }, {}, ['transform-filter-format']],
  [{ contentType: 'image/png', joinInput: false }, {}, []],
  [
    { contentType: 'application/x-recordio', split: TransformSplit.RECORD_IO, inputFilter: '$' },
    {},
    ['transform-filter-format'],
  ],
  [{ contentType: 'text/csv', split: TransformSplit.TF_RECORD, inputFilter: '$' }, {}, ['transform-filter-format']],
  [{ contentType: 'application/json', joinInput: true }, {}, []],
])('jobs of %j with %j: %j', (options, given, expected) => {
  expect(ofJobs(options, given)).toEqual(expected);
});

test.each<[Partial<BatchTransformProps>, RegExp]>([
  [{ input: { bucket: bucket('A'), prefix: 's3://bucket/in/' } }, /is an address: give the bucket by 'bucket'/],
  [{ input: { bucket: bucket('B'), prefix: 'in/*/' } }, /has a pattern, and S3 knows none/],
  [{ input: { bucket: bucket('C'), prefix: `${'x'.repeat(512)}/` } }, /has 513 bytes/],
  [{ suffixes: ['*.csv'] }, /there are no patterns: write '.csv'/],
  [{ suffixes: ['*'] }, /there are no patterns: leave 'suffixes' out/],
])('a place below which nothing would ever be is refused: %j', (given, text) => {
  const told = faultyBatch({ ...props, ...given }).map(({ message, fix }) => `${message}: ${fix}`);
  expect(told).toEqual([expect.stringMatching(text)]);
});

test('the longest prefix is taken', () => {
  expect(faultyBatch({ ...props, input: { bucket: bucket('D'), prefix: `${'x'.repeat(511)}/` } })).toEqual([]);
});
