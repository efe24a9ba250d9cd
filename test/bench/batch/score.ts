import { join } from 'node:path';
import { heldOutRows } from '../../../bin/sample/breast-cancer';
import type { Partition, RecordFormat } from '../../../lambda/batch/contract';
import { partitionKey, runPlace } from '../../../lambda/batch/run-paths';
import type { ObjectStore } from '../../../lambda/batch/object-store';
import { scorePartition } from '../../../lambda/batch-score/score-partition';
import type { Predictor } from '../../../lambda/predict/core';
import { createHandler } from '../../../lambda/predict/handler';
import { MemoryStore } from '../../lambda/batch/memory-store';
import type { BenchResult } from '../bench-result';
import { median } from '../handler/statistics';
import { SETTINGS } from './planned-run';
import { samplePredictor } from './sample-asset';

const FOLDER = join(__dirname, '..', '..', '..', '.cache', 'bench-batch', 'score');
const ROUNDS = 9;
const OBJECTS = 4;
const RECORDS_OF_AN_OBJECT = 5_000;
/** Fewer invocations, as each takes as long. */
const INVOCATIONS = 3_000;
const PIECE = 64 * 1024;

/** Records scored in a second by partitions beside one record for each invocation, in one process and in turns. */
export async function benchBatchScore(): Promise<BenchResult> {
  const predictor = samplePredictor(FOLDER);
  const records = sampleRecords(predictor);
  const subjects: Readonly<Record<string, () => Promise<number>>> = {
    'one record per invocation': () => oneByOne(predictor, records),
    'partition, CSV with a header': () => byPartition(predictor, 'csv-with-header', csvOf(predictor, records)),
    'partition, JSON Lines': () => byPartition(predictor, 'json-lines', linesOf(records)),
  };
  const rates: Record<string, number[]> = {};
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, subject] of Object.entries(subjects)) {
      const rate = await subject();
      if (round >= 0) {
        (rates[name] ??= []).push(rate);
      }
    }
  }
  const alone = rates['one record per invocation'];
  // Of each round by itself, as both then meet the same noise.
  const ratio = (name: string): number => median(rates[name].map((rate, round) => rate / alone[round]));
  return {
    name: 'scoring the sample model on one core, without S3',
    rows: Object.keys(subjects).map((name) => ({
      scored: name,
      'records per second': median(rates[name]),
      'times one record per invocation': ratio(name),
    })),
    limits: Object.keys(subjects)
      .slice(1)
      .map((name) => ({
        name: `time for a record over that of one record per invocation: ${name}`,
        measured: 1 / ratio(name),
        limit: 1,
        unit: 'x',
      })),
  };
}

type SampleRecord = Readonly<Record<string, number>>;

function sampleRecords(predictor: Predictor): readonly SampleRecord[] {
  const [header, ...rows] = heldOutRows().trim().split(/\r?\n/);
  const names = header.split(',');
  const fields = predictor.model.input.fields.map(({ name }) => name);
  return rows.map((row) => {
    const cells = row.split(',');
    return Object.fromEntries(fields.map((name) => [name, Number(cells[names.indexOf(name)])]));
  });
}

/** The handler as it answers a function URL, without the network and its metrics. */
async function oneByOne(predictor: Predictor, records: readonly SampleRecord[]): Promise<number> {
  const handler = createHandler({ predictor: () => predictor, report: () => undefined, logFault: () => undefined });
  const events = records.map((record) => ({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/predict',
    headers: { 'content-type': 'application/json' },
    requestContext: { stage: '$default', requestId: 'bench', http: { method: 'POST', path: '/predict' } },
    isBase64Encoded: false,
    body: JSON.stringify(record),
  }));
  const started = performance.now();
  for (let invocation = 0; invocation < INVOCATIONS; invocation++) {
    const answer = (await handler(events[invocation % events.length], { awsRequestId: 'bench' })) as {
      readonly statusCode: number;
    };
    if (answer.statusCode !== 200) {
      throw new Error(JSON.stringify(answer));
    }
  }
  return perSecond(INVOCATIONS, started);
}

async function byPartition(predictor: Predictor, format: RecordFormat, content: Buffer): Promise<number> {
  const run = runPlace(SETTINGS.output, '20260101T000000000Z-bench');
  const runs = new MemoryStore();
  const objects = Array.from({ length: OBJECTS }, (_, index) => ({
    key: `in/${index}`,
    bytes: content.length,
    etag: '"0"',
  }));
  const key = partitionKey(run, 0);
  await runs.writeJson(key, { index: 0, objects } satisfies Partition);
  const request = {
    settings: { ...SETTINGS, format },
    run,
    partition: { index: 0, key, objects: OBJECTS, bytes: OBJECTS * content.length },
  };
  const time = { take: 600_000, finish: 600_000 };
  const store = new Stored(content);
  const started = performance.now();
  const { complete } = await scorePartition(request, { predictor, runs, objects: store, time });
  if (!complete || store.lines !== OBJECTS * RECORDS_OF_AN_OBJECT) {
    throw new Error(`${store.lines} records were scored`);
  }
  return perSecond(store.lines, started);
}

/** The same content for each object; results are counted and dropped. */
class Stored implements ObjectStore {
  public lines = 0;

  public constructor(private readonly content: Buffer) {}

  public read(): Promise<AsyncIterable<Uint8Array>> {
    const { content } = this;
    return Promise.resolve(
      // eslint-disable-next-line @typescript-eslint/require-await
      (async function* () {
        for (let at = 0; at < content.length; at += PIECE) {
          yield content.subarray(at, at + PIECE);
        }
      })(),
    );
  }

  public async write(_: string, __: string, content: AsyncIterable<Buffer>): Promise<void> {
    for await (const piece of content) {
      this.lines += piece.toString().split('\n').length - 1;
    }
  }
}

function perSecond(records: number, started: number): number {
  return records / ((performance.now() - started) / 1000);
}

function repeated<Line>(lines: readonly Line[]): Line[] {
  return Array.from({ length: RECORDS_OF_AN_OBJECT }, (_, index) => lines[index % lines.length]);
}

function csvOf(predictor: Predictor, records: readonly SampleRecord[]): Buffer {
  const names = predictor.model.input.fields.map(({ name }) => name);
  const rows = repeated(records).map((record) => names.map((name) => record[name]).join(','));
  return Buffer.from(`${[names.join(','), ...rows].join('\n')}\n`);
}

function linesOf(records: readonly SampleRecord[]): Buffer {
  return Buffer.from(`${repeated(records.map((record) => JSON.stringify(record))).join('\n')}\n`);
}
