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
