import fc from 'fast-check';
import type { Scores } from '../../../../lambda/stream-score/ports';
import { type Fate, VirtualEndpoint } from './virtual-endpoint';

jest.setTimeout(60_000);

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const doubled = (scores: Scores): unknown[] => scores.predictions.slice(0, scores.reached);
const faultsOf = ({ faults }: Scores): [number, string][] =>
  [...faults].map(([place, { reason }]): [number, string] => [place, reason]).sort(([one], [other]) => one - other);

test('instances go out in requests of so many records, and every prediction is at the place of its own', async () => {
  const endpoint = new VirtualEndpoint();
  const scores = await endpoint.score(numbers(95), 10_000);
  expect(scores).toMatchObject({ reached: 95, throttles: 0, stopped: undefined });
  expect(doubled(scores)).toEqual(numbers(95).map((number) => 2 * number));
  expect(endpoint.calls.map(({ instances }) => instances.length).sort()).toEqual([
    10, 10, 10, 10, 10, 10, 10, 10, 10, 5,
  ]);
});

test('no instances are no calls', async () => {
  const endpoint = new VirtualEndpoint();
  expect(await endpoint.score([], 10_000)).toMatchObject({ reached: 0, predictions: [] });
  expect(endpoint.calls).toEqual([]);
});

test('a request stays within its bytes; what fits into none is at fault', async () => {
  const endpoint = new VirtualEndpoint();
  const scores = await endpoint.score([1, 10 ** 20, 2, 3], 10_000, { maxBytes: 20 });
  expect(faultsOf(scores)).toEqual([[1, 'TOO_LARGE']]);
  expect(endpoint.calls.map(({ instances }) => instances)).toEqual([[1, 2], [3]]);
  expect(scores.reached).toBe(4);
});

describe('a record that the model refuses', () => {
  test.each<[string, Fate]>([
    ['with 400', { model: 400, message: 'feature x is not a number' }],
    ['with 422', { model: 422 }],
    ['as its request is too large', { status: 413, name: 'RequestEntityTooLarge' }],
  ])('%s is found by halves, and the others are predicted', async (_, fate) => {
    const endpoint = new VirtualEndpoint();
    endpoint.fate = (instances) => (instances.includes(7) ? fate : 'answer');
    const scores = await endpoint.score(numbers(20), 60_000);
    expect(faultsOf(scores)).toEqual([[6, 'MODEL_ERROR']]);
    expect(scores.reached).toBe(20);
    expect(scores.predictions.filter((_prediction, place) => place !== 6)).toEqual(
      numbers(20)
        .filter((number) => number !== 7)
        .map((number) => 2 * number),
    );
    // Two requests, and of one of them twice its halves, four times over.
    expect(endpoint.calls.length).toBeLessThanOrEqual(10);
  });

  test('says why', async () => {
    const endpoint = new VirtualEndpoint();
    endpoint.fate = () => ({ model: 400, message: 'feature x is not a number' });
    const { faults } = await endpoint.score([1], 10_000);
    expect(faults.get(0)?.cause).toBe('the model answered 400: feature x is not a number');
  });
});

test.each([
  ['too few predictions', (instances: readonly number[]) => JSON.stringify({ predictions: instances.slice(1) })],
  ['too many', (instances: readonly number[]) => JSON.stringify({ predictions: [...instances, 1] })],
  ['no list', () => '{"error": "what?"}'],
  ['no JSON', () => '<html>'],
])('an answer with %s is the fault of one record, and found by halves', async (_, wrong) => {
  const endpoint = new VirtualEndpoint();
  const { body } = endpoint;
  endpoint.body = (instances) => (instances.includes(3) ? wrong(instances) : body(instances));
  const scores = await endpoint.score(numbers(10), 60_000);
  expect(faultsOf(scores)).toEqual([[2, 'MODEL_ERROR']]);
  expect(scores.reached).toBe(10);
});

test('a number that is not finite is the fault of its record, without another call', async () => {
  const endpoint = new VirtualEndpoint();
  endpoint.body = (instances) =>
    `{"predictions": [${instances.map((number) => (number === 4 ? 'NaN' : number)).join(', ')}]}`;
  const scores = await endpoint.score(numbers(10), 60_000);
  expect(faultsOf(scores)).toEqual([[3, 'NOT_FINITE']]);
  expect(endpoint.calls).toHaveLength(1);
});

describe('a model that fails', () => {
  test('over one record while it answers others: that record is at fault', async () => {
    const endpoint = new VirtualEndpoint();
    endpoint.fate = (instances) => (instances.includes(1) ? { model: 500, message: 'Traceback' } : 'answer');
    const scores = await endpoint.score(numbers(200), 60_000, { maxRecords: 200 });
    expect(faultsOf(scores)).toEqual([[0, 'MODEL_ERROR']]);
    expect(scores.reached).toBe(200);
    expect(endpoint.state.breaker.state).toBe('closed');
  });

  test('over everything is ill: nothing is at fault, and calls are few', async () => {
    const endpoint = new VirtualEndpoint();
    endpoint.fate = () => ({ model: 500 });
    const scores = await endpoint.score(numbers(200), 60_000, { maxRecords: 100 });
    expect(scores).toMatchObject({ reached: 0, stopped: expect.any(String) as string });
    expect(scores.faults.size).toBe(0);
    expect(endpoint.calls.length).toBeLessThan(20);
  });

  test('over a record that is alone: nobody can tell, so it stops there', async () => {
    const endpoint = new VirtualEndpoint();
    endpoint.fate = () => ({ model: 500 });
    const scores = await endpoint.score([1], 60_000);
    expect(scores).toMatchObject({ reached: 0, stopped: 'the model answered 500: ModelError it is' });
    expect(endpoint.calls).toHaveLength(3);
  });
});

describe('an endpoint that fails', () => {
  test.each<[Fate]>([['fail'], ['throttle'], ['unavailable'], [{ model: 503 }], [{ model: 429 }]])(
    'by %j now and then costs time, and no record',
    async (fate) => {
      const endpoint = new VirtualEndpoint();
      let calls = 0;
      endpoint.fate = () => (calls++ % 3 === 0 ? fate : 'answer');
      const scores = await endpoint.score(numbers(100), 120_000);
      expect(scores).toMatchObject({ reached: 100 });
      expect(scores.faults.size).toBe(0);
      expect(doubled(scores)).toEqual(numbers(100).map((number) => 2 * number));
      expect(scores.throttles! > 0).toBe(fate !== 'fail');
    },
  );

  test('from one request on stops there: all before it is predicted, and it says why', async () => {
    const endpoint = new VirtualEndpoint();
    endpoint.fate = (instances) => (instances[0] > 30 ? 'fail' : 'answer');
    const scores = await endpoint.score(numbers(100), 20_000);
    expect(scores.reached).toBe(30);
    expect(scores.stopped).toMatch(/InternalFailure/);
    expect(doubled(scores)).toEqual(numbers(30).map((number) => 2 * number));
  });

  test.each(['AccessDeniedException', 'ValidationError'])(
    'for good, by %s, is called once for each worker',
    async (name) => {
      const endpoint = new VirtualEndpoint();
      endpoint.fate = () => ({ status: 400, name });
      const scores = await endpoint.score(numbers(1_000), 20_000, { maxConcurrency: 2 });
      expect(scores).toMatchObject({ reached: 0, stopped: `${name}: ${name} it is` });
      expect(endpoint.calls.length).toBeLessThanOrEqual(2);
    },
  );

  test('at several requests stops at the first of them, for its reason', async () => {
    const endpoint = new VirtualEndpoint();
    endpoint.latency = 1_000;
    endpoint.fate = (instances) => ({ status: 400, name: instances[0] === 1 ? 'First' : 'Second' });
    const scores = await endpoint.score(numbers(100), 20_000);
    expect(scores).toMatchObject({ reached: 0, stopped: 'First: First it is' });
  });

  test('by silence takes no longer than there is time', async () => {
    const endpoint = new VirtualEndpoint();
    endpoint.fate = (instances) => (instances.includes(15) ? 'silence' : 'answer');
    const scores = await endpoint.score(numbers(30), 30_000);
    expect(scores.reached).toBeGreaterThanOrEqual(10);
    expect(scores.reached).toBeLessThan(15);
    expect(endpoint.time.now).toBeLessThanOrEqual(30_000);
  });
});

test('a call that would not come to its end in time is not made', async () => {
  const endpoint = new VirtualEndpoint();
  endpoint.latency = 1_000;
  const scores = await endpoint.score(numbers(40), 2_600, { maxConcurrency: 1 });
  expect(scores).toMatchObject({ reached: 20, stopped: expect.stringMatching(/ms are left/) as string });
  expect(endpoint.calls).toHaveLength(2);
});

test('an endpoint that was slow once is called again, however little time there is', async () => {
  const endpoint = new VirtualEndpoint();
  endpoint.latency = 20_000;
  await endpoint.score(numbers(10), 60_000);
  endpoint.latency = 100;
  expect(await endpoint.score(numbers(10), 5_000)).toMatchObject({ reached: 10 });
});

describe('the breaker', () => {
  test('opens after failures in a row, lets a trial through, and closes with its answer', async () => {
    const endpoint = new VirtualEndpoint();
    endpoint.fate = () => 'fail';
    expect((await endpoint.score(numbers(100), 4_000)).reached).toBe(0);
    expect(endpoint.state.breaker.state).toBe('open');
    const opened = endpoint.time.now;
    const calls = endpoint.calls.length;
    // The next invocation waits for the trial.
    endpoint.fate = () => 'answer';
    const scores = await endpoint.score(numbers(100), 30_000);
    expect(scores.reached).toBe(100);
    expect(endpoint.calls[calls].at).toBeGreaterThan(opened);
    expect(endpoint.calls[calls + 1].at).toBeGreaterThanOrEqual(endpoint.calls[calls].at + endpoint.latency);
    expect(endpoint.state.breaker.state).toBe('closed');
  });

  test('lets one call through for each pause, and pauses longer each time', async () => {
    const endpoint = new VirtualEndpoint();
    endpoint.fate = () => 'fail';
    for (let invocation = 0; invocation < 10; invocation++) {
      await endpoint.score(numbers(100), 60_000);
    }
    const late = endpoint.calls.filter(({ at }) => at > 10_000).map(({ at }) => at);
    const pauses = late.slice(1).map((at, index) => at - late[index]);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(9_000);
    expect(Math.max(...pauses)).toBeLessThan(130_000);
    expect(endpoint.calls.length).toBeLessThan(40);
  });

  test('an invocation that has no time for the trial ends at once', async () => {
    const endpoint = new VirtualEndpoint();
    endpoint.fate = () => 'fail';
    await endpoint.score(numbers(100), 4_000);
    const before = endpoint.time.now;
    const scores = await endpoint.score(numbers(10), 500);
    expect(scores).toMatchObject({
      reached: 0,
      stopped: expect.stringMatching(/the endpoint is spared, as it failed: InternalFailure/) as string,
    });
    expect(endpoint.time.now - before).toBeLessThan(500);
  });
});

test('whatever happens, what is reached is right, and a fault only where a record has one', async () => {
  const fates = fc.constantFrom<Fate>('answer', 'answer', 'answer', 'throttle', 'unavailable', 'fail', 'silence', {
    model: 500,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 120 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 120 }), { maxLength: 4 }),
      fc.infiniteStream(fates),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 100, max: 90_000 }),
      async (count, poison, drawn, maxRecords, maxConcurrency, milliseconds) => {
        const endpoint = new VirtualEndpoint();
        endpoint.fate = (instances) => {
          const fate = drawn.next().value as Fate;
          return fate === 'answer' && instances.some((number) => poison.includes(number)) ? { model: 400 } : fate;
        };
        const scores = await endpoint.score(numbers(count), milliseconds, { maxRecords, maxConcurrency });
        expect(endpoint.time.now).toBeLessThanOrEqual(milliseconds);
        expect(endpoint.most).toBeLessThanOrEqual(maxConcurrency);
        expect(scores.stopped === undefined).toBe(scores.reached === count);
        for (let place = 0; place < scores.reached; place++) {
          if (scores.faults.has(place)) {
            continue;
          }
          expect(poison).not.toContain(place + 1);
          expect(scores.predictions[place]).toBe(2 * (place + 1));
        }
        for (const [place, { cause }] of scores.faults) {
          // A model that fails over a record again and again, while it answers others, is believed.
          expect(poison.includes(place + 1) || cause.includes('500')).toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a prediction is of the model that says it made it, also where records of other variants lie between', async () => {
  const endpoint = new VirtualEndpoint();
  endpoint.body = (instances) =>
    JSON.stringify({
      predictions: instances,
      model: { name: 'fraud', version: instances[0] > 10 ? '2' : '1' },
    });
  const { models } = await endpoint.score(numbers(15), 10_000);
  const versions = Array.from({ length: 15 }, (_, place) => models!.get(place)!.version).join('');
  expect(versions).toBe('111111111122222');
});

test('an endpoint that was ill is tried with time enough for an answer, by whichever invocation has it', async () => {
  const endpoint = new VirtualEndpoint();
  endpoint.fate = () => 'fail';
  for (let invocation = 0; endpoint.state.breaker.state === 'closed'; invocation++) {
    expect(invocation).toBeLessThan(10);
    await endpoint.score(numbers(10), 4_000);
  }
  // Well again, with answers that take most of an invocation: one that has waited for long cannot try it any more.
  endpoint.fate = () => 'answer';
  endpoint.latency = 2_500;
  const calls = endpoint.calls.length;
  while (endpoint.state.breaker.state === 'open' && endpoint.calls.length === calls) {
    endpoint.time.now += 300;
    expect(await endpoint.score(numbers(10), 3_900)).toMatchObject({ reached: 0 });
  }
  expect(endpoint.calls).toHaveLength(calls);
  expect(await endpoint.score(numbers(10), 3_900)).toMatchObject({ reached: 10 });
});
