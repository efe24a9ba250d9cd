import fc from 'fast-check';
import { ERROR_STATUS, type ErrorCode } from '../../../lambda/predict/contract';
import type { HttpAnswer } from '../../../lambda/predict/http-event';
import { removeAssets } from '../served-model';
import { MIXED, MIXED_INSTANCE, PAIR, VECTOR } from './models';
import { CONTEXT, functionUrlEvent, recordedHandler, restEvent } from './recorded-handler';

afterAll(removeAssets);

const pair = recordedHandler(PAIR);
const mixed = recordedHandler(MIXED);
const vector = recordedHandler(VECTOR);
const HANDLERS = [pair, mixed, vector];

/** A value that float32 holds exactly, so that each way of writing it must give the same number. */
const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });
const width = fc.float({ min: 0, max: 100, noNaN: true });
const row = fc.record({ width, height: float32 });

function tensorOf(values: readonly number[]): Buffer {
  return Buffer.from(Float32Array.from(values).buffer);
}

test('JSON, CSV and tensor bodies of the same instances give the same predictions', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 5 }), async (instances) => {
      const values = instances.map((instance) => [instance.width, instance.height]);
      const json = await pair.post(JSON.stringify({ instances }));
      const csv = await pair.post(values.map((cells) => cells.join(',')).join('\n'), { 'content-type': 'text/csv' });
      const reversed = ['height,width', ...values.map(([first, second]) => `${second},${first}`)].join('\r\n');
      const named = await pair.post(reversed, { 'content-type': 'text/csv; header=present' });
      const tensor = await pair.post(tensorOf(values.flat()), { 'content-type': 'application/octet-stream' });
      // JSON has no negative zero.
      const expected = JSON.parse(JSON.stringify(values)) as unknown;
      for (const { status, body } of [json, csv, named, tensor]) {
        expect(status).toBe(200);
        expect(body.predictions).toEqual(expected);
      }
      expect((await pair.invoke({ instances })).predictions).toEqual(values);
    }),
  );
});

/** Values near the ones that are valid, so that every rule is met. */
const near = fc.oneof(
  fc.jsonValue(),
  fc.record({ width: fc.oneof(fc.double(), fc.jsonValue()), height: fc.double() }, { requiredKeys: [] }),
  fc.record({ instances: fc.oneof(fc.jsonValue(), fc.array(fc.oneof(row, fc.jsonValue()))) }),
  fc.array(fc.oneof(fc.double(), fc.jsonValue())),
  fc
    .constant({ ...MIXED_INSTANCE })
    .chain((instance) =>
      fc
        .tuple(fc.constantFrom(...Object.keys(instance)), fc.jsonValue())
        .map(([key, value]) => ({ ...instance, [key]: value })),
    ),
);

const body = fc.oneof(
  near.map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary' }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
  fc
    .array(fc.array(fc.oneof(fc.double().map(String), fc.string())))
    .map((rows) => rows.map((cells) => cells.join(',')).join('\n')),
);

const contentType = fc.oneof(
  fc.constantFrom('application/json', 'text/csv', 'text/csv; header=present', 'application/octet-stream', undefined),
  fc.string(),
);

test('an arbitrary HTTP request is answered with a documented status and code, never with an exception', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...HANDLERS),
      body,
      contentType,
      fc.boolean(),
      fc.boolean(),
      async ({ handler, faults }, text, type, isBase64Encoded, rest) => {
        const request = { body: text, isBase64Encoded, headers: type === undefined ? {} : { 'content-type': type } };
        const event = rest ? restEvent(request) : functionUrlEvent(request);
        const answer = (await handler(event, CONTEXT)) as HttpAnswer;
        const parsed = JSON.parse(answer.body) as { error?: { code: ErrorCode; message: string; requestId: string } };
        if (answer.statusCode !== 200) {
          expect(answer.statusCode).toBe(ERROR_STATUS[parsed.error?.code as ErrorCode]);
          expect(parsed.error?.message).not.toBe('');
        }
        // These models cannot fail on valid input, so every refusal is the caller's.
        expect(faults).toEqual([]);
      },
    ),
    { numRuns: 1000 },
  );
});

test('an arbitrary direct invocation is answered, or refused under a documented name', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...HANDLERS),
      fc.oneof(near, fc.anything()),
      async ({ invoke, faults }, payload) => {
        const outcome = await invoke(payload).then(
          () => 'answered',
          (error: unknown) => (error as Error).name,
        );
        expect(['answered', 'INVALID_INPUT', 'TOO_LARGE']).toContain(outcome);
        expect(faults).toEqual([]);
      },
    ),
    { numRuns: 1000 },
  );
  expect(Object.keys(Object.prototype)).toEqual([]);
});
