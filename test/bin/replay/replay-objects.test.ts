import type { ReplaySummary } from '../../../bin/replay/tally';
import { METRICS } from '../../../lambda/stream/contract';
import { LoopbackS3 } from '../../lambda/batch/loopback-s3';
import { replay } from './command';
import { LoopbackConsumer } from './loopback-consumer';
import { inEvent, inQuarantine, shardOf } from './records';

jest.setTimeout(60_000);

const s3 = new LoopbackS3();
const consumer = new LoopbackConsumer();
const stops: (() => void)[] = [];
const TO = ['--function', 'consumer:live'];
const KEPT = ['quarantine', '--from', 's3://bucket/kept/', ...TO];
const GIVEN_UP = ['failed', '--from', 's3://bucket/aws/lambda/', ...TO];

beforeAll(async () => {
  stops.unshift(await s3.start());
  stops.unshift(await consumer.start());
});
afterAll(() => stops.forEach((stop) => stop()));
beforeEach(() => {
  [s3.objects, s3.written].forEach((each) => each.clear());
  [consumer.called, consumer.events, s3.requests].forEach((each) => each.splice(0));
  consumer.invoke = () => ({ answer: { batchItemFailures: [] } });
  s3.interfere = () => undefined;
});

const lines = (...records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');
const keep = (name: string, ...records: readonly object[]): void =>
  s3.put(`bucket/kept/live/${name}`, lines(...records));
const summaryOf = (stdout: string): ReplaySummary => JSON.parse(stdout) as ReplaySummary;

describe('replay quarantine', () => {
  test('puts through what is there, with what the records were, and says what became of them', async () => {
    keep(`${shardOf(0)}/1-2-a.jsonl`, inQuarantine('1', { subSequence: 3 }), inQuarantine('2'));
    keep(`${shardOf(0)}/3-3-b.jsonl`, inQuarantine('3'));
    keep(`${shardOf(1)}/1-1-c.jsonl`, inQuarantine('1', { shard: shardOf(1), key: 'ü' }));
    const metrics = JSON.stringify({ [METRICS.predictions]: 1, [METRICS.quarantined]: 2 });
    consumer.invoke = (_, call) => ({
      answer: { batchItemFailures: [] },
      version: '7',
      ...(call === 1 ? { log: `cut off {"${METRICS.quarantined}"\n${metrics}\nREPORT RequestId: 1\n` } : {}),
    });
    const { status, stdout, stderr } = await replay(KEPT);
    expect([status, stderr]).toEqual([0, '']);
    expect(consumer.called).toEqual(['consumer:live', 'consumer:live']);
    expect(consumer.numbers).toEqual([['1', '2', '3'], ['1']]);
    expect(consumer.events[0].Records.slice(0, 2)).toEqual([
      { ...inEvent('1', '{"x":'), eventSourceARN: 'arn:aws:kinesis:eu-west-1::stream/live', subSequence: 3 },
      { ...inEvent('2', '{"x":'), eventSourceARN: 'arn:aws:kinesis:eu-west-1::stream/live' },
    ]);
    expect(stdout.split('\n').map((line) => line.replace(/ +/g, ' ').trim())).toEqual([
      'read 4 records of 3 objects of s3://bucket/kept/',
      'put through 4 by version 7 (4)',
      'predicted 1',
      'in quarantine again 2',
      'predicted or not 1 its log did not say; look for new objects in quarantine',
      'left 0',
      '',
    ]);
  });

  test('counts by reason, model and shard in a dry run, and calls nothing', async () => {
    keep('a.jsonl', inQuarantine('1'), inQuarantine('2', { reason: 'NOT_FINITE', model: { name: 'm', version: '2' } }));
    keep('b.jsonl', inQuarantine('3', { shard: shardOf(1) }));
    const { status, stdout } = await replay(['quarantine', '--from', 's3://bucket/kept', '--dry-run', '--json']);
    expect([status, consumer.events]).toEqual([0, []]);
    expect(summaryOf(stdout)).toMatchObject({
      read: 3,
      putThrough: 0,
      byReason: { UNDECODABLE: 2, NOT_FINITE: 1 },
      byModel: { 'm 1': 2, 'm 2': 1 },
      byShard: { [`live/${shardOf(0)}`]: 2, [`live/${shardOf(1)}`]: 1 },
    });
  });

  test('takes what is asked for, and each record once', async () => {
    keep('a.jsonl', inQuarantine('1'), inQuarantine('2', { reason: 'NOT_FINITE' }));
    keep('b.jsonl', inQuarantine('1'), inQuarantine('3'), inQuarantine('4', { reason: 'MODEL_ERROR' }));
    keep('old.jsonl', inQuarantine('5'));
    s3.written.set('bucket/kept/live/old.jsonl', new Date('2026-01-01T00:00:00Z'));
    s3.written.set('bucket/kept/live/b.jsonl', new Date('2026-02-01T00:00:00Z'));
    const range = ['--since', '2026-01-02', '--until', '2026-03-01'];
    const { status, stdout } = await replay([...KEPT, '--reason', 'UNDECODABLE', 'NOT_FINITE', ...range, '--json']);
    expect([status, consumer.numbers]).toEqual([0, [['1', '2', '3']]]);
    expect(summaryOf(stdout)).toMatchObject({ read: 3, twice: 1, leftOut: 1, opened: 2, outside: 1 });
  });

  test('names lines that are no records, puts the others through, and says by its exit code that something is left', async () => {
    s3.put('bucket/kept/a', `${lines(inQuarantine('1'))}\n{"x":\n{"x":1}\nnull\n${JSON.stringify(inQuarantine('2'))}`);
    const { status, stdout, stderr } = await replay(KEPT);
    expect([status, consumer.numbers]).toEqual([1, [['1', '2']]]);
    expect(stderr.split('\n')).toEqual([
      's3://bucket/kept/a, line 3 cannot be read: it is not valid JSON',
      's3://bucket/kept/a, line 4 cannot be read: it is no record out of quarantine',
      's3://bucket/kept/a, line 5 cannot be read: it is no record out of quarantine',
      '',
    ]);
    expect(stdout).toMatch(/^not readable +3 /m);
  });

  test('waits and tries again when the function is throttled or fails, and goes on where the consumer says', async () => {
    keep('a.jsonl', ...['1', '2', '3', '4'].map((number) => inQuarantine(number)));
    consumer.invoke = (_, call) =>
      [
        { status: 429, name: 'TooManyRequestsException' },
        { error: { errorType: 'Runtime.OutOfMemory', errorMessage: 'it was' } },
        { answer: { batchItemFailures: [] } },
        { answer: { batchItemFailures: [{ itemIdentifier: '4' }] } },
      ][call - 1] ?? { answer: { batchItemFailures: [] } };
    const { status, stderr } = await replay(KEPT);
    expect(consumer.numbers).toEqual([['1', '2', '3', '4'], ['1', '2', '3', '4'], ['1', '2'], ['3', '4'], ['4']]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^the function cannot be called: TooManyRequestsException it is; again in [01]\.\d s$/m);
    expect(stderr).toMatch(/^the consumer asks for the rest again; again in [01]\.\d s$/m);
  });

  test('gives up after as many tries as were stated, and can go on from there', async () => {
    keep('a.jsonl', inQuarantine('1'));
    keep('b.jsonl', inQuarantine('2'), inQuarantine('3'));
    keep('c.jsonl', inQuarantine('4'));
    consumer.invoke = ({ Records }) =>
      Records.some(({ kinesis }) => kinesis.sequenceNumber === '3')
        ? { error: { errorType: 'Error', errorMessage: 'poison' } }
        : { answer: { batchItemFailures: [] } };
    const { status, stdout } = await replay([...KEPT, '--attempts', '1']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^left +2 /m);
    expect(stdout).toContain('It stopped: the function failed: Error: poison (at live:shardId-000000000000:3:0).');
    const [, after, until] = /--after '(.+)' --until (\S+)/.exec(stdout)!;
    expect(after).toBe('kept/live/a.jsonl');
    consumer.events.splice(0);
    consumer.invoke = () => ({ answer: { batchItemFailures: [] } });
    expect((await replay([...KEPT, '--after', after, '--until', until])).status).toBe(0);
    expect(consumer.numbers).toEqual([['2', '3', '4']]);
  });

  test('ends after the batch under way when it is interrupted, and says where to go on', async () => {
    for (let place = 1; place <= 5; place++) {
      keep(`${place}.jsonl`, inQuarantine(String(place)));
    }
    consumer.invoke = async (_, call) => {
      if (call === 2) {
        interrupt();
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      return call === 1 ? { status: 429, name: 'TooManyRequestsException' } : { answer: { batchItemFailures: [] } };
    };
    let interrupt = (): void => undefined;
    const { status, stdout } = await replay([...KEPT, '--batch-size', '2'], (_, kill) => (interrupt = kill));
    expect([status, consumer.numbers]).toEqual([
      1,
      [
        ['1', '2'],
        ['1', '2'],
      ],
    ]);
    expect(stdout).toContain('It stopped: it was interrupted.');
    expect(stdout).toContain("--after 'kept/live/2.jsonl'");
  });

  test('stays under the rate that it is given', async () => {
    keep('a.jsonl', ...Array.from({ length: 5 }, (_, place) => inQuarantine(String(place))));
    const began = Date.now();
    expect((await replay([...KEPT, '--rate', '2'])).status).toBe(0);
    expect(consumer.numbers.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(Date.now() - began).toBeGreaterThan(2_000);
  });

  test('says that there is nothing, and that is no failure', async () => {
    const { status, stdout } = await replay(KEPT);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^read +0 {2}records of 0 objects of s3:\/\/bucket\/kept\/$/m);
  });

  test.each<[string, () => void, RegExp]>([
    [
      'a bucket that may not be listed',
      () => (s3.interfere = () => ({ status: 403, code: 'AccessDenied' })),
      /^s3:\/\/bucket\/kept\/ cannot be listed: AccessDenied it is$/,
    ],
    [
      'an object that may not be read',
      () =>
        (s3.interfere = (request) =>
          request.includes('list-type') ? undefined : { status: 403, code: 'AccessDenied' }),
      /^s3:\/\/bucket\/kept\/live\/a\.jsonl cannot be read: AccessDenied it is$/,
    ],
    [
      'an alias that does not exist',
      () => (consumer.invoke = () => ({ status: 404, name: 'ResourceNotFoundException' })),
      /^consumer:live cannot be called: ResourceNotFoundException it is$/,
    ],
    [
      'a function that consumes no stream',
      () => (consumer.invoke = () => ({ answer: { predictions: [] } })),
      /^consumer:live answers without batchItemFailures: it consumes no stream; give the consumer to --function$/,
    ],
  ])('%s is said in one line, and the exit code is 2', async (_, arrange, words) => {
    keep('a.jsonl', inQuarantine('1'));
    arrange();
    const { status, stdout, stderr } = await replay(KEPT);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.trimEnd()).toMatch(words);
  });

  test('options that cannot be meant are refused in one line, before anything is asked', async () => {
    for (const [option, ...more] of [
      ['--rate', '0'],
      ['--since', '1h', '--until', '2h'],
      ['--function', 'consumer'],
      ['--reason', 'X'],
    ]) {
      const { status, stderr } = await replay([...KEPT, option, ...more]);
      expect([status, stderr.trimEnd().split('\n').length]).toEqual([2, 1]);
      expect(stderr).toContain(option);
    }
    expect([s3.requests, consumer.events]).toEqual([[], []]);
  });
});

describe('replay failed', () => {
  const folder = `bucket/aws/lambda/0b9a/${shardOf(0)}/2026/01/31`;
  const document = (start: string, payload: unknown): string =>
    JSON.stringify({
      requestContext: { condition: 'RetryAttemptsExhausted', functionArn: 'consumer:live' },
      version: '1.0',
      KinesisBatchInfo: { shardId: shardOf(0), startSequenceNumber: start },
      payload,
    });
  const event = (...numbers: readonly string[]) => ({ Records: numbers.map((number) => inEvent(number)) });

  test('puts whole batches through as they were, those of one second in the order of their records', async () => {
    s3.put(`${folder}/2026-01-31T08.00.00-ffff0000-1`, document('8', JSON.stringify(event('8', '9'))));
    s3.put(`${folder}/2026-01-31T08.00.01-00000000-1`, document('12', event('12')));
    s3.put(`${folder}/2026-01-31T08.00.01-11111111-1`, document('10', JSON.stringify(event('10', '11'))));
    const { status, stdout } = await replay([...GIVEN_UP, '--json']);
    expect(status).toBe(0);
    expect(consumer.events).toEqual([event('8', '9', '10', '11', '12')]);
    expect(summaryOf(stdout)).toMatchObject({ putThrough: 5, byReason: { RetryAttemptsExhausted: 5 } });
  });

  test('names objects that hold no batch, once each, and puts the others through', async () => {
    s3.put(`${folder}/2026-01-31T08.00.00-0-1`, 'no JSON');
    s3.put(`${folder}/2026-01-31T08.00.00-0-2`, document('1', '{"Records":'));
    s3.put(`${folder}/2026-01-31T08.00.00-0-3`, document('1', undefined));
    s3.put(
      `${folder}/2026-01-31T08.00.00-0-4`,
      document('1', { Records: [{ eventSource: 'aws:dynamodb' }, inEvent('2')] }),
    );
    const { status, stderr } = await replay(GIVEN_UP);
    expect([status, consumer.numbers]).toEqual([1, [['2']]]);
    expect(stderr.match(/cannot be read/g)).toHaveLength(4);
    expect(stderr).toContain('-0-1 cannot be read: it is not valid JSON');
    expect(stderr).toContain('-0-2 cannot be read: its payload is no event with Records');
    expect(stderr).toContain('-0-4, record 1 cannot be read: it is no record of a Kinesis stream');
  });

  test('goes on behind the second before the one in which it stopped', async () => {
    const key = (name: string): string => `aws/lambda/0b9a/${shardOf(0)}/2026/01/31/2026-01-31T08.00.${name}`;
    s3.put(`bucket/${key('00-0-1')}`, document('1', event('1')));
    s3.put(`bucket/${key('01-0-1')}`, document('3', event('3')));
    s3.put(`bucket/${key('01-0-2')}`, document('2', event('2')));
    s3.put(`bucket/${key('02-0-1')}`, document('4', event('4')));
    for (const [failing, goOn] of [
      ['3', key('00-0-1')],
      ['4', key('01-0-2')],
    ]) {
      consumer.invoke = ({ Records }) =>
        Records[0].kinesis.sequenceNumber === failing ? { error: {} } : { answer: { batchItemFailures: [] } };
      const { stdout } = await replay([...GIVEN_UP, '--attempts', '1', '--batch-size', '1', '--json']);
      expect(summaryOf(stdout)).toMatchObject({ putThrough: Number(failing) - 1, goOn });
    }
  });
});
