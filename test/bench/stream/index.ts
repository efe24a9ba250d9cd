import { join } from 'node:path';
import type { BenchResult } from '../bench-result';
import { median } from '../handler/statistics';
import { coldStarts, DIRECT, PREDICT, STREAMED } from './cold';
import { eventOf, perceptronPredictor } from './input';
import { peakOf } from './memory';
import { stubbedSink } from './stubbed-sink';
import { batched, decodeAlone, oneByOne, scoredOnly, type Subject } from './subjects';

const FOLDER = join(__dirname, '..', '..', '..', '.cache', 'bench-stream');
const SLOW = 'with encode and sink, one by one';
const BATCHES = [1, 10, 100, 1_000, 6_000];
const ROUNDS = 11;
/** Rounds that do not count: a function lives for hours. */
const WARM_UP = 6;
/** Records of a sample, at least. */
const SAMPLE = 6_000;

/** Records of a stream in a second, by batches beside one by one, on the same model, in one process and in turns. */
export async function benchStream(): Promise<BenchResult> {
  const folder = join(FOLDER, 'model');
  const predictor = perceptronPredictor(folder);
  const ours = stubbedSink();
  const theirs = stubbedSink();
  const subjects: Readonly<Record<string, Subject>> = {
    'decode JSON alone': decodeAlone,
    'decode and score': scoredOnly(predictor),
    'decode and score, one by one': await oneByOne(folder, predictor),
    'with encode and sink': batched(predictor, [ours.sink]),
    [SLOW]: await oneByOne(folder, predictor, theirs.writeOne),
  };
  const rows: Record<string, string | number>[] = [];
  const rates: Record<number, Record<string, number[]>> = {};
  for (const batch of BATCHES) {
    rates[batch] = await ratesOf(subjects, batch);
    rows.push({
      batch,
      ...Object.fromEntries(Object.entries(rates[batch]).map(([name, each]) => [name, median(each) / 1000])),
    });
  }
  const at = rates[1_000];
  const ratio = (one: string, other: string): number => median(at[one].map((rate, round) => rate / at[other][round]));
  const poison = await poisonCost(batched(predictor, [ours.sink]));
  ours.calls = 0;
  await batched(predictor, [ours.sink])(eventOf(1_000));
  const callsOfOurs = ours.calls;
  const peak = await peakOf(join(FOLDER, 'memory'));
  const cold = await coldStarts(join(FOLDER, 'cold'));
  return {
    name: 'consuming a stream: thousand records per second',
    rows: [
      ...rows,
      {
        batch: 'sink calls for 1,000 records',
        'with encode and sink': callsOfOurs,
        'with encode and sink, one by one': 1_000,
      },
      ...Object.entries(cold).map(([name, milliseconds]) => ({
        batch: `cold start: ${name}`,
        'ms to the first answer': milliseconds,
      })),
    ],
    limits: [
      limit(
        'time of decode and score over one by one, 1,000 records',
        1 / ratio('decode and score', 'decode and score, one by one'),
        1 / 5,
      ),
      limit(
        'the same with encode and sink',
        1 / ratio('with encode and sink', 'with encode and sink, one by one'),
        1 / 2.5,
      ),
      limit(
        'time of decode and score over decoding JSON alone, 1,000 records',
        1 / ratio('decode and score', 'decode JSON alone'),
        2,
      ),
      limit('time with one poison record in 1,000 over the clean run', poison, 1.2),
      // The clients of the sinks come on top: loaded in the init phase, their connections with the first batch.
      limit('cold start, asked directly, over that of predict', cold[DIRECT] / cold[PREDICT], 2),
      limit('cold start, first batch into a stream, over that of predict', cold[STREAMED] / cold[PREDICT], 2.5),
      { name: 'peak memory of a function that gets batches of 6,000', measured: peak, limit: 400, unit: 'MB' },
    ],
  };
}

const limit = (name: string, measured: number, most: number): BenchResult['limits'][number] => ({
  name,
  measured,
  limit: most,
  unit: 'x',
});

async function ratesOf(subjects: Readonly<Record<string, Subject>>, batch: number): Promise<Record<string, number[]>> {
  const rates: Record<string, number[]> = {};
  const events = new Map([batch, Math.min(batch, SAMPLE / 10)].map((records) => [records, eventOf(records)]));
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [name, subject] of Object.entries(subjects)) {
      // To one that looks at a record after another it is all the same how many there are.
      const records = name === SLOW ? Math.min(batch, SAMPLE / 10) : batch;
      const repeats = Math.ceil((name === SLOW ? SAMPLE / 10 : SAMPLE) / records);
      const seconds = await time(subject, events.get(records)!, records, repeats);
      if (round >= 0) {
        (rates[name] ??= []).push((records * repeats) / seconds);
      }
    }
  }
  return rates;
}

async function time(
  subject: Subject,
  event: ReturnType<typeof eventOf>,
  predicted: number,
  repeats: number,
): Promise<number> {
  const started = performance.now();
  for (let repeat = 0; repeat < repeats; repeat++) {
    const count = await subject(event);
    if (count !== predicted) {
      throw new Error(`${count} of ${predicted} records were predicted`);
    }
  }
  return (performance.now() - started) / 1000;
}

/** Time with one record that the model's schema refuses over the time without, of the same round. */
async function poisonCost(subject: Subject): Promise<number> {
  const clean = eventOf(1_000);
  const poisoned = eventOf(1_000, '{"f0":"no"}');
  const ratios: number[] = [];
  for (let round = -2; round < 2 * ROUNDS; round++) {
    const without = await time(subject, clean, 1_000, 3);
    const ratio = (await time(subject, poisoned, 999, 3)) / without;
    if (round >= 0) {
      ratios.push(ratio);
    }
  }
  return median(ratios);
}
