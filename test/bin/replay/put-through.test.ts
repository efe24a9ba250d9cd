import fc from 'fast-check';
import type { Invoked } from '../../../bin/replay/put-through';
import { exitCode, replay } from '../../../bin/replay/replay';
import type { Replayable } from '../../../bin/replay/replayable';
import type { QuarantineSettings } from '../../../bin/replay/settings';
import type { ReplaySummary } from '../../../bin/replay/tally';
import { VirtualTime } from '../../lambda/batch-arrival/virtual-time';
import { passing } from '../../lambda/stream-score/virtual-time';
import { numbered, readerOf } from './records';

const SETTINGS: QuarantineSettings = {
  source: 'quarantine',
  functionName: 'consumer:live',
  dryRun: false,
  json: false,
  batchSize: 10,
  attempts: 3,
  from: 's3://bucket',
  bucket: 'bucket',
  prefix: '',
  since: 0,
  until: 1,
  reasons: [],
};

type Sent = readonly { readonly eventID: string; readonly kinesis: { readonly sequenceNumber: string } }[];

interface Run {
  readonly summary: ReplaySummary;
  readonly said: string;
  /** Sequence numbers of each invocation, and when it was. */
  readonly calls: { readonly at: number; readonly numbers: readonly number[] }[];
}

const answered = (...failures: string[]): Invoked => ({ kind: 'answered', failures });
const DONE = answered();
const THROTTLED: Invoked = { kind: 'refused', cause: 'Rate exceeded' };
const BROKEN: Invoked = { kind: 'failed', cause: 'Error: out of memory' };

async function run(
  records: readonly Replayable[],
  invoke: (sent: Sent, call: number) => Invoked,
  settings: Partial<QuarantineSettings> = {},
  interruption = new AbortController(),
): Promise<Run> {
  const virtual = new VirtualTime();
  const calls: { at: number; numbers: number[] }[] = [];
  const said: string[] = [];
  const work = replay(
    { ...SETTINGS, ...settings },
    {
      reader: readerOf(records),
      invoke: (event) => {
        const sent = (JSON.parse(event) as { Records: Sent }).Records;
        calls.push({ at: virtual.now, numbers: sent.map(({ kinesis }) => Number(kinesis.sequenceNumber)) });
        return Promise.resolve(invoke(sent, calls.length));
      },
      time: { now: () => virtual.now, sleep: (wait) => virtual.sleep(wait) },
      chance: () => 1,
      signal: interruption.signal,
      terminal: { write: (text) => said.push(text) },
    },
  );
  return { summary: await passing(virtual, work), said: said.join(''), calls };
}

const inOneShard = (count: number): Replayable[] => numbered(Array.from({ length: count }, () => [0, 3] as const));
const upTo = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, place) => first + place);

test('what the consumer names comes again from there on, and nothing before it', async () => {
  const { summary, calls } = await run(inOneShard(12), (_, call) => (call === 1 ? answered('4') : DONE));
  expect(calls.map(({ numbers }) => numbers)).toEqual([upTo(1, 10), upTo(4, 10), [11, 12]]);
  expect(summary).toMatchObject({ read: 12, putThrough: 12, left: 0 });
  expect(exitCode(summary)).toBe(0);
});

test('of several that are named the first one counts', async () => {
  const { calls } = await run(inOneShard(5), (_, call) => (call === 1 ? answered('5', '2', '3') : DONE));
  expect(calls.map(({ numbers }) => numbers)).toEqual([upTo(1, 5), upTo(2, 5)]);
});

test('waits grow, and it is given up after as many invocations as were stated; what is left is told', async () => {
  const { summary, said, calls } = await run(inOneShard(12), () => THROTTLED, { attempts: 7 });
  expect(calls.map(({ at }) => at / 1000)).toEqual([0, 1, 3, 7, 15, 31, 61]);
  expect(summary).toMatchObject({
    putThrough: 0,
    stopped: { why: 'Rate exceeded', at: 'live:shardId-000000000000:1:0' },
    goOn: undefined,
  });
  expect(summary.left).toBe(summary.read);
  expect(said).toContain('Rate exceeded; again in 1.0 s');
  expect(exitCode(summary)).toBe(1);
});

test('attempts count anew when something got through', async () => {
  const { summary, calls } = await run(inOneShard(5), (sent, call) =>
    call % 3 !== 0 ? THROTTLED : answered(...sent.slice(1, 2).map(({ kinesis }) => kinesis.sequenceNumber)),
  );
  expect(calls).toHaveLength(15);
  expect(summary).toMatchObject({ putThrough: 5, left: 0 });
});

test('a function that fails gets half as many, until the one is found that it fails on', async () => {
  const { summary, calls } = await run(inOneShard(20), (sent) =>
    sent.some(({ kinesis }) => kinesis.sequenceNumber === '7') ? BROKEN : DONE,
  );
  expect(calls.slice(0, 3).map(({ numbers }) => numbers)).toEqual([upTo(1, 10), upTo(1, 5), upTo(6, 10)]);
  expect(calls.slice(-3).map(({ numbers }) => numbers)).toEqual([[7], [7], [7]]);
  expect(summary).toMatchObject({
    putThrough: 6,
    stopped: { why: 'Error: out of memory', at: 'live:shardId-000000000000:7:0' },
    goOn: 'shardId-000000000000:6',
  });
});

test('an answer that names a record that was not sent says nothing of those that were', async () => {
  const { summary, calls } = await run(inOneShard(2), () => answered('99'));
  expect(calls).toHaveLength(3);
  expect(summary).toMatchObject({ putThrough: 0, left: 2 });
});

test('a record that no event holds is told, and the others are put through', async () => {
  const records = numbered([
    [0, 3],
    [0, 5_000_000],
    [0, 3],
  ]);
  const { summary, said, calls } = await run(records, () => DONE);
  expect(calls.map(({ numbers }) => numbers)).toEqual([[1], [3]]);
  expect(summary).toMatchObject({ read: 3, putThrough: 2, tooLarge: 1, left: 0 });
  expect(said).toContain('live:shardId-000000000000:2:0 is too large for an event');
  expect(exitCode(summary)).toBe(1);
});

test('a dry run calls nothing, and counts', async () => {
  const { summary, calls } = await run(inOneShard(12), () => DONE, { dryRun: true, functionName: undefined });
  expect(calls).toEqual([]);
  expect(summary).toMatchObject({ read: 12, putThrough: 0, left: 0, byShard: { 'live/shardId-000000000000': 12 } });
});

test('an interruption lets the batch under way end, and says where to go on', async () => {
  const interruption = new AbortController();
  const interrupt = (): Invoked => {
    interruption.abort();
    return DONE;
  };
  const { summary, calls } = await run(
    inOneShard(30),
    (_, call) => (call === 2 ? interrupt() : DONE),
    {},
    interruption,
  );
  expect(calls).toHaveLength(2);
  expect(summary).toMatchObject({
    putThrough: 20,
    stopped: { why: 'it was interrupted' },
    goOn: 'shardId-000000000000:20',
  });
});

test('what became of the records is added up as far as the consumer says it', async () => {
  const became = { predicted: 7, quarantined: 3 };
  const { summary } = await run(inOneShard(20), (_, call) => ({
    kind: 'answered',
    failures: [],
    version: String(call),
    ...(call === 1 ? { became } : {}),
  }));
  expect(summary.became).toEqual({ predicted: 7, quarantinedAgain: 3, notTold: 10 });
  expect(summary.putThroughBy).toEqual({ 1: 10, 2: 10 });
});

/** What a consumer may do next. */
const script = fc.array(
  fc.oneof(
    fc.constant('done' as const),
    fc.constant('refused' as const),
    fc.constant('failed' as const),
    fc.constant('stranger' as const),
    fc.nat(12),
  ),
  { maxLength: 40 },
);

test('whatever the consumer does, everything that is read is put through in its order, left, or told', async () => {
  const worlds = fc.tuple(fc.array(fc.tuple(fc.nat(2), fc.nat(50)), { maxLength: 60 }), script, fc.option(fc.nat(30)));
  let stopped = 0;
  await fc.assert(
    fc.asyncProperty(worlds, async ([sizes, steps, rate]) => {
      const records = numbered(sizes);
      const acknowledged: number[] = [];
      const limits = rate === null || rate === 0 ? {} : { rate, batchSize: Math.min(10, rate) };
      const { summary, calls } = await run(
        records,
        (sent, call) => {
          const step = steps[call - 1] ?? 'done';
          const ids = sent.map(({ kinesis }) => kinesis.sequenceNumber);
          const reached = step === 'done' ? ids.length : typeof step === 'number' ? Math.min(step, ids.length) : 0;
          acknowledged.push(...ids.slice(0, reached).map(Number));
          return step === 'refused'
            ? THROTTLED
            : step === 'failed'
              ? BROKEN
              : step === 'stranger'
                ? answered('none')
                : answered(...ids.slice(reached, reached + 1));
        },
        limits,
      );
      // In order, nothing twice and nothing passed over.
      expect(acknowledged).toEqual(upTo(1, acknowledged.length));
      expect(summary.putThrough).toBe(acknowledged.length);
      expect(summary.read).toBe(summary.putThrough + summary.left + summary.tooLarge);
      if (summary.stopped === undefined) {
        expect(summary).toMatchObject({ read: records.length, left: 0 });
      } else {
        stopped++;
        expect(summary.stopped.at).toBe(records[acknowledged.length].id);
        expect(summary.goOn).toBe(records[acknowledged.length - 1]?.goOn);
      }
      for (const { at } of calls) {
        const within = calls.filter((call) => call.at >= at && call.at < at + 1000);
        expect(within.flatMap(({ numbers }) => numbers).length).toBeLessThanOrEqual(limits.rate ?? Infinity);
      }
    }),
    { numRuns: 300 },
  );
  expect(stopped).toBeGreaterThan(10);
});
