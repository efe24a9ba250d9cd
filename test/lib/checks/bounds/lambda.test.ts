import {
  EPHEMERAL_STORAGE,
  FUNCTION_MEMORY,
  FUNCTION_TIMEOUT,
  ONE_VCPU_MEMORY,
  RESERVED_CONCURRENCY,
  UNPACKED_CODE_BYTES,
} from '../../../../lib/checks/bounds/lambda';

// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
test('the bounds are those of the quota page', () => {
  expect(FUNCTION_MEMORY).toMatchObject({ min: 128, max: 10_240 });
  expect(FUNCTION_TIMEOUT).toMatchObject({ min: 1, max: 900 });
  expect(EPHEMERAL_STORAGE).toMatchObject({ min: 512, max: 10_240 });
  expect(RESERVED_CONCURRENCY.min).toBe(0);
  expect(UNPACKED_CODE_BYTES).toBe(262_144_000);
  expect(ONE_VCPU_MEMORY).toBe(1769);
});
