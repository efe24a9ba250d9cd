import type { Scores } from '../../../../lambda/stream-score/ports';
import { VirtualEndpoint } from './virtual-endpoint';

jest.setTimeout(60_000);

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** 8 calls at a time, of 50 ms. */
const FULL_SPEED = 160;

/** One record a call, and always more of them, by invocations of ten seconds each: what was reached is not scored again. */
async function stream(endpoint: VirtualEndpoint, milliseconds: number): Promise<{ readonly scored: number }> {
  const end = endpoint.time.now + milliseconds;
  let next = 0;
  const consume = async (): Promise<void> => {
    while (endpoint.time.now < end) {
      const instances = Array.from({ length: 2_000 }, (_, index) => next + index);
      const began = endpoint.time.now;
      const scores: Scores = await endpoint.begin(instances, Math.min(10 * SECOND, end - began), {
        maxRecords: 1,
        maxConcurrency: 8,
      });
      expect(scores.faults.size).toBe(0);
      for (let index = 0; index < scores.reached; index++) {
        expect(scores.predictions[index]).toBe(2 * (next + index));
      }
      next += scores.reached;
      if (endpoint.time.now === began) {
        await endpoint.time.sleep(100);
      }
    }
  };
  const consumed = consume();
  await endpoint.time.pass();
  await consumed;
  return { scored: next };
}

const callsForAnAnswer = ({ calls, answers }: { readonly calls: number; readonly answers: number }): number =>
  calls / answers;

test('a fresh environment is at full speed within three seconds, and never above its concurrency', async () => {
  const endpoint = new VirtualEndpoint();
  await stream(endpoint, 10 * SECOND);
  expect(endpoint.between(3 * SECOND, 9 * SECOND).answers / 6).toBeGreaterThan(0.95 * FULL_SPEED);
  expect(endpoint.most).toBe(8);
});

test('an endpoint that takes half of the calls gets at most 1.5 for each answer over a minute, and nothing is lost', async () => {
  const endpoint = new VirtualEndpoint();
  await stream(endpoint, 5 * SECOND);
  // Whoever went on as before would have half of its calls refused.
  endpoint.limit(() => FULL_SPEED / 2);
  const from = endpoint.time.now;
  const { scored } = await stream(endpoint, MINUTE);
  const minute = endpoint.between(from, from + MINUTE);
  // That is far less than it may be: refused calls are mostly those by which more is tried.
  expect(callsForAnAnswer(minute)).toBeLessThan(1.03);
  expect(minute.answers).toBeGreaterThan(0.6 * (FULL_SPEED / 2) * 60);
  expect(scored).toBeGreaterThan(0.6 * (FULL_SPEED / 2) * 60);
});

test.each([2, 5, 20, 80, 120])('the same holds where it takes %d calls a second', async (limit) => {
  const endpoint = new VirtualEndpoint();
  await stream(endpoint, 5 * SECOND);
  endpoint.limit(() => limit);
  const from = endpoint.time.now;
  await stream(endpoint, MINUTE);
  const minute = endpoint.between(from, from + MINUTE);
  expect(callsForAnAnswer(minute)).toBeLessThan(1.5);
  expect(minute.answers).toBeGreaterThan(0.4 * limit * 60);
});

test.each([0.5, 1])('where it takes but %d calls a second, it does after the first two seconds', async (limit) => {
  const endpoint = new VirtualEndpoint();
  await stream(endpoint, 5 * SECOND);
  endpoint.limit(() => limit);
  const from = endpoint.time.now;
  await stream(endpoint, MINUTE);
  const minute = endpoint.between(from + 2 * SECOND, from + MINUTE);
  expect(callsForAnAnswer(minute)).toBeLessThan(1.5);
  expect(minute.answers).toBeGreaterThan(0.4 * limit * 58);
});

test.each([
  ['slow', 1_000],
  ['quick', 20],
])('the same holds where calls are %s', async (_, latency) => {
  const endpoint = new VirtualEndpoint();
  endpoint.latency = latency;
  await stream(endpoint, 10 * SECOND);
  const before = endpoint.between(5 * SECOND, 10 * SECOND).answers / 5;
  endpoint.limit(() => before / 2);
  const from = endpoint.time.now;
  await stream(endpoint, MINUTE);
  expect(callsForAnAnswer(endpoint.between(from, from + MINUTE))).toBeLessThan(1.5);
});

test('where it takes all calls for ten seconds and none for the next ten, the same holds', async () => {
  const endpoint = new VirtualEndpoint();
  endpoint.fate = () => (endpoint.time.now % (20 * SECOND) < 10 * SECOND ? 'answer' : 'throttle');
  await stream(endpoint, MINUTE);
  expect(callsForAnAnswer(endpoint.between(0, MINUTE))).toBeLessThan(1.5);
});

test('where each call is refused by the toss of a coin, however few there are, none is lost, and two for an answer is the least', async () => {
  const endpoint = new VirtualEndpoint();
  let seed = 7;
  endpoint.fate = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % 2 === 0 ? 'answer' : 'throttle';
  };
  const { scored } = await stream(endpoint, MINUTE);
  const minute = endpoint.between(0, MINUTE);
  expect(scored).toBeGreaterThan(10);
  expect(callsForAnAnswer(minute)).toBeGreaterThan(1.5);
  expect(callsForAnAnswer(minute)).toBeLessThan(3);
  // As it cannot be told from an endpoint that has hardly any room, it is called as one: the calls themselves are few.
  expect(minute.calls).toBeLessThan(600);
});

test.each([0, 0.5, 1, 20, FULL_SPEED / 2])(
  'after a minute of %d calls a second it is at full speed again within 30 seconds',
  async (limit) => {
    const endpoint = new VirtualEndpoint();
    await stream(endpoint, 5 * SECOND);
    endpoint.limit(() => limit);
    await stream(endpoint, MINUTE);
    const ended = endpoint.time.now;
    endpoint.fate = () => 'answer';
    await stream(endpoint, 40 * SECOND);
    expect(endpoint.between(ended + 30 * SECOND, ended + 39 * SECOND).answers / 9).toBeGreaterThan(0.95 * FULL_SPEED);
  },
);

test('what is learned of an endpoint lasts beyond the invocation', async () => {
  const endpoint = new VirtualEndpoint();
  await stream(endpoint, 5 * SECOND);
  endpoint.limit(() => 5);
  await stream(endpoint, 20 * SECOND);
  const from = endpoint.time.now;
  await stream(endpoint, 10 * SECOND);
  expect(callsForAnAnswer(endpoint.between(from, from + 10 * SECOND))).toBeLessThan(1.5);
});
