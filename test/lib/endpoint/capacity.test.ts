import { Lazy, Size } from 'aws-cdk-lib';
import { Capacity, InstanceType } from '../../../lib';

const type = InstanceType.M5_LARGE;
const memory = Size.gibibytes(2);
const token = Lazy.number({ produce: () => 3 });

test('one instance unless told otherwise', () => {
  expect(Capacity.instances({ type })._instances).toMatchObject({ type, min: 1, max: 1 });
  expect(Capacity.instances({ type, min: 3 })._instances).toMatchObject({ min: 3, max: 3 });
  expect(Capacity.instances({ type, max: 3 })._instances).toMatchObject({ min: 1, max: 3 });
});

test('it is of one kind', () => {
  expect(Capacity.instances({ type })._serverless).toBeUndefined();
  expect(Capacity.serverless({ memory, maxConcurrency: 5 })._instances).toBeUndefined();
  expect(Capacity.serverless({ memory, maxConcurrency: 5 })._serverless).toEqual({ memory, maxConcurrency: 5 });
});

test.each([
  { min: 1, max: 1 },
  { min: 1, max: 10_000 },
  { min: 5, max: 5 },
])('instances of %j are accepted', (options) => {
  expect(() => Capacity.instances({ type, ...options })).not.toThrow();
});

test.each([
  [{ min: 0 }, /'min' is 0, and a real-time endpoint has at least one.*Capacity.serverless.*capacity-min\]/],
  [{ min: 1.5 }, /capacity-min\]/],
  [{ max: 0 }, /'max' is 0.*capacity-max\]/],
  [{ max: 10_001 }, /capacity-max\]/],
  [{ min: 3, max: 2 }, /'min' is 3, more than 'max', which is 2: set 'max' to 3 or more.*capacity-min-over-max\]/],
])('instances of %j are refused', (options, message) => {
  expect(() => Capacity.instances({ type, ...options })).toThrow(message);
});

test.each([
  { maxConcurrency: 1 },
  { maxConcurrency: 200 },
  { maxConcurrency: 5, provisioned: 1 },
  { maxConcurrency: 5, provisioned: 5 },
])('serverless with %j is accepted', (options) => {
  expect(() => Capacity.serverless({ memory, ...options })).not.toThrow();
});

test.each([
  [{ maxConcurrency: 0 }, /'maxConcurrency' is 0.*1 to 200.*serverless-concurrency/],
  [{ maxConcurrency: 201 }, /serverless-concurrency/],
  [{ maxConcurrency: 5, provisioned: 0 }, /serverless-provisioned\]/],
  [
    { maxConcurrency: 5, provisioned: 6 },
    /'provisioned' is 6, more than 'maxConcurrency', which is 5.*serverless-provisioned-over-max/,
  ],
  [{ maxConcurrency: 5, memory: Size.mebibytes(2000) }, /'memory' is 2000 MiB.*serverless-memory/],
  [{ maxConcurrency: 5, memory: Size.gibibytes(7) }, /serverless-memory/],
])('serverless with %j is refused', (options, message) => {
  expect(() => Capacity.serverless({ memory, ...options })).toThrow(message);
});

test('all faults come at once', () => {
  expect(() => Capacity.instances({ type, min: 0, max: -1 })).toThrow(/capacity-max\][^]*capacity-min\]/);
  expect(() => Capacity.serverless({ memory: Size.mebibytes(1), maxConcurrency: 0, provisioned: 300 })).toThrow(
    /serverless-memory\][^]*serverless-concurrency\][^]*serverless-provisioned\]/,
  );
});

test('what is known only at deployment passes', () => {
  expect(() => Capacity.instances({ type, min: token, max: token })).not.toThrow();
  expect(() => Capacity.instances({ type, min: token, max: 1 })).not.toThrow();
  expect(() => Capacity.instances({ type, min: 7, max: token })).not.toThrow();
  expect(() =>
    Capacity.serverless({ memory: Size.mebibytes(token), maxConcurrency: token, provisioned: 100 }),
  ).not.toThrow();
  expect(() => Capacity.serverless({ memory, maxConcurrency: 1, provisioned: token })).not.toThrow();
});
