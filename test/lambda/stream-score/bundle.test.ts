import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { KinesisStreamEvent } from 'aws-lambda';
import type { ServedModel } from '../../../lambda/predict/contract';
import { METRICS, SETTINGS_VARIABLE, type StreamSettings } from '../../../lambda/stream/contract';
import { LoopbackS3 } from '../batch/loopback-s3';
import { unpackHandler, unpackLayer } from '../bundled-function';
import { PAIR } from '../predict/models';
import { removeAssets, writeAsset } from '../served-model';
import { kinesisEvent } from './kinesis-event';
import { type Answer, LoopbackService } from './sinks/loopback-service';

jest.setTimeout(60_000);

const SETTINGS: StreamSettings = {
  format: 'json',
  aggregated: true,
  withInput: false,
  maxRecordBytes: 1_000_000,
  tensorBatch: 256,
  sinks: [
    { kind: 's3', bucket: 'archive', prefix: 'scores/' },
    { kind: 'kinesis', streamName: 'scores' },
    { kind: 'dynamoDb', tableName: 'scores', partitionKey: 'id' },
  ],
  quarantine: { bucket: 'quarantine', prefix: 'live/' },
};

/** Calls the handler as the runtime of Lambda does, and tells what it answered. */
const PROGRAM = `
  const { handler } = require(process.argv[1]);
  const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 20_000 };
  handler(JSON.parse(process.argv[2]), context).then((answer) => console.log('ANSWER' + JSON.stringify(answer)));`;

interface Put {
  readonly PartitionKey: string;
  readonly Data: string;
}

interface Outcome {
  readonly answer: unknown;
  /** Lines of JSON that went to the log, those of the logger first. */
  readonly log: readonly Record<string, unknown>[];
}

const service = new LoopbackService();
const s3 = new LoopbackS3();
const folder = mkdtempSync(join(tmpdir(), 'stream-bundle-'));
const ends: (() => void)[] = [];
let modules: string;

beforeAll(async () => {
  ends.push(await service.start(), await s3.start());
  modules = unpackLayer(folder);
});

afterAll(() => {
  ends.reverse().forEach((end) => end());
  rmSync(folder, { recursive: true, force: true });
  removeAssets();
});

beforeEach(() => {
  service.requests.length = 0;
  service.answer = take;
  s3.objects.clear();
});

/** As Kinesis and DynamoDB do where nothing is wrong. */
function take(operation: string, body: Record<string, unknown>): Answer {
  const results = (many: unknown, each: object): object[] => (many as unknown[]).map(() => each);
  return operation === 'PutRecords'
    ? { body: { FailedRecordCount: 0, Records: results(body.Records, { SequenceNumber: '1', ShardId: 'shardId-0' }) } }
    : { body: { Responses: results(body.Statements, { TableName: 'scores' }) } };
}

/** The bundled function in a process of its own, with the library of the layer. */
async function run(
  event: KinesisStreamEvent,
  settings: Partial<StreamSettings> | 'none' = {},
  model: Partial<ServedModel> = {},
): Promise<Outcome> {
  const task = unpackHandler('stream-score', writeAsset({ ...PAIR, model }));
  const inherited = Object.entries(process.env).filter(([name]) => /^AWS_(ACCESS|SECRET|REGION|ENDPOINT)/.test(name));
  const program = ['-e', PROGRAM, join(task, 'index.js'), JSON.stringify(event)];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, program, {
    cwd: task,
    env: {
      ...Object.fromEntries(inherited),
      NODE_PATH: modules,
      NODE_OPTIONS: '--no-warnings',
      LAMBDA_TASK_ROOT: task,
      AWS_LAMBDA_FUNCTION_NAME: 'consumer',
      AWS_LAMBDA_FUNCTION_VERSION: '3',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      ...(settings === 'none' ? {} : { [SETTINGS_VARIABLE]: JSON.stringify({ ...SETTINGS, ...settings }) }),
    },
  });
  const lines = `${stderr}\n${stdout}`.split('\n');
  return {
    answer: lines.filter((line) => line.startsWith('ANSWER')).map((line) => JSON.parse(line.slice(6)) as unknown)[0],
    log: lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

const linesOf = (text: string | undefined): Record<string, unknown>[] =>
  (text ?? '')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** The lines of the only object of a bucket. */
function onlyObject(bucket: string): Record<string, unknown>[] {
  const keys = [...s3.objects.keys()].filter((key) => key.startsWith(`${bucket}/`));
  expect(keys).toHaveLength(1);
  return linesOf(s3.text(keys[0]));
}

// The layer holds Linux libraries only.
(process.platform === 'linux' ? describe : describe.skip)('the bundled consumer of a stream', () => {
  const good = ['{"width":1,"height":2}', '{"width":3,"height":4}'];
  const poison = Buffer.from([0x7b, 0xff, 0x7d]);

  test('predicts a batch into three sinks, and brings the record at fault into quarantine', async () => {
    const { answer, log } = await run(kinesisEvent(good[0], poison, good[1]));
    expect(answer).toEqual({ batchItemFailures: [] });

    const archived = onlyObject('archive');
    expect(archived.map(({ inferenceId, prediction }) => [inferenceId, prediction])).toEqual([
      [expect.stringMatching(/:1:0$/), [1, 2]],
      [expect.stringMatching(/:3:0$/), [3, 4]],
    ]);
    const put = service.requests.flatMap(({ Records: records = [] }) => records as Put[]);
    expect(put.map(({ Data: data }) => JSON.parse(Buffer.from(data, 'base64').toString()) as unknown)).toEqual(
      archived,
    );
    const inserted = service.requests.flatMap(({ Statements: all = [] }) => all as { Parameters: unknown[] }[]);
    expect(inserted.map(({ Parameters: [id] }) => id)).toEqual(archived.map(({ inferenceId }) => ({ S: inferenceId })));

    expect(onlyObject('quarantine')).toEqual([
      expect.objectContaining({
        reason: 'UNDECODABLE',
        cause: 'it is not valid UTF-8',
        sequenceNumber: '2',
        data: poison.toString('base64'),
        model: { name: 'test-model', version: '1.2.3' },
      }),
    ]);
    expect(log).toEqual([
      expect.objectContaining({
        FunctionName: 'consumer',
        FunctionVersion: '3',
        [METRICS.records]: 3,
        [METRICS.predictions]: 2,
        [METRICS.quarantined]: 1,
        [METRICS.failedBatches]: 0,
      }),
    ]);
  });

  test('finds its other parts as well: rows of CSV, and a sink that refuses', async () => {
    service.answer = (operation, body) =>
      operation === 'PutRecords' ? { status: 400, error: 'ResourceNotFoundException' } : take(operation, body);
    const { answer, log } = await run(kinesisEvent('1,2', '3'), { format: 'csv' });
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
    expect([...s3.objects.keys()].filter((key) => key.startsWith('archive/'))).toEqual([]);
    expect(onlyObject('quarantine')).toEqual([expect.objectContaining({ reason: 'UNDECODABLE', sequenceNumber: '2' })]);
    expect(log).toEqual([
      expect.objectContaining({
        where: 'kinesis:scores',
        reason: expect.stringContaining('ResourceNotFoundException') as unknown,
      }),
      expect.objectContaining({ [METRICS.records]: 0, [METRICS.failedBatches]: 1, [METRICS.sinkFailures]: 1 }),
    ]);
  });

  test('does not start without its settings', async () => {
    await expect(run(kinesisEvent(good[0]), 'none')).rejects.toThrow(
      `StartError: the environment variable ${SETTINGS_VARIABLE} is missing`,
    );
  });

  test('does not start with an artifact that is not the one deployed', async () => {
    await expect(run(kinesisEvent(good[0]), {}, { sha256: '0'.repeat(64) })).rejects.toThrow(
      /StartError: the artifact of model test-model 1.2.3 .* expected SHA-256 0{64}, got [0-9a-f]{64}/,
    );
    expect(service.requests).toEqual([]);
  });
});
