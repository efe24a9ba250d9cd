import { METRICS, type StreamSettings } from '../../../lambda/stream/contract';
import { createHandler, type HandlerParts } from '../../../lambda/stream-score/handler';
import { createMetrics } from '../../../lambda/stream-score/metrics';
import { modelScorer } from '../../../lambda/stream-score/model-scorer';
import type { Scorer } from '../../../lambda/stream-score/ports';
import { validated } from '../../../lambda/stream-score/validated';
import { predictorOf } from '../batch-score/predictor';
import { PAIR } from '../predict/models';
import { removeAssets } from '../served-model';
import { ENDLESS, MemoryQuarantine, MemorySink } from './consumer';
import { kinesisEvent } from './kinesis-event';

afterAll(removeAssets);

const pair = predictorOf(PAIR);

const SETTINGS: StreamSettings = {
  format: 'json',
  aggregated: false,
  withInput: true,
  maxRecordBytes: 1000,
  tensorBatch: 256,
  sinks: [],
  quarantine: { bucket: 'quarantine', prefix: 'live/' },
};
const CONTEXT = { awsRequestId: 'r', getRemainingTimeInMillis: () => 10_000 };
const GOOD = '{"width":1,"height":2}';

function handlerOf(more: Partial<HandlerParts> = {}) {
  const sink = new MemorySink(true);
  const quarantine = new MemoryQuarantine();
  const lines: Record<string, unknown>[] = [];
  const troubles: unknown[] = [];
  const report = createMetrics({ AWS_LAMBDA_FUNCTION_NAME: 'consumer', AWS_LAMBDA_FUNCTION_VERSION: '7' });
  const handler = createHandler({
    settings: SETTINGS,
    scorer: () => modelScorer(pair, 256),
    sinks: [sink],
    quarantine,
    report: (...reported) => {
      const out = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
        lines.push(JSON.parse(String(chunk)) as Record<string, unknown>);
        return true;
      });
      report(...reported);
      out.mockRestore();
    },
    log: (...trouble) => troubles.push(trouble),
    ...more,
  });
  return { handler, sink, quarantine, lines, troubles };
}

test('an invocation is one line of metrics, under the dimensions of the function and of its version', async () => {
  const { handler, sink, lines } = handlerOf();
  expect(await handler(kinesisEvent(GOOD, 'no', GOOD), CONTEXT)).toEqual({ batchItemFailures: [] });
  expect(sink.written.map(({ input }) => input)).toEqual([JSON.parse(GOOD), JSON.parse(GOOD)]);
  expect(lines).toHaveLength(1);
  const [line] = lines as [{ _aws: { CloudWatchMetrics: unknown[] } } & Record<string, unknown>];
  expect(line._aws.CloudWatchMetrics).toEqual([
    {
      Namespace: METRICS.namespace,
      Dimensions: [['FunctionName'], ['FunctionName', 'FunctionVersion']],
      Metrics: [
        ...[
          METRICS.records,
          METRICS.predictions,
          METRICS.quarantined,
          METRICS.failedBatches,
          METRICS.sinkFailures,
          METRICS.endpointThrottles,
          METRICS.batchSize,
        ].map((Name) => ({ Name, Unit: 'Count' })),
        { Name: METRICS.modelTime, Unit: 'Milliseconds' },
      ],
    },
  ]);
  expect(line).toMatchObject({
    FunctionName: 'consumer',
    FunctionVersion: '7',
    StreamRecords: 3,
    StreamPredictions: 2,
    StreamQuarantinedRecords: 1,
    StreamFailedBatches: 0,
    StreamBatchSize: 3,
  });
});

test('records that come again are counted when they are done, and logged with the request', async () => {
  const { handler, sink, lines, troubles } = handlerOf();
  sink.next.push(1);
  expect(await handler(kinesisEvent(GOOD, GOOD), CONTEXT)).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
  expect(lines[0]).toMatchObject({
    StreamRecords: 1,
    StreamPredictions: 1,
    StreamFailedBatches: 1,
    StreamSinkFailures: 1,
  });
  expect(troubles).toEqual([[{ where: 'memory-table', error: '1 of 2 predictions are written' }, 'r']]);
});

test('an invocation that fails as a whole is counted as well', async () => {
  const { handler, lines } = handlerOf({ scorer: () => Promise.reject(new Error('the artifact is missing')) });
  await expect(handler(kinesisEvent(GOOD), CONTEXT)).rejects.toThrow('the artifact is missing');
  expect(lines[0]).toMatchObject({ StreamRecords: 0, StreamFailedBatches: 1 });
});

test('a model that arrives late is asked for until it is there', async () => {
  let asked = 0;
  const { handler } = handlerOf({
    scorer: () => (++asked === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve(modelScorer(pair, 256))),
  });
  await expect(handler(kinesisEvent(GOOD), CONTEXT)).rejects.toThrow('not yet');
  await handler(kinesisEvent(GOOD), CONTEXT);
  await handler(kinesisEvent(GOOD), CONTEXT);
  expect(asked).toBe(2);
});

describe('what is validated before an endpoint sees it', () => {
  const odd: Scorer = {
    model: { name: 'm', version: '1' },
    score: (instances) => ({
      predictions: instances.map((instance) => `p${String(instance)}`),
      models: new Map([[2, { name: 'm', version: '2' }]]),
      faults: new Map([[1, { reason: 'MODEL_ERROR', cause: 'it fails' }]]),
      reached: Math.min(3, instances.length),
      modelMilliseconds: 1,
    }),
  };
  const refuse = (values: readonly unknown[]) => Object.assign((value: unknown) => !values.includes(value), {});

  test('has its outcomes by the places of all records', async () => {
    const scorer = validated(odd, refuse([2, 5]));
    const { predictions, models, faults, reached } = await scorer.score([1, 2, 3, 4, 5, 6, 7], ENDLESS);
    expect([predictions[0], predictions[3], reached]).toEqual(['p1', 'p4', 5]);
    expect([...models!.keys()]).toEqual([3]);
    expect([...faults].map(([place, { reason }]) => [place, reason]).sort()).toEqual([
      [1, 'INVALID_INPUT'],
      [2, 'MODEL_ERROR'],
      [4, 'INVALID_INPUT'],
    ]);
  });

  test('is nothing where no record is valid', async () => {
    const scorer = validated({ ...odd, score: () => Promise.reject(new Error('asked')) }, refuse([1]));
    expect((await scorer.score([1], ENDLESS)).reached).toBe(1);
  });

  test('is reached to its end where all that is valid is', async () => {
    expect((await validated(odd, refuse([2])).score([1, 3, 2], ENDLESS)).reached).toBe(3);
  });
});

describe('asked directly, as by the smoke test of a rollout, ', () => {
  const asked = { instances: [{ width: 1, height: 2 }] };

  test('it predicts, says of which model, and writes nothing', async () => {
    const { handler, sink, quarantine, lines } = handlerOf();
    const answer = await handler(asked, CONTEXT);
    expect(answer).toEqual({
      predictions: pair.predictEach(asked.instances).predictions,
      model: { name: pair.model.name, version: pair.model.version },
      inferenceId: 'r',
    });
    expect(answer.predictions).toHaveLength(1);
    expect([sink.written, quarantine.records, lines]).toEqual([[], [], []]);
  });

  test('an instance at fault is an error that says which, and keeps nothing in quarantine', async () => {
    const { handler, quarantine } = handlerOf();
    await expect(handler({ instances: [...asked.instances, { width: 'wide' }] }, CONTEXT)).rejects.toMatchObject({
      name: 'INVALID_INPUT',
      message: expect.stringContaining('instances[1]: ') as string,
    });
    expect(quarantine.records).toEqual([]);
  });

  test('what was not reached in time is an error, and no short answer', async () => {
    const scorer: Scorer = {
      model: pair.model,
      score: () => ({ predictions: [], faults: new Map(), reached: 0, stopped: 'it is late', modelMilliseconds: 0 }),
    };
    await expect(handlerOf({ scorer: () => scorer }).handler(asked, CONTEXT)).rejects.toMatchObject({
      name: 'NOT_REACHED',
      message: expect.stringContaining('it is late') as string,
    });
  });
});
