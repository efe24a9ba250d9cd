/* eslint-disable @typescript-eslint/no-unsafe-assignment -- templates and documents are read as plain data */
import { Duration } from 'aws-cdk-lib';
import { Rollout } from '../../../lib';
import { limitsOf, predefinedConfig, watchAfterFullShift } from '../../../lib/rollout/lambda-deployment-config';

const canary = (percent: number, minutes: number) =>
  Rollout.canary({ percent, bake: Duration.minutes(minutes) })._shift;
const linear = (percent: number, minutes: number) =>
  Rollout.linear({ percent, every: Duration.minutes(minutes) })._shift;

// https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
test.each([
  [Rollout.allAtOnce()._shift, 'LambdaAllAtOnce'],
  [canary(10, 5), 'LambdaCanary10Percent5Minutes'],
  [canary(10, 10), 'LambdaCanary10Percent10Minutes'],
  [canary(10, 15), 'LambdaCanary10Percent15Minutes'],
  [canary(10, 30), 'LambdaCanary10Percent30Minutes'],
  [linear(10, 1), 'LambdaLinear10PercentEvery1Minute'],
  [linear(10, 2), 'LambdaLinear10PercentEvery2Minutes'],
  [linear(10, 3), 'LambdaLinear10PercentEvery3Minutes'],
  [linear(10, 10), 'LambdaLinear10PercentEvery10Minutes'],
])('%j is there ready-made as %s', (shift, name) => {
  expect(predefinedConfig(shift)).toBe(`CodeDeployDefault.${name}`);
});

test.each([canary(10, 6), canary(5, 10), canary(10, 1), linear(10, 5), linear(20, 1), linear(10, 15)])(
  '%j is not',
  (shift) => {
    expect(predefinedConfig(shift)).toBeUndefined();
  },
);

test('a watch after the full shift is a fault that names the alternatives', () => {
  expect(watchAfterFullShift(Rollout.allAtOnce()._shift)).toEqual([]);
  expect(watchAfterFullShift(Rollout.allAtOnce({ bake: Duration.minutes(9) })._shift)).toEqual([
    expect.objectContaining({
      id: 'lambda-bake-after-full-shift',
      fix: expect.stringMatching(/Rollout\.canary.*Duration\.minutes\(9\).*Rollout\.linear.*Rollout\.allAtOnce\(\)/),
    }),
  ]);
});

test('what the strategy cannot do is said', () => {
  expect(limitsOf(canary(10, 5))).toEqual([
    expect.stringContaining('first deployment'),
    expect.stringContaining('fully shifted version is not watched'),
  ]);
  expect(limitsOf(Rollout.allAtOnce()._shift)).toEqual(
    expect.arrayContaining([expect.stringContaining('only the smoke test')]),
  );
});
