import type { InputObject, Outcome, PartitionOutcome, ScoreAnswer } from '../../../lambda/batch/contract';
import { outcomeKey, partitionKey, resultKey, runPlace } from '../../../lambda/batch/run-paths';
import { histogramOf } from '../../../lambda/batch/score-histogram';
import { type ScoreParts, scorePartition } from '../../../lambda/batch-score/score-partition';
import { SETTINGS } from '../batch-control/planned';
import { MemoryStore } from '../batch/memory-store';
import { Life } from '../batch/life';
import { LOOKUP, PAIR } from '../predict/models';
import { removeAssets } from '../served-model';
import { awsError, MemoryObjects } from './memory-objects';
import { predictorOf } from './predictor';
import { VirtualClock } from './virtual-clock';

afterAll(removeAssets);

const run = runPlace(SETTINGS.output, '20260301T020000123Z-nightly');
const pair = predictorOf(PAIR);
const lookup = predictorOf(LOOKUP);
const TIME = { take: 800, finish: 1000 };

/** A partition of objects with these texts. */
function partition(texts: Readonly<Record<string, string>>, predictor = pair, settings: Partial<typeof SETTINGS> = {}) {
  const objects: InputObject[] = Object.entries(texts).map(([name, text]) => ({
    key: `in/${name}`,
    bytes: Buffer.byteLength(text),
    etag: `"${name}"`,
  }));
  const contents = new Map(Object.entries(texts).map(([name, text]) => [`in/${name}`, { text, etag: `"${name}"` }]));
  const runs = new MemoryStore();
  const store = new MemoryObjects(contents);
  const clock = new VirtualClock();
  const key = partitionKey(run, 7);
  runs.files.set(key, JSON.stringify({ index: 7, objects }));
  const request = {
    settings: { ...SETTINGS, ...settings },
    run,
    partition: { index: 7, key, objects: objects.length, bytes: 0 },
  };
  const read = (): PartitionOutcome => JSON.parse(runs.files.get(outcomeKey(run, 7))!) as PartitionOutcome;
  return {
    contents,
    runs,
    store,
    clock,
    objects,
    score: (more: Partial<ScoreParts> = {}): Promise<ScoreAnswer> =>
      scorePartition(request, { predictor, runs, objects: store, time: TIME, clock, ...more }),
    read,
    /** Each object in a word, and why it is quarantined. */
    fates: (): Record<string, string> =>
      Object.fromEntries(
        read().outcomes.map((outcome: Outcome) => [
          outcome.key.slice('in/'.length),
          outcome.status === 'quarantined' ? outcome.reason : outcome.status,
        ]),
      ),
    result: (name: string): string | undefined => store.results.get(resultKey(run, 7, `in/${name}`)),
  };
}

const numbered = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}.csv`, `1,${index}\n`]));

test('every object has an outcome and a result, and the scores of all are counted', async () => {
  const part = partition({ 'a.csv': '1,2\n3,4\n', 'b.csv': '5,6\n' });
  expect(await part.score()).toEqual({ partition: 7, complete: true });
  expect(part.result('a.csv')).toBe('[1,2]\n[3,4]\n');
  expect(part.result('b.csv')).toBe('[5,6]\n');
  expect(part.read()).toEqual({
    index: 7,
    complete: true,
    outcomes: [
      {
        ...part.objects[0],
        status: 'scored',
        output: `s3://lake/${resultKey(run, 7, 'in/a.csv')}`,
        recordsIn: 2,
        recordsOut: 2,
      },
      expect.objectContaining({ key: 'in/b.csv', recordsIn: 1 }),
    ],
    scores: histogramOf([2, 4, 6]),
    seconds: 0,
  });
});

test('an object that is at fault is quarantined with the reason, and the others are scored', async () => {
  const part = partition(
    {
      'good.csv': '1,2\n',
      'empty.csv': '',
      'large.csv': '1,2\n'.repeat(10),
      'malformed.csv': '1,"2\n',
      'refused.csv': '1,2\n101,2\n',
      'blank.csv': '\n',
      'gone.csv': '1,2\n',
      'changed.csv': '1,2\n',
      'denied.csv': '1,2\n',
      'archived.csv': '1,2\n',
      'foreign-key.csv': '1,2\n',
      'dead-key.csv': '1,2\n',
    },
    pair,
    { maxObjectBytes: 12 },
  );
  part.contents.delete('in/gone.csv');
  part.contents.set('in/changed.csv', { text: '7,7\n', etag: '"other"' });
  const answers: Record<string, string> = {
    'in/denied.csv': 'AccessDenied',
    'in/archived.csv': 'InvalidObjectState',
    'in/foreign-key.csv': 'InvalidRequest',
    'in/dead-key.csv': 'KMS.DisabledException',
  };
  part.store.beforeRead = ({ key }) => {
    if (key in answers) {
      throw awsError(answers[key]);
    }
  };
  expect(await part.score()).toEqual({ partition: 7, complete: true });
  expect(part.fates()).toEqual({
    'good.csv': 'scored',
    'empty.csv': 'it is empty',
    'large.csv': 'it has 40 bytes, at most 12 are allowed',
    'malformed.csv': 'it is not valid CSV (RFC 4180) after row 0',
    'refused.csv': 'record 2: width must be <= 100',
    'blank.csv': 'it has no records',
    'gone.csv': 'it is gone',
    'changed.csv': 'it was changed after the run had begun',
    'denied.csv': 'it may not be read',
    'archived.csv': 'it is in an archive and would have to be restored first',
    'foreign-key.csv': 'it cannot be read without the key that its writer has',
    'dead-key.csv': 'the key that it is encrypted with is disabled',
  });
  expect([...part.store.results.keys()]).toEqual([resultKey(run, 7, 'in/good.csv')]);
  expect(part.read().scores.count).toBe(1);
  expect(part.store.reads.get('in/large.csv')).toBeUndefined();
});

test('an object on which the model fails is quarantined with what the model says', async () => {
  const part = partition({ 'a.csv': '1\n', 'b.csv': '3\n' }, lookup);
  await part.score();
  expect(part.fates()).toMatchObject({
    'a.csv': 'scored',
    'b.csv': expect.stringMatching(/^the model failed: .*indices/) as string,
  });
});

test('a partition whose file is gone cannot be scored', async () => {
  const part = partition(numbered(1));
  part.runs.files.delete(partitionKey(run, 7));
  await expect(part.score()).rejects.toThrow(`s3://lake/${partitionKey(run, 7)} is gone`);
});

describe('a fault that is not the object’s', () => {
  test.each<[string, (part: ReturnType<typeof partition>, fault: Error) => void]>([
    [
      'of S3 when an object is read',
      ({ store }, fault) => {
        store.beforeRead = ({ key }) => (key === 'in/3.csv' ? Promise.reject(fault) : undefined);
      },
    ],
    [
      'of S3 when a result is written',
      ({ store }, fault) => {
        store.beforeWrite = (key) => (key.includes('/3.csv') ? Promise.reject(fault) : undefined);
      },
    ],
  ])('%s ends the invocation, with what was done written down, and the next one goes on', async (_, break_) => {
    const part = partition(numbered(20));
    break_(part, awsError('InternalError', 'We encountered an internal error'));
    await expect(part.score()).rejects.toThrow('We encountered an internal error');
    const { outcomes, complete, fault, attempt } = part.read();
    expect(outcomes.map(({ key }) => key)).toEqual(
      part.objects.map(({ key }) => key).filter((key) => key !== 'in/3.csv'),
    );
    expect({ complete, fault, attempt }).toEqual({
      complete: false,
      fault: 'InternalError: We encountered an internal error',
      attempt: undefined,
    });
    part.store.beforeRead = part.store.beforeWrite = () => undefined;
    expect(await part.score()).toEqual({ partition: 7, complete: true });
    expect([...part.store.reads.values()]).toEqual(numberOfReads(20, 3));
    expect(part.read().fault).toBeUndefined();
    expect(part.read().scores).toEqual(histogramOf(Array.from({ length: 20 }, (_each, index) => Math.max(1, index))));
  });

  test('is where results may not be written, whatever S3 calls it', async () => {
    const part = partition(numbered(2));
    part.store.beforeWrite = () => Promise.reject(awsError('AccessDenied', 'not authorized to perform: s3:PutObject'));
    await expect(part.score()).rejects.toThrow('s3:PutObject');
    expect(part.read().outcomes).toEqual([]);
  });

  test('is where something is thrown that is no error, or has the name of a method', async () => {
    const part = partition(numbered(1));
    part.store.beforeRead = () => Promise.reject(awsError('toString'));
    await expect(part.score()).rejects.toThrow('toString');
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    part.store.beforeRead = () => Promise.reject('lost');
    await expect(part.score()).rejects.toBe('lost');
    expect(part.read().fault).toBe('lost');
  });

  function numberOfReads(count: number, twice: number): number[] {
    return Array.from({ length: count }, (_, index) => (index === twice ? 2 : 1));
  }
});

describe('time that does not do', () => {
  test('is told, and the next invocation goes on with what is left', async () => {
    const part = partition(numbered(12));
    part.store.beforeRead = () => part.clock.pass(150);
    expect(await part.score()).toEqual({ partition: 7, complete: false });
    expect(part.read().outcomes).toHaveLength(6);
    expect(part.read().complete).toBe(false);
    expect(await part.score()).toEqual({ partition: 7, complete: true });
    expect([...part.store.reads.values()].every((reads) => reads === 1)).toBe(true);
    expect(Object.values(part.fates())).toEqual(Array(12).fill('scored'));
  });

  test('is no fault of an object that was begun late: it comes first in the next invocation', async () => {
    const part = partition(numbered(5));
    // Four are done in 700 of 800 milliseconds, and the fifth needs 600.
    const needs: Record<string, number> = { 'in/3.csv': 700, 'in/4.csv': 600 };
    part.store.beforeRead = ({ key }, signal) => part.clock.pass(needs[key] ?? 0, signal);
    expect(await part.score()).toEqual({ partition: 7, complete: false });
    expect(part.fates()).toEqual({ '0.csv': 'scored', '1.csv': 'scored', '2.csv': 'scored', '3.csv': 'scored' });
    // The next may score side by side.
    expect(part.read().attempt).toBeUndefined();
    expect(await part.score()).toEqual({ partition: 7, complete: true });
    expect(part.fates()['4.csv']).toBe('scored');
  });

  test('is a fault of an object that had all of it for itself', async () => {
    const part = partition({ 'slow.csv': '1,1\n', ...numbered(6) });
    part.store.beforeRead = ({ key }, signal) => part.clock.pass(key === 'in/slow.csv' ? 90_000 : 0, signal);
    const time = { take: 48_000, finish: 60_000 };
    expect(await part.score({ time })).toEqual({ partition: 7, complete: false });
    expect(part.fates()['slow.csv']).toBeUndefined();
    await part.score({ time });
    expect(part.fates()['slow.csv']).toBe('it was not done after 60 seconds');
    await part.score({ time });
    expect(part.fates()['5.csv']).toBe('scored');
    expect(part.read().complete).toBe(true);
  });

  test.each([450, 600, 999])(
    'is no fault of objects that took each other’s time, %d each of 1000: they are scored one at a time',
    async (each) => {
      const part = partition(numbered(5));
      // Side by side the first would be done when the last is.
      part.store.beforeRead = (_, signal) => part.clock.pass(each, signal);
      let invocations = 1;
      while (!(await part.score()).complete) {
        expect(invocations++).toBeLessThan(9);
      }
      expect(Object.values(part.fates())).toEqual(Array(5).fill('scored'));
    },
  );

  test('never stops the work: each invocation does at least one object', async () => {
    const part = partition(numbered(9));
    part.store.beforeRead = (_, signal) => part.clock.pass(999, signal);
    for (let done = 0; done <= 9; done++) {
      const { complete } = await part.score();
      // The first invocation finds out that objects take each other's time.
      expect(part.read().outcomes.length).toBeGreaterThanOrEqual(done);
      expect(complete).toBe(part.read().outcomes.length === 9);
    }
  });

  test('is real where nothing else is said', async () => {
    const part = partition(numbered(2));
    part.store.beforeRead = ({ key }, signal) =>
      key === 'in/0.csv'
        ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
        : undefined;
    const started = performance.now();
    const real = { clock: undefined, time: { take: 40, finish: 50 } };
    await part.score(real);
    await part.score(real);
    expect(performance.now() - started).toBeGreaterThanOrEqual(45);
    expect(part.fates()).toEqual({ '0.csv': 'it was not done after 0 seconds', '1.csv': 'scored' });
  });
});

describe('an invocation that dies', () => {
  let life: Life;

  /** Scores until an answer comes, and says how often it was tried; a death leaves what was written down by then. */
  async function invocations(part: ReturnType<typeof partition>, most: number): Promise<number> {
    for (let count = 1; count <= most; count++) {
      life = new Life();
      const answer = part.score({ runs: life.of(part.runs), objects: life.of(part.store) });
      if (await Promise.race([answer.then(() => true), life.death.then(() => false)])) {
        return count;
      }
    }
    return Infinity;
  }

  const killing =
    (...keys: string[]) =>
    ({ key }: InputObject): void => {
      if (keys.includes(key)) {
        life.end();
      }
    };

  test('because of an object is found out: that one is quarantined, and all others are scored', async () => {
    const part = partition(numbered(10));
    part.store.beforeRead = killing('in/6.csv');
    expect(await invocations(part, 9)).toBe(4);
    expect(part.fates()).toEqual(
      Object.fromEntries(
        Array.from({ length: 10 }, (_, index) => [
          `${index}.csv`,
          index === 6 ? 'the function did not come to its end 2 times while it scored nothing else' : 'scored',
        ]),
      ),
    );
    expect(part.read()).toMatchObject({ complete: true, index: 7 });
    expect(part.read().attempt).toBeUndefined();
  });

  test('because of several objects takes two more for each', async () => {
    const part = partition(numbered(10));
    part.store.beforeRead = killing('in/2.csv', 'in/3.csv', 'in/9.csv');
    expect(await invocations(part, 20)).toBe(8);
    expect(Object.values(part.fates()).filter((fate) => fate !== 'scored')).toHaveLength(3);
  });

  test('by chance is made good, once while several and once while one was scored', async () => {
    const part = partition(numbered(10));
    let deaths = 0;
    part.store.beforeRead = (object) => (deaths++ < 2 ? killing(object.key)(object) : undefined);
    expect(await invocations(part, 9)).toBe(3);
    expect(Object.values(part.fates())).toEqual(Array(10).fill('scored'));
  });

  test('has an end: after one that answers, objects are scored side by side again', async () => {
    const part = partition(numbered(10));
    let first = true;
    part.store.beforeRead = (object) => {
      if (first) {
        first = false;
        return killing(object.key)(object);
      }
      part.clock.pass(300);
    };
    expect(await invocations(part, 9)).toBe(2);
    expect(part.read().complete).toBe(false);
    let most = 0;
    let open = 0;
    part.store.beforeRead = async () => {
      most = Math.max(most, ++open);
      await new Promise(setImmediate);
      open--;
    };
    await part.score();
    expect(most).toBe(4);
  });
});

test('done again, all stays as it is: nothing is read twice', async () => {
  const part = partition({ ...numbered(5), 'bad.csv': 'x' });
  await part.score();
  const files = new Map(part.runs.files);
  expect(await part.score()).toEqual({ partition: 7, complete: true });
  expect(part.runs.files).toEqual(files);
  expect([...part.store.reads.values()]).toEqual(Array(6).fill(1));
});

test('four objects are in the works at a time', async () => {
  const part = partition(numbered(11));
  let [open, most] = [0, 0];
  part.store.beforeRead = async () => {
    most = Math.max(most, ++open);
    await new Promise(setImmediate);
    open--;
  };
  await part.score();
  expect(most).toBe(4);
});
