import * as fc from 'fast-check';
import { executionParameters, planCapacity } from '../../../container/onnx-server/capacity';
import { quickBytes } from '../../../container/onnx-server/dispatcher';

const MEBIBYTE = 1024 ** 2;
const GIBIBYTE = 1024 ** 3;

describe('what an instance offers', () => {
  test.each([
    ['a small model, one processor', 1, 4, 1, [1, 1]],
    ['a small model leaves one processor to HTTP', 2, 8, 1, [1, 1]],
    ['a small model, many processors', 16, 32, 15, [15, 1]],
    ['from 16 MiB on several processors share a run', 16, 32, 16, [4, 4]],
    ['a large model, two processors', 2, 8, 100, [1, 2]],
    ['as many sessions as the memory holds', 16, 8, 500, [3, 5]],
    ['and one at least', 4, 1, 900, [1, 4]],
  ])('%s', (_name, processors, gibibytes, modelMebibytes, [workers, threadsPerRun]) => {
    expect(
      planCapacity({ processors, memoryBytes: gibibytes * GIBIBYTE, modelBytes: modelMebibytes * MEBIBYTE }),
    ).toEqual({ workers, threadsPerRun });
  });

  test('is never overdrawn', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 192 }),
        fc.integer({ min: 1, max: 768 }),
        fc.integer({ min: 1, max: 8 * GIBIBYTE }),
        (processors, gibibytes, modelBytes) => {
          const memoryBytes = gibibytes * GIBIBYTE;
          const { workers, threadsPerRun } = planCapacity({ processors, memoryBytes, modelBytes });
          expect(workers * threadsPerRun).toBeLessThanOrEqual(processors);
          expect(Math.min(workers, threadsPerRun)).toBeGreaterThanOrEqual(1);
          expect(workers === 1 || workers * modelBytes * 4 <= memoryBytes).toBe(true);
        },
      ),
    );
  });
});

test.each([
  [1, 2, 25],
  [2, 4, 25],
  [3, 6, 16],
  [15, 30, 3],
  [95, 100, 1],
])('%d workers take %d mini-batches of %d MB at once', (workers, concurrent, megabytes) => {
  expect(executionParameters(workers, 25 * MEBIBYTE)).toEqual({
    MaxConcurrentTransforms: concurrent,
    BatchStrategy: 'SINGLE_RECORD',
    MaxPayloadInMB: megabytes,
  });
});

test('what may be answered beside the pings follows from the speed of the model', () => {
  // 20 ms hold 400 runs of 50 us, and 400 instances of 64 features have at least so many bytes.
  expect(quickBytes(0.05, 64)).toBe(400 * 64 * 2);
  expect(quickBytes(20, 10)).toBe(20);
  expect(quickBytes(20.1, 10)).toBe(0);
});
