import { outcomeKey } from '../../../lambda/batch/run-paths';
import { PartitionLoop } from './partition-loop';
import { type Chance, type Nature, TransformWorld } from './transform-world';

/** `a` to `z`, of these natures. */
function partition(natures: readonly Nature[], { maxJobs = 20, maxObjectBytes = 100 } = {}) {
  const world = new TransformWorld(
    Object.fromEntries(natures.map((nature, index) => [`in/${String.fromCharCode(97 + index)}.csv`, nature])),
  );
  const loop = new PartitionLoop(world, maxJobs, maxObjectBytes);
  return { world, loop };
}

/** The first so many times. */
function first(world: TransformWorld, what: Chance, times: number): void {
  let left = times;
  world.chance = (each) => each === what && left-- > 0;
}

const fates = (loop: PartitionLoop): Record<string, string> =>
  Object.fromEntries(Object.entries(loop.fates).map(([key, fate]) => [key.slice('in/'.length, -'.csv'.length), fate]));
const goods = (count: number) => Array.from({ length: count }, (): Nature => 'good');
/** As their numbers. */
const jobs = (names: readonly string[]) => names.map((name) => Number(/-(\d+)$/.exec(name)![1]));
const manifests = (world: TransformWorld) =>
  [...world.store.files]
    .filter(([key]) => key.includes('/jobs/'))
    .map(([, text]) =>
      (JSON.parse(text) as unknown[])
        .slice(1)
        .map((key) => (key as string).slice(3, -4))
        .join(''),
    );

test('good objects are scored by one job, whose instances are paid for', async () => {
  const { world, loop } = partition(goods(5));
  expect(await loop.run()).toBe(true);
  expect(new Set(Object.values(fates(loop)))).toEqual(new Set(['scored']));
  expect(jobs(world.requests)).toEqual([0]);
  expect(loop.outcome).toMatchObject({ seconds: 2 * (300 + 50), scores: { count: 5 } });
  expect(loop.invocations).toBe(2);
});

test('what cannot be scored costs no job', async () => {
  const { world, loop } = partition(['empty', 'good'], { maxObjectBytes: 3 });
  expect(await loop.run()).toBe(true);
  expect(fates(loop)).toEqual({ a: 'it is empty', b: 'it has 4 bytes, at most 3 are allowed' });
  expect(world.requests).toEqual([]);
});

test('an object whose answer could not be stored costs no job', async () => {
  const long = `in/${'x'.repeat(990)}`;
  const world = new TransformWorld({ [long]: 'good', 'in/a': 'good' });
  const loop = new PartitionLoop(world, 20);
  expect(await loop.run()).toBe(true);
  expect(loop.fates[long]).toMatch(
    /^its key is too long: the answer to it would have \d{4} bytes, and S3 allows 1024$/,
  );
  expect(loop.fates['in/a']).toBe('scored');
});

test('refused objects need no other job; the answers of the others stand', async () => {
  const { world, loop } = partition(['good', 'refused', 'good', 'refused', 'nan', 'changed']);
  expect(await loop.run()).toBe(true);
  const refused = 'the container refused it: ClientError: 400 no';
  expect(fates(loop)).toEqual({
    a: 'scored',
    b: refused,
    c: 'scored',
    d: refused,
    e: 'record 1 of the answer is nan',
    f: 'it was changed after the run had begun',
  });
  expect(jobs(world.requests)).toEqual([0]);
});

test('lines of the log that are a little late are waited for; without them the object gets a job of its own', async () => {
  const punctual = partition(['good', 'refused']);
  expect(await punctual.loop.run()).toBe(true);
  expect(manifests(punctual.world)).toEqual(['ab']);
  const { world, loop } = partition(['good', 'refused']);
  first(world, 'logs late', 1);
  expect(await loop.run()).toBe(true);
  expect(manifests(world)).toEqual(['ab', 'b']);
  expect(fates(loop)).toEqual(fates(punctual.loop));
});

test('without a log an object is blamed once it failed a job of its own', async () => {
  const { world, loop } = partition(['good', 'refused', 'good', 'broken']);
  world.chance = (what) => what === 'logs missing';
  expect(await loop.run()).toBe(true);
  expect(fates(loop)).toEqual({
    a: 'scored',
    b: 'its job failed with ClientError: See job logs for more information',
    c: 'scored',
    d: 'its job failed with AlgorithmError: See job logs for more information',
  });
  expect(manifests(world)).toEqual(['abcd', 'b', 'd']);
});

test('an object that failed beside others gets a second chance alone', async () => {
  const { world, loop } = partition(['good', 'busy', 'crashing', 'good', 'good']);
  expect(await loop.run()).toBe(true);
  expect(fates(loop)).toEqual({
    a: 'scored',
    b: 'scored',
    c: 'its job failed with AlgorithmError: See job logs for more information: Unable to get response from algorithm no',
    d: 'scored',
    e: 'scored',
  });
  expect(manifests(world)).toEqual(['abcde', 'bc', 'b', 'c', 'd']);
});

test('a job that hangs is stopped, and its objects are done in smaller ones', async () => {
  const { world, loop } = partition(['good', 'good', 'hanging', 'good']);
  expect(await loop.run()).toBe(true);
  expect(fates(loop)).toEqual({ a: 'scored', b: 'scored', c: 'its job was not done in time', d: 'scored' });
  expect(manifests(world)).toEqual(['abcd', 'ab', 'cd', 'c', 'd']);
});

test('a job whose time is over is waited for until it is stopped, and paid for until then', async () => {
  const { world, loop } = partition(['hanging']);
  expect(await loop.run()).toBe(true);
  expect([loop.waits, world.stopped]).toEqual([[60], []]);
  // It starts after 30 seconds, its time is over after 2000, and stopping takes a minute.
  expect(loop.outcome!.seconds).toBe(2 * (2000 - 30 + 60));
});

test('a job that goes on although its time is over is stopped', async () => {
  const { world, loop } = partition(['good', 'hanging']);
  world.chance = (what) => what === 'timed out and goes on';
  expect(await loop.run()).toBe(true);
  expect(fates(loop)).toEqual({ a: 'scored', b: 'its job was not done in time' });
  expect(jobs(world.stopped)).toEqual([0, 2]);
  expect([...world.jobs.values()].map(({ end }) => end)).toEqual(['Stopped', 'Completed', 'Stopped']);
});

test('a partition costs no more jobs than it may, and says so', async () => {
  const { world, loop } = partition(['broken', 'good', 'broken', 'good', 'hanging', 'broken'], { maxJobs: 3 });
  expect(await loop.run()).toBe(true);
  expect(world.jobs.size).toBe(3);
  const left = Object.values(fates(loop)).filter((fate) =>
    /^it is one of \d objects that 3 jobs left without an answer, and a partition has no more/.test(fate),
  );
  expect(left.length).toBeGreaterThan(0);
  expect(Object.keys(fates(loop))).toHaveLength(6);
});

test('objects that were never in a failed job are left as well where no job is', async () => {
  const { world, loop } = partition(['hanging', 'good'], { maxJobs: 1 });
  expect(await loop.run()).toBe(true);
  const left =
    'it is one of 2 objects that 1 jobs left without an answer, and a partition has no more: its job was not done in time';
  expect(fates(loop)).toEqual({ a: left, b: left });
  expect(world.jobs.size).toBe(1);
});

test('jobs that end by no fault of the objects do not count', async () => {
  const { world, loop } = partition(goods(3), { maxJobs: 1 });
  first(world, 'no capacity', 5);
  expect(await loop.run()).toBe(true);
  expect(jobs(world.requests)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(new Set(Object.values(fates(loop)))).toEqual(new Set(['scored']));
  expect(loop.outcome!.seconds).toBe(2 * (5 * 120 + 330));
});

test('after too many of them the partition fails, and a redriven run goes on', async () => {
  const { world, loop } = partition(goods(3));
  first(world, 'no capacity', 7);
  expect(await loop.run()).toBe(false);
  expect(loop.error).toMatchObject({
    name: 'JobRefused',
    message: 'partition 7: CapacityError: Unable to provision requested ML compute capacity.',
  });
  expect(loop.outcome).toMatchObject({ complete: false, fault: /^CapacityError/.exec(loop.outcome!.fault!)!.input });
  expect(jobs(world.requests)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await loop.run()).toBe(true);
  expect(jobs(world.requests)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(loop.outcome!.fault).toBeUndefined();
});

test('what an interrupted job answered is kept', async () => {
  const { world, loop } = partition(goods(4));
  first(world, 'internal error', 1);
  expect(await loop.run()).toBe(true);
  expect(manifests(world)).toEqual(['abcd', 'a']);
  expect([...world.reads.values()]).toEqual([1, 1, 1, 1]);
});

test.each<Chance>(['no ping', 'model gone'])(
  'with %s the partition fails at once, and a redriven run goes on',
  async (what) => {
    const { world, loop } = partition(goods(2));
    first(world, what, 1);
    expect(await loop.run()).toBe(false);
    expect(loop.error!.name).toBe('JobRefused');
    expect(loop.invocations).toBe(2);
    expect(await loop.run()).toBe(true);
    expect(jobs(world.requests)).toEqual([0, 1]);
  },
);

test('at the quota a job waits, twice as long each time, and an alarm is told', async () => {
  const { world, loop } = partition(goods(2));
  first(world, 'at quota', 7);
  expect(await loop.run()).toBe(true);
  // Between half of it and all of it.
  expect(loop.waits).toEqual([23, 45, 90, 180, 360, 450, 450]);
  expect(loop.atQuota).toBe(7);
  expect(new Set(world.requests).size).toBe(1);
});

test('a quota of nothing is not waited for: the partition fails at once, says so, and goes on when redriven', async () => {
  const { world, loop } = partition(goods(2));
  first(world, 'no quota', 1);
  expect(await loop.run()).toBe(false);
  expect(loop.error).toMatchObject({
    name: 'JobRefused',
    message: expect.stringContaining('is 0 Instances') as string,
  });
  expect(loop.outcome!.fault).toContain('is 0 Instances');
  expect([loop.waits, loop.atQuota]).toEqual([[], 0]);
  expect(await loop.run()).toBe(true);
});

test('throttled it waits, and no alarm is told', async () => {
  const { world, loop } = partition(goods(2));
  first(world, 'throttled', 2);
  expect(await loop.run()).toBe(true);
  expect([loop.waits, loop.atQuota]).toEqual([[23, 45], 0]);
});

test('a job that was begun although the answer was lost is waited for', async () => {
  const { world, loop } = partition(goods(2));
  first(world, 'answer of CreateTransformJob lost', 1);
  expect(await loop.run()).toBe(true);
  expect(world.jobs.size).toBe(1);
  expect(world.inUse).toHaveLength(1);
  expect([...world.reads.values()]).toEqual([1, 1]);
});

test('an odd error of the state machine does not hide how a job ended', async () => {
  const { world, loop } = partition(['good', 'refused']);
  first(world, 'odd error', 1);
  expect(await loop.run()).toBe(true);
  expect(fates(loop)).toEqual({ a: 'scored', b: 'the container refused it: ClientError: 400 no' });
  expect(world.jobs.size).toBe(1);
});

test('how a job ended is not taken for the end of the next, of which nobody was told', async () => {
  const { world, loop } = partition(['good', 'broken', 'good', 'broken']);
  let answers = 0;
  world.chance = (what) => what === 'answer of Advance lost' && ++answers === 2;
  expect(await loop.run()).toBe(true);
  expect(manifests(world)).toEqual(['abcd', 'b', 'd']);
  expect(jobs(world.requests)).toEqual([0, 1, 2]);
});

test('a description that is cut off is asked for again', async () => {
  const { world, loop } = partition(['good', 'refused']);
  first(world, 'cause cut off', 1);
  expect(await loop.run()).toBe(true);
  expect(fates(loop)).toEqual({ a: 'scored', b: 'the container refused it: ClientError: 400 no' });
});

describe('a redriven run', () => {
  test('waits for a job that still runs', async () => {
    const { world, loop } = partition(goods(2));
    world.chance = (what) => what === 'execution ends' || what === 'job goes on';
    expect(await loop.run()).toBe(false);
    world.chance = () => false;
    expect(await loop.run()).toBe(true);
    expect(world.jobs.size).toBe(1);
    expect(loop.waits).toEqual([60, 60, 60, 60, 60]);
    expect(loop.outcome!.seconds).toBe(2 * 320);
  });

  test('does again what was stopped with the run', async () => {
    const { world, loop } = partition(goods(2));
    first(world, 'execution ends', 1);
    expect(await loop.run()).toBe(false);
    expect(await loop.run()).toBe(true);
    expect(jobs(world.requests)).toEqual([0, 1]);
    expect(loop.waits).toEqual([60]);
  });

  test('begins a job that was handed out and never begun', async () => {
    const { world, loop } = partition(goods(2));
    world.chance = (what) => what === 'answer of Advance lost';
    expect(await loop.run()).toBe(false);
    expect(world.requests).toEqual([]);
    world.chance = () => false;
    expect(await loop.run()).toBe(true);
    expect(jobs(world.requests)).toEqual([0]);
    expect(loop.outcome!.jobs!.begun).toBe(1);
  });

  test('of a partition that is complete does nothing', async () => {
    const { world, loop } = partition(['good', 'refused']);
    expect(await loop.run()).toBe(true);
    const before = loop.outcome;
    expect(await loop.run()).toBe(true);
    expect(loop.outcome).toEqual(before);
    expect(world.requests).toHaveLength(1);
  });
});

test('an invocation that runs out of time writes down what it read, and the next goes on at once', async () => {
  const { world, loop } = partition(goods(9));
  world.chance = (what) => what === 'out of time';
  expect(await loop.run()).toBe(true);
  expect(loop.invocations).toBe(1 + 9);
  expect([...world.reads.values()]).toEqual(Array(9).fill(1));
  expect(loop.waits).toEqual([]);
  expect(loop.outcome!.seconds).toBe(2 * 390);
});

test('what was read before a fault of S3 is not read again', async () => {
  const { world, loop } = partition(goods(12));
  const read = world.read.bind(world);
  let faults = 1;
  world.read = (bucket, object) =>
    object.key === 'in/k.csv' && faults-- > 0
      ? Promise.reject(Object.assign(new Error('InternalError'), { name: 'InternalError' }))
      : read(bucket, object);
  expect(await loop.run()).toBe(true);
  expect(world.reads.get('in/a.csv')).toBe(1);
  expect(Math.max(...world.reads.values())).toBeLessThanOrEqual(2);
});

test('a failure that tells of no object ends the partition where nothing was ever scored, and else not', async () => {
  const odd = (world: TransformWorld): void => {
    const run = world.runJob.bind(world);
    world.runJob = (answer, timeout) => {
      const ended = run(answer, timeout);
      const reason = JSON.stringify({
        TransformJobStatus: 'Failed',
        FailureReason: 'ClientError: Data download failed',
      });
      return typeof ended.Error === 'string' ? { Error: 'States.TaskFailed', Cause: reason } : ended;
    };
    world.chance = (what) => what === 'logs missing';
  };
  const never = partition(['broken', 'empty', 'broken']);
  odd(never.world);
  expect(await never.loop.run()).toBe(false);
  expect(never.loop.error!.message).toBe('partition 7: ClientError: Data download failed');
  const named = partition(['broken', 'broken']);
  odd(named.world);
  named.world.chance = () => false;
  expect(await named.loop.run()).toBe(true);
  expect(fates(named.loop).a).toMatch(/^its job failed with ClientError: Data download failed: Bad HTTP status/);
  const once = partition(['good', 'broken']);
  odd(once.world);
  expect(await once.loop.run()).toBe(true);
  expect(fates(once.loop).b).toBe('its job failed with ClientError: Data download failed');
});

test('a partition whose list is gone says so', async () => {
  const { world, loop } = partition(goods(1));
  world.store.files.clear();
  await expect(loop.run()).rejects.toThrow(/partitions\/00007.json is gone: it says which objects to score$/);
  expect(outcomeKey({ bucket: 'b', prefix: '', id: '1' }, 7)).toBe('outcomes/00007.json');
});
