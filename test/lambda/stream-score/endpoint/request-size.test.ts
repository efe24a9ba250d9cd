import fc from 'fast-check';
import { RequestSize } from '../../../../lambda/stream-score/endpoint/request-size';
import { VirtualEndpoint } from './virtual-endpoint';

test('it is what the settings say, until a call is not answered in its time: then half as many', () => {
  const size = new RequestSize();
  expect(size.of(32)).toBe(32);
  size.tooMany(32);
  expect(size.of(32)).toBe(16);
  size.tooMany(3);
  expect(size.of(32)).toBe(1);
});

test('it rises again with answers that leave time, and not with those of smaller requests or that took long', () => {
  const size = new RequestSize();
  size.tooMany(20);
  size.answered(10, 900, 1000);
  size.answered(4, 1, 1000);
  expect(size.of(32)).toBe(10);
  Array.from({ length: 4 }, () => size.answered(size.of(32), 100, 1000));
  expect(size.of(32)).toBeGreaterThan(20);
  expect(size.of(15)).toBe(15);
});

test('it is never less than one, nor more than the settings say', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: 1, max: 100 })), { maxLength: 50 }), (answers) => {
      const size = new RequestSize();
      for (const records of answers) {
        if (records === null) {
          size.answered(size.of(100), 1, 1000);
        } else {
          size.tooMany(records);
        }
        expect(size.of(100)).toBeGreaterThanOrEqual(1);
        expect(size.of(100)).toBeLessThanOrEqual(100);
      }
    }),
  );
});

test('an endpoint that has no time for a whole request gets on, invocation by invocation, and gets smaller ones', async () => {
  const endpoint = new VirtualEndpoint();
  // So many milliseconds for each record: ten of them take longer than an invocation.
  const invoke = endpoint.invoke;
  const slow: typeof invoke = (body, milliseconds) => {
    endpoint.latency = 2_000 * (JSON.parse(body) as { instances: number[] }).instances.length;
    endpoint.fate = () => (endpoint.latency < milliseconds ? 'answer' : 'silence');
    return invoke(body, milliseconds);
  };
  Object.assign(endpoint, { invoke: slow });
  let left = Array.from({ length: 30 }, (_, index) => index + 1);
  for (let invocation = 0; left.length > 0; invocation++) {
    expect(invocation).toBeLessThan(6);
    const { reached } = await endpoint.score(left, 10_000);
    left = left.slice(reached);
  }
});
