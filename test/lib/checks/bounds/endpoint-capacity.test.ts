import { notServerless, serverlessMemory, tooManyVariants } from '../../../../lib/checks/bounds/endpoint-capacity';

const DEMANDS = { unsupported: [], variants: 1, accelerator: false, uncompressedModel: false };

// https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
test.each([1024, 2048, 3072, 4096, 5120, 6144])('serverless memory of %p MiB is accepted', (mebibytes) => {
  expect(serverlessMemory(mebibytes)).toEqual([]);
});

test.each([0, 512, 1023, 1536, 2000, 7168])(
  'serverless memory of %p MiB is refused, with the sizes there are',
  (mebibytes) => {
    expect(serverlessMemory(mebibytes)).toMatchObject([
      {
        id: 'serverless-memory',
        message: `'memory' is ${mebibytes} MiB, allowed are 1024, 2048, 3072, 4096, 5120, 6144`,
      },
    ]);
  },
);

test('a serverless variant that asks for nothing special is accepted', () => {
  expect(notServerless(DEMANDS)).toEqual([]);
});

test.each([
  [{ variants: 2 }, 'serverless-variants'],
  [{ accelerator: true }, 'serverless-accelerator'],
  [{ uncompressedModel: true }, 'serverless-uncompressed-model'],
  [{ unsupported: ['vpc'] }, 'serverless-unsupported'],
])('a serverless variant with %j is refused, and instances are named', (demands, id) => {
  const faults = notServerless({ ...DEMANDS, ...demands });
  expect(faults.map((fault) => fault.id)).toEqual([id]);
  expect(faults[0].fix).toContain('Capacity.instances(...)');
});

test('each prop that a serverless variant cannot honour is named', () => {
  expect(notServerless({ ...DEMANDS, unsupported: ['vpc', 'dataCapture'] }).map(({ message }) => message)).toEqual([
    "'vpc' is given, and the capacity is serverless, which cannot do that",
    "'dataCapture' is given, and the capacity is serverless, which cannot do that",
  ]);
});

test('ten variants are accepted, an eleventh is refused', () => {
  expect(tooManyVariants(10)).toEqual([]);
  expect(tooManyVariants(11)).toMatchObject([{ id: 'endpoint-variants' }]);
});
