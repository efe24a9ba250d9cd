/** Stands for the data: to import it is to read it. */
let reads = 0;
jest.mock('../../../../lib/checks/catalogue/instance-catalogue-cpu', () => {
  reads += 1;
  return jest.requireActual<object>('../../../../lib/checks/catalogue/instance-catalogue-cpu');
});

test('the catalogue is read when something of it is asked for, not when the library is imported, and once', () => {
  const { InstanceType } = require('../../../../lib') as typeof import('../../../../lib');
  const type = InstanceType.of('ml.m5.large');
  expect(reads).toBe(0);
  expect([type.spec!.vcpus, InstanceType.M5_XLARGE.spec!.vcpus]).toEqual([2, 4]);
  expect(reads).toBe(1);
});
