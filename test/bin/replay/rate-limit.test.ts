import fc from 'fast-check';
import { RateLimit } from '../../../bin/replay/rate-limit';
import { VirtualTime } from '../../lambda/batch-arrival/virtual-time';

const NEVER = new AbortController().signal;

interface Sent {
  readonly at: number;
  readonly count: number;
}

async function send(perSecond: number, batches: readonly Sent[]): Promise<Sent[]> {
  const virtual = new VirtualTime();
  const limit = new RateLimit(perSecond, { now: () => virtual.now, sleep: (wait) => virtual.sleep(wait) });
  const sent: Sent[] = [];
  const work = (async () => {
    for (const { at: pause, count } of batches) {
      await virtual.sleep(pause);
      await limit.take(count, NEVER);
      sent.push({ at: virtual.now, count });
    }
  })();
  await virtual.pass();
  await work;
  return sent;
}

test('no second has more records than are allowed, wherever it begins, and none waits longer than it has to', async () => {
  const runs = fc
    .integer({ min: 1, max: 50 })
    .chain((most) =>
      fc.tuple(
        fc.constant(most),
        fc.array(fc.record({ at: fc.nat(700), count: fc.integer({ min: 1, max: most }) }), { maxLength: 30 }),
      ),
    );
  await fc.assert(
    fc.asyncProperty(runs, async ([most, batches]) => {
      const sent = await send(most, batches);
      expect(sent).toHaveLength(batches.length);
      const within = (from: number): number =>
        sent.filter(({ at }) => at >= from && at < from + 1000).reduce((sum, { count }) => sum + count, 0);
      sent.forEach(({ at }) => expect(within(at)).toBeLessThanOrEqual(most));
      // A millisecond earlier it would have been too many, or it was not asked for.
      for (const [place, { at, count }] of sent.entries()) {
        const asked = (sent[place - 1]?.at ?? 0) + batches[place].at;
        if (at > asked) {
          const before = sent.slice(0, place).filter((each) => each.at > at - 1 - 1000);
          expect(before.reduce((sum, each) => sum + each.count, count)).toBeGreaterThan(most);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('a wait ends when it is interrupted, and what did not go does not count', async () => {
  const interruption = new AbortController();
  const sleep = jest.fn(() => Promise.resolve(interruption.abort()));
  const limit = new RateLimit(5, { now: () => 0, sleep });
  await limit.take(5, interruption.signal);
  await limit.take(5, interruption.signal);
  expect(sleep).toHaveBeenCalledTimes(1);
});
