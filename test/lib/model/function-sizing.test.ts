import { Duration } from 'aws-cdk-lib';
import * as fc from 'fast-check';
import { EPHEMERAL_STORAGE, FUNCTION_MEMORY } from '../../../lib/checks/bounds/lambda';
import { reasonsWith, sizeFor } from '../../../lib/model/function-sizing';

const numbers = (mebibytes: number, fetched: boolean) => {
  const { memorySize, timeout, ephemeralStorage } = sizeFor(mebibytes, fetched);
  return [memorySize.toMebibytes(), timeout.toSeconds(), ephemeralStorage.toMebibytes()];
};

test.each([
  [0.01, false, [1769, 10, 512]],
  [100, false, [1769, 10, 512]],
  [378, false, [1769, 10, 512]],
  [379, false, [1792, 10, 512]],
  [1000, false, [4352, 10, 512]],
  [100, true, [1769, 12, 640]],
  [256, true, [1769, 16, 768]],
  [900, true, [4096, 28, 1472]],
])('a model of %p MiB, fetched at start: %p, gets %p', (mebibytes, fetched, expected) => {
  expect(numbers(mebibytes, fetched)).toEqual(expected);
});

test('whatever the size, what is chosen is within the limits of AWS Lambda and of a gateway, and grows with the model', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 20_000, noNaN: true }), fc.boolean(), (mebibytes, fetched) => {
      const [memory, timeout, storage] = numbers(mebibytes, fetched);
      expect(Number.isInteger(memory) && memory >= FUNCTION_MEMORY.min && memory <= FUNCTION_MEMORY.max).toBe(true);
      expect(Number.isInteger(storage) && storage >= EPHEMERAL_STORAGE.min && storage <= EPHEMERAL_STORAGE.max).toBe(
        true,
      );
      expect(timeout).toBeLessThan(29);
      const larger = numbers(mebibytes * 2, fetched);
      expect(larger[0]).toBeGreaterThanOrEqual(memory);
      expect(larger[1]).toBeGreaterThanOrEqual(timeout);
    }),
  );
});

test('each choice has its reason', () => {
  expect(sizeFor(0.5, false).reasons).toEqual([
    'memory 1769 MiB: one whole processor, and a model of 0.50 MiB needs no more',
    'time-out 10 s: no request should take longer, and the gateway gives up after 29 s',
    '/tmp 512 MiB: the model is not copied there',
  ]);
  expect(sizeFor(600, true).reasons).toEqual([
    'memory 2816 MiB: a model of 600 MiB needs about 4 times its size while it is loaded',
    'time-out 22 s: 12 s of it to fetch the model at start, and the gateway gives up after 29 s',
    '/tmp 1152 MiB: room for the fetched model',
  ]);
});

test('a reason never promises more time for fetching than there is', () => {
  const { timeout, reasons } = sizeFor(5000, true);
  const fetching = Number(/(\d+) s of it/.exec(reasons[1])?.[1] ?? 0);
  expect(fetching).toBeLessThan(timeout.toSeconds());
});

test('what was given is not explained', () => {
  const sizing = sizeFor(0.5, false);
  expect(reasonsWith(sizing, { timeout: Duration.seconds(3) })).toEqual([
    sizing.reasons[0],
    'time-out: as given',
    sizing.reasons[2],
  ]);
});
