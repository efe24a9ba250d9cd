/* eslint-disable @typescript-eslint/no-unsafe-assignment -- templates and documents are read as plain data */
import { Duration, Lazy, Size, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import { InferenceHandler, ModelArtifact, Scaling } from '../../../lib';
import { faultyProps, ownFunctionProps } from '../../../lib/serverless/serverless-faults';
import { DIGEST, tinyModel } from '../../fakes/models';

const model = tinyModel();

test.each([
  [10, 10, 0],
  [11, 10, 1],
  [1, 0, 1],
])('provisioning up to %p of %p reserved environments has %p faults', (max, reservedConcurrency, faults) => {
  expect(
    faultyProps({ model, reservedConcurrency, scaling: Scaling.provisionedConcurrency({ min: 1, max }) }),
  ).toHaveLength(faults);
});

test('the fault says both numbers and what to do', () => {
  expect(faultyProps({ model, reservedConcurrency: 2, scaling: Scaling.provisionedConcurrency({ min: 3 }) })).toEqual([
    expect.objectContaining({
      id: 'lambda-provisioned-over-reserved',
      message: expect.stringMatching(/up to 3 .* allows 2/),
      fix: "set 'reservedConcurrency' to 3 or more",
    }),
  ]);
});

test('a schedule counts too', () => {
  const scaling = Scaling.provisionedConcurrency({
    min: 1,
    max: 2,
    schedules: { day: { schedule: Schedule.cron({ hour: '7' }), min: 5, max: 20 } },
  });
  expect(faultyProps({ model, reservedConcurrency: 10, scaling })).toHaveLength(1);
});

test('values known only at deployment pass', () => {
  const token = Lazy.number({ produce: () => 5 });
  expect(
    faultyProps({ model, reservedConcurrency: token, scaling: Scaling.provisionedConcurrency({ min: 3 }) }),
  ).toEqual([]);
  expect(
    faultyProps({ model, reservedConcurrency: 1, scaling: Scaling.provisionedConcurrency({ min: token }) }),
  ).toEqual([]);
  expect(faultyProps({ model, memorySize: Size.mebibytes(token) })).toEqual([]);
});

test('the account keeps 100 executions unreserved: more than the rest of it cannot be reserved', () => {
  expect(faultyProps({ model, reservedConcurrency: 900, alarms: { accountConcurrency: 1000 } })).toEqual([]);
  expect(faultyProps({ model, reservedConcurrency: 901, alarms: { accountConcurrency: 1000 } })).toHaveLength(1);
});

test('props that shape the function are those that are set, 0 included', () => {
  expect(ownFunctionProps({ model })).toEqual([]);
  expect(
    ownFunctionProps({ model, reservedConcurrency: 0, memorySize: Size.mebibytes(128), dashboard: false }),
  ).toEqual(['memorySize', 'reservedConcurrency']);
});

const fetched = (mebibytes: number) =>
  tinyModel({
    artifact: ModelArtifact.fromBucket(Bucket.fromBucketName(new Stack(), 'Models', 'models'), 'm.onnx', {
      sha256: DIGEST,
      size: Size.mebibytes(mebibytes),
    }),
  });

test.each([
  ['lambda-no-room-for-model', { ephemeralStorage: Size.mebibytes(600) }, 600, 601],
  ['lambda-fetch-too-long', {}, 1400, 1401],
])('%s: a fetched model that cannot be loaded is refused', (id, props, fits, tooLarge) => {
  const faults = (mebibytes: number) => faultyProps({ model: fetched(mebibytes), ...props }).map((fault) => fault.id);
  expect(faults(fits)).toEqual([]);
  expect(faults(tooLarge)).toEqual([id]);
});

test('a model that needs more memory than there is is refused, also with the handler named', () => {
  const model = fetched(2600);
  const props = { model, timeout: Duration.seconds(120) };
  expect(faultyProps(props).map(({ id }) => id)).toEqual(['lambda-model-too-large']);
  expect(faultyProps({ ...props, handler: InferenceHandler.onnx() }).map(({ id }) => id)).toEqual([
    'lambda-model-too-large',
  ]);
  expect(faultyProps({ ...props, memorySize: Size.mebibytes(10_240) })).toEqual([]);
});
