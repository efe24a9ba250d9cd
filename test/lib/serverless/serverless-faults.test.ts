/* eslint-disable @typescript-eslint/no-unsafe-assignment -- templates and documents are read as plain data */
import { Lazy, Size } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import { Scaling } from '../../../lib';
import { faultyProps, ownFunctionProps } from '../../../lib/serverless/serverless-faults';
import { tinyModel } from '../../fakes/models';

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
