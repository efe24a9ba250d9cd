import { Lazy } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import { Scaling } from '../../../lib';

const schedule = Schedule.cron({ hour: '7', minute: '0' });

test('the smallest form is a fixed number', () => {
  expect(Scaling.provisionedConcurrency({ min: 3 })._provisionedConcurrency).toEqual({ min: 3, max: 3 });
});

test.each([
  [{ min: 1 }],
  [{ min: 1_000_000 }],
  [{ min: 1, max: 1 }],
  [{ min: 1, max: 2, targetUtilization: 0.1 }],
  [{ min: 1, max: 2, targetUtilization: 0.9 }],
  [{ min: 1, max: 2, schedules: { night: { schedule, min: 0, max: 0 } } }],
])('%j is accepted', (options) => {
  expect(Scaling.provisionedConcurrency(options)._provisionedConcurrency).toMatchObject(options);
});

test.each([
  [{ min: 0 }, /'min' is 0.*scaling-min\]/],
  [{ min: 1.5 }, /scaling-min\]/],
  [{ min: 1_000_001 }, /scaling-min\]/],
  [{ min: 1, max: 0 }, /scaling-max/],
  [{ min: 3, max: 2 }, /'min' is 3, more than 'max', which is 2.*3 or more.*scaling-min-over-max/],
  [{ min: 1, max: 2, targetUtilization: 0.09 }, /scaling-target/],
  [{ min: 1, max: 2, targetUtilization: 0.91 }, /scaling-target/],
  [{ min: 1, max: 2, schedules: { night: { schedule, min: -1, max: 0 } } }, /'schedules.night.min' is -1/],
  [{ min: 1, max: 2, schedules: { night: { schedule, min: 2, max: 1 } } }, /'schedules.night.min' is 2/],
  [{ min: 1, max: 2, schedules: { day: { schedule, min: 1, max: 1.5 } } }, /schedules.day.max/],
])('%j is refused', (options, message) => {
  expect(() => Scaling.provisionedConcurrency(options)).toThrow(message);
});

test('all faults come at once', () => {
  expect(() => Scaling.provisionedConcurrency({ min: 0, max: -1, targetUtilization: 2 })).toThrow(
    /scaling-min\][^]*scaling-max\][^]*scaling-target\]/,
  );
});

test('values known only at deployment pass', () => {
  const token = Lazy.number({ produce: () => 5 });
  expect(() =>
    Scaling.provisionedConcurrency({
      min: token,
      max: 3,
      targetUtilization: token,
      schedules: { day: { schedule, min: token, max: 1 } },
    }),
  ).not.toThrow();
  expect(() => Scaling.provisionedConcurrency({ min: 3, max: token })).not.toThrow();
});

describe.each([
  [
    'invocationsPerInstance',
    (target: number, rest = {}) => Scaling.invocationsPerInstance({ target, ...rest }),
    0.1,
    1_000_000,
  ],
  ['concurrentRequests', (target: number, rest = {}) => Scaling.concurrentRequests({ target, ...rest }), 0.1, 100_000],
  ['gpuUtilization', (percent: number, rest = {}) => Scaling.gpuUtilization({ percent, ...rest }), 1, 100],
] as const)('instances by %s: ', (metric, make, least, most) => {
  test('the target is kept, and it is of no other kind', () => {
    expect(make(5)._instances).toMatchObject({ metric, target: 5 });
    expect(make(5)._provisionedConcurrency).toBeUndefined();
  });

  test('bounds of the target', () => {
    expect(() => make(least)).not.toThrow();
    expect(() => make(most)).not.toThrow();
    expect(() => make(least / 2)).toThrow(/scaling-target\]/);
    expect(() => make(most + 1)).toThrow(/scaling-target\]/);
  });

  test.each([
    [{ min: 1, max: 1 }, undefined],
    [{ min: 1, max: 10_000 }, undefined],
    [{ min: 0, max: 1 }, /'schedules.night.min' is 0.*scaling-min\]/],
    [{ min: 1, max: 10_001 }, /scaling-max\]/],
    [{ min: 3, max: 2 }, /'schedules.night.min' is 3, more than 'schedules.night.max'.*scaling-min-over-max\]/],
  ])('a schedule of %j', (capacity, message) => {
    const scheduled = () => make(5, { schedules: { night: { schedule, ...capacity } } });
    if (message === undefined) {
      expect(scheduled).not.toThrow();
    } else {
      expect(scheduled).toThrow(message);
    }
  });

  test('all faults come at once, and values known only at deployment pass', () => {
    const token = Lazy.number({ produce: () => 5 });
    expect(() => make(-1, { schedules: { night: { schedule, min: 0, max: 0.5 } } })).toThrow(
      /scaling-target\][^]*scaling-min\][^]*scaling-max\]/,
    );
    expect(() => make(token, { schedules: { night: { schedule, min: token, max: 1 } } })).not.toThrow();
  });
});

test('provisioned concurrency has no target for instances', () => {
  expect(Scaling.provisionedConcurrency({ min: 3 })._instances).toBeUndefined();
});
