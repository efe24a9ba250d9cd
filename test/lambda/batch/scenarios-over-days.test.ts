import { awsError } from '../batch-score/memory-objects';
import { predictorOf } from '../batch-score/predictor';
import { PAIR } from '../predict/models';
import { removeAssets } from '../served-model';
import { type Definition, Stopped } from './run-definition';
import { numbered, worldOf, allScored, times, fails, before, idOf } from './scenario';

afterAll(removeAssets);

const pair = predictorOf(PAIR);

describe('a first part that is judged', () => {
  const bad = {
    ...numbered(40),
    ...Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`x${index}.csv`, 'x,1\n'])),
  };

  test('and rejected ends the run before the rest has begun; resumed without a judge, the rest is scored and that part is not again', async () => {
    const world = worldOf(bad);
    const definition = world.deploy(pair, { judgedShare: 0.2, toleratedFailure: 0.1 });
    const run = await world.run(definition);
    expect(run.error).toMatchObject({
      name: 'RejectedByJudge',
      message: expect.stringContaining(`{"judge": false, "resume": "${idOf(0)}"}`) as string,
    });
    expect(world.calls).toEqual(['plan', 'score 0', 'judge']);
    expect((await run.redrive()).error).toMatchObject({ name: 'RejectedByJudge' });
    const resumed = await world.run(definition, { judge: false, resume: idOf(0), toleratedFailure: 0.6 });
    expect(resumed.output).toMatchObject({ objects: { scored: 32, quarantined: 40, kept: 8 } });
    expect(resumed.entered).not.toContain('Judge');
    expect(Math.max(...[...world.objects.reads].filter(([key]) => !key.includes('x')).map(([, reads]) => reads))).toBe(
      1,
    );
  });

  test('and rejected for its scores leaves the last good run the current one', async () => {
    const records = (from: number): string =>
      Array.from({ length: 50 }, (_, index) => `1,${from + index / 50}\n`).join('');
    const objects = (from: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`${index}.csv`, records(from)]));
    const world = worldOf(objects(1));
    const definition = world.deploy(pair, { judgedShare: 0.5 });
    expect((await world.run(definition)).status).toBe('SUCCEEDED');
    world.put(objects(50));
    const shifted = await world.run(definition);
    expect(shifted.error).toMatchObject({
      name: 'RejectedByJudge',
      message: expect.stringContaining('the stability index of the scores') as string,
    });
    expect(world.current()).toBe(idOf(0));
    expect((await world.run(definition, { judge: false, resume: idOf(1) })).output).toMatchObject({
      objects: { scored: 10, kept: 10 },
    });
    expect(world.current()).toBe(idOf(2));
    // From now on that is what is usual.
    expect((await world.run(definition)).status).toBe('SUCCEEDED');
  });
});

describe('an execution that is stopped', () => {
  test('in the middle of the rest goes on with what is left when it is redriven', async () => {
    const world = worldOf(numbered(40));
    let scored = 0;
    world.trouble = ({ what, when }) => {
      if (what === 'score' && when === 'before' && ++scored === 3) {
        throw new Stopped();
      }
    };
    const run = await world.run(world.deploy(pair, { maxConcurrency: 2, deadlineSeconds: 600, bytesPerSecond: 0.2 }));
    expect(run.status).toBe('STOPPED');
    world.trouble = () => undefined;
    expect((await run.redrive()).status).toBe('SUCCEEDED');
    allScored(world, 40);
    expect([...world.objects.reads.values()]).toEqual(Array(40).fill(1));
  });

  test('is resumed by another one just as well', async () => {
    const world = worldOf(numbered(12));
    const definition = world.deploy(pair);
    world.trouble = times(1, before('score', '2'), () => {
      throw new Stopped();
    });
    expect((await world.run(definition)).status).toBe('STOPPED');
    const resumed = await world.run(definition, { resume: idOf(0) });
    expect(resumed.status).toBe('SUCCEEDED');
    allScored(world, 12);
    expect([...world.objects.reads.values()]).toEqual(Array(12).fill(1));
  });
});

describe('later', () => {
  test('a run that is redriven after a deployment goes on with the versions that it began with', async () => {
    const world = worldOf(numbered(8));
    const first = world.deploy(pair);
    world.trouble = times(Infinity, before('score', '1'), fails('Lambda.Unknown'));
    const run = await world.run(first);
    expect(run.status).toBe('FAILED');
    const second = world.deploy(pair, { model: { name: 'churn', version: '4' } });
    world.trouble = () => undefined;
    await run.redrive();
    expect(new Set(world.versions)).toEqual(new Set(['control:1', 'score:1']));
    expect(run.output).toMatchObject({ model: { version: '3' } });
    world.versions.length = 0;
    expect((await world.run(second)).output).toMatchObject({ model: { version: '4' } });
    expect(new Set(world.versions)).toEqual(new Set(['control:2', 'score:2']));
    expect((await world.run(second, { resume: idOf(0) })).error).toMatchObject({ name: 'BadRunInput' });
  });

  test('an older definition and the older code that it calls go on among themselves: newer code is never asked by it', async () => {
    const world = worldOf(numbered(8));
    // As it was when a plan was always made by one invocation: no state asks for `planned`, and no answer has it.
    const { Planned: _, ...States } = world.deploy(pair).States;
    const older: Definition = {
      ...world.deploy(pair),
      States: { ...States, Plan: { ...States.Plan, Next: 'AnythingToJudge' } },
    };
    const asks = (definition: Definition, version: string): Definition =>
      JSON.parse(JSON.stringify(definition).replace(/(function:\w+):\d+/g, `$1:${version}`)) as Definition;
    const [old, current] = [asks(older, '1'), asks(world.deploy(pair, { judgedShare: 0.2 }), '2')];
    world.olderCode.set('1', (answer) => {
      const { planned: _planned, ...before } = answer as { readonly planned?: boolean };
      return before;
    });
    world.trouble = times(Infinity, before('score', '1'), fails('Lambda.Unknown'));
    const failed = await world.run(old);
    expect(failed.status).toBe('FAILED');
    world.trouble = () => undefined;
    expect((await world.run(current)).status).toBe('SUCCEEDED');
    expect((await failed.redrive()).status).toBe('SUCCEEDED');
    allScored(world, 8);
    // Requests tell by their settings which definition they come from.
    const from = (version: string) =>
      new Set(
        world.asked.filter((each) => each.version === version).map(({ request }) => request.settings.judgedShare),
      );
    expect([from('1'), from('2')]).toEqual([new Set([0]), new Set([0.2])]);
    // The older definition would fail with the answers of newer code, and the other way round.
    world.olderCode.set('2', world.olderCode.get('1')!);
    expect((await world.run(current)).error).toMatchObject({ name: 'States.Runtime' });
  });

  test('an older run that is redriven after a newer one was accepted does not become the current one', async () => {
    const world = worldOf(numbered(8));
    const definition = world.deploy(pair);
    world.trouble = times(Infinity, before('score', '1'), fails('Lambda.Unknown'));
    const old = await world.run(definition);
    world.trouble = () => undefined;
    await world.run(definition);
    expect(world.current()).toBe(idOf(1));
    expect((await old.redrive()).status).toBe('SUCCEEDED');
    expect(world.current()).toBe(idOf(1));
  });

  test('a second incremental run scores what is new or changed, and its manifest has everything', async () => {
    const world = worldOf({ ...numbered(8), 'bad.csv': 'x' });
    const definition = world.deploy(pair, { incremental: true, judgedShare: 0.3, toleratedFailure: 1 });
    await world.run(definition);
    world.put({ '03.csv': '5,5\n', 'new.csv': '6,6\n' });
    const second = await world.run(definition);
    expect(second.output).toMatchObject({ objects: { scored: 2, quarantined: 1, kept: 7 } });
    expect(world.fates()).toEqual({
      ...Object.fromEntries(Object.keys(numbered(8)).map((name) => [name, 'kept'])),
      '03.csv': 'scored',
      'new.csv': 'scored',
      'bad.csv': expect.stringContaining('row 1') as string,
    });
    // Results stay where they are.
    for (const outcome of world.manifest()) {
      expect(
        outcome.status === 'quarantined' || world.objects.results.has(outcome.output.slice('s3://lake/'.length)),
      ).toBe(true);
    }
    world.contents.delete('in/bad.csv');
    world.put({});
    expect((await world.run(definition)).output).toMatchObject({ objects: { scored: 0, quarantined: 0, kept: 9 } });
    expect(world.current()).toBe(idOf(2));
  });
});

describe('after many nights of incremental runs', () => {
  const fifty = (name: string, from: number): Record<string, string> => ({
    [name]: Array.from({ length: 50 }, (_, index) => `1,${from + index / 50}\n`).join(''),
  });
  const first = Object.assign({}, ...Array.from({ length: 8 }, (_, index) => fifty(`${index}.csv`, 1))) as Record<
    string,
    string
  >;
  const incremental = { incremental: true, judgedShare: 1 } as const;

  test('scores are still compared with all that is current, not with what little was scored last', async () => {
    const world = worldOf(first);
    const definition = world.deploy(pair, incremental);
    await world.run(definition);
    for (let night = 0; night < 5; night++) {
      world.put(fifty(`new-${night}.csv`, 1));
      expect((await world.run(definition)).status).toBe('SUCCEEDED');
    }
    expect((await world.run(definition)).output).toMatchObject({
      objects: { scored: 0, kept: 13 },
      scores: { count: 650 },
    });
    world.put(Object.assign({}, ...[1, 2, 3, 4].map((index) => fifty(`far-${index}.csv`, 50))) as typeof first);
    expect((await world.run(definition)).error).toMatchObject({
      name: 'RejectedByJudge',
      message: expect.stringContaining(`beside run ${idOf(6)}`) as string,
    });
  });

  test('results that were deleted are made again, and the manifest leads to nothing that is gone', async () => {
    const world = worldOf(first);
    const definition = world.deploy(pair, { ...incremental, judgedShare: 0 });
    await world.run(definition);
    for (const key of [...world.objects.results.keys()].filter((each) => /\/[0-3]\.csv\.out$/.test(each))) {
      world.objects.results.delete(key);
    }
    expect((await world.run(definition)).output).toMatchObject({
      objects: { scored: 4, kept: 4 },
      scores: { count: 400 },
    });
    for (const outcome of world.manifest()) {
      expect('output' in outcome && world.objects.results.has(outcome.output.slice('s3://lake/'.length))).toBe(true);
    }
  });

  test('another format of the records is another way to score: nothing is kept, and nothing can be resumed', async () => {
    const world = worldOf({ 'a.jsonl': '{"width":1,"height":2}\n' });
    await world.run(world.deploy(pair, { ...incremental, format: 'csv', toleratedFailure: 1 }));
    const other = world.deploy(pair, { ...incremental, format: 'json-lines' });
    expect((await world.run(other, { resume: idOf(0) })).error).toMatchObject({
      name: 'BadRunInput',
      message: expect.stringContaining('other settings') as string,
    });
    expect((await world.run(other)).output).toMatchObject({ objects: { scored: 1, kept: 0 } });
  });
});

describe('an input that takes several invocations to list', () => {
  const many = Object.fromEntries(
    Array.from({ length: 2500 }, (_, index) => [`${String(index).padStart(4, '0')}.csv`, '1,2\n']),
  );

  test('is planned by as many, and no object is lost between them', async () => {
    const world = worldOf(many);
    world.inTime = () => false;
    const run = await world.run(world.deploy(pair));
    expect(run.entered.slice(0, 7)).toEqual([
      'Plan',
      'Planned',
      'Plan',
      'Planned',
      'Plan',
      'Planned',
      'AnythingToJudge',
    ]);
    allScored(world, 2500);
  });

  test('is listed on from its last page after the function has died, and from the start where the run is redriven', async () => {
    const world = worldOf(many);
    world.inTime = () => false;
    const pages = (): string[] => [...world.store.files.keys()].filter((key) => key.includes('/listing/'));
    let plans = 0;
    world.trouble = (moment) => {
      plans += before('plan')(moment) ? 1 : 0;
      if (before('plan')(moment) && plans >= 2) {
        throw awsError('Lambda.Unknown');
      }
    };
    const run = await world.run(world.deploy(pair));
    expect(run.status).toBe('FAILED');
    expect(pages()).toHaveLength(1);
    // Days later an object is gone, and there is another one.
    world.contents.delete('in/0001.csv');
    world.put({ '0001b.csv': '1,2\n' });
    world.trouble = () => undefined;
    expect((await run.redrive()).status).toBe('SUCCEEDED');
    allScored(world, 2500);
    expect(Object.keys(world.fates())).toContain('0001b.csv');
  });
});

test('two executions that are started at once are two runs, and the one that was begun last is the current one', async () => {
  const world = worldOf(numbered(8));
  const definition = world.deploy(pair, { judgedShare: 0.2 });
  const [one, other] = [world.execution(definition), world.execution(definition)];
  await Promise.all([other.start(), one.start()]);
  expect([one.status, other.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  expect(world.current()).toBe(other.runId);
  expect(world.manifest(one.runId)).toHaveLength(8);
  allScored(world, 8);
});

describe('what a run is started with', () => {
  test('may be a part of the input: that run has its manifest, and is not the current one', async () => {
    const world = worldOf({ 'a/1.csv': '1,1\n', 'b/2.csv': '1,2\n' });
    const definition = world.deploy(pair);
    const run = await world.run(definition, { prefix: 'in/b/' });
    expect(Object.keys(world.fates(run.runId))).toEqual(['b/2.csv']);
    expect(run.output).toMatchObject({ objects: { scored: 1 }, part: 'in/b/' });
    expect(world.current()).toBeUndefined();
    // Resumed for all of the input, what it scored is not scored again.
    const whole = await world.run(definition, { resume: run.runId });
    expect(whole.output).toMatchObject({ objects: { scored: 1, kept: 1 } });
    expect(world.current()).toBe(whole.runId);
  });

  test.each([{ prefx: 'in/' }, { resume: '20260101T000000000Z-none' }, { prefix: 'elsewhere/' }, [1]])(
    'is refused at once where it is %j',
    async (input) => {
      const world = worldOf(numbered(2));
      const run = await world.run(world.deploy(pair), input);
      expect(run.error).toMatchObject({ name: 'BadRunInput' });
      expect(world.calls).toEqual(['plan']);
    },
  );
});
