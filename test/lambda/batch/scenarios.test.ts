import type { PartitionOutcome, RunSummary } from '../../../lambda/batch/contract';
import { outcomeKey, partitionKey, runPlace } from '../../../lambda/batch/run-paths';
import { SETTINGS } from '../batch-control/planned';
import { awsError } from '../batch-score/memory-objects';
import { predictorOf } from '../batch-score/predictor';
import { PAIR } from '../predict/models';
import { removeAssets } from '../served-model';
import { numbered, worldOf, allScored, times, fails, dies, before, calls, idOf } from './scenario';

afterAll(removeAssets);

const pair = predictorOf(PAIR);

describe('a night without trouble', () => {
  test('plans, scores a part, judges it, scores the rest, finishes, and tells', async () => {
    const world = worldOf(numbered(20));
    const run = await world.run(world.deploy(pair, { judgedShare: 0.1 }));
    expect(run.status).toBe('SUCCEEDED');
    allScored(world, 20);
    expect(run.entered.filter((state) => !['Score', 'Scored', 'PartitionDone'].includes(state))).toEqual([
      'Plan',
      'Planned',
      'AnythingToJudge',
      'ScoreFirst',
      'ScoredFirst',
      'Judge',
      'AnythingLeft',
      'ScoreRest',
      'Finish',
      'AllFinished',
      'Tell',
      'Done',
    ]);
    expect(world.calls).toEqual([
      'plan',
      'score 0',
      'judge',
      'score 1',
      'score 2',
      'score 3',
      'score 4',
      'finish',
      'publish',
    ]);
    expect(run.output).toMatchObject({
      run: idOf(0),
      objects: { scored: 20, quarantined: 0, kept: 0 },
      records: { in: 20, out: 20 },
    });
    expect(world.told).toEqual([run.output]);
    expect(world.figures).toHaveLength(1);
    expect(world.current()).toBe((run.output as RunSummary).run);
  });

  test('without a judge and without a topic has neither', async () => {
    const world = worldOf(numbered(3));
    const run = await world.run(world.deploy(pair, {}, false));
    expect(run.status).toBe('SUCCEEDED');
    expect(world.calls).toEqual(['plan', 'score 0', 'score 1', 'score 2', 'finish']);
    expect(world.told).toEqual([]);
  });

  test('with one object is over after the judge', async () => {
    const world = worldOf(numbered(1));
    const run = await world.run(world.deploy(pair, { judgedShare: 0.1 }));
    expect(run.entered).not.toContain('ScoreRest');
    allScored(world, 1);
  });

  test('with nothing to score is a success that tells so, and points nowhere', async () => {
    const world = worldOf({});
    const run = await world.run(world.deploy(pair, { judgedShare: 0.1 }));
    expect(run.output).toMatchObject({ objects: { scored: 0, quarantined: 0, kept: 0 } });
    expect(world.calls).toEqual(['plan', 'finish', 'publish']);
    expect(world.current()).toBeUndefined();
  });

  test('with nothing to score is a failure where it counts as one, and is not tried again', async () => {
    const world = worldOf({});
    const run = await world.run(world.deploy(pair, { failWhenEmpty: true }));
    expect(run.error).toMatchObject({ name: 'EmptyRun' });
    expect(calls(world, 'finish')).toBe(1);
  });

  test('with partitions that need longer than an invocation calls again until they are done', async () => {
    const world = worldOf(numbered(24));
    world.trouble = ({ what, when, clock }) => clock.pass(what === 'read' && when === 'before' ? 300 : 0);
    const run = await world.run(world.deploy(pair, { judgedShare: 0.25, maxConcurrency: 2 }));
    expect(run.status).toBe('SUCCEEDED');
    allScored(world, 24);
    // Three objects in an invocation: two for the first partition of six, three for each of the others of nine.
    expect(['score 0', 'score 1', 'score 2'].map((call) => calls(world, call))).toEqual([2, 3, 3]);
  });
});

describe('trouble of AWS Lambda', () => {
  test('such as being throttled is waited for, by plan, judge and finish as well', async () => {
    const world = worldOf(numbered(8));
    world.trouble = times(
      8,
      ({ when, what }) => when === 'before' && ['plan', 'judge', 'finish', 'score'].includes(what),
      fails('Lambda.TooManyRequestsException'),
    );
    expect((await world.run(world.deploy(pair, { judgedShare: 0.2 }))).status).toBe('SUCCEEDED');
    world.trouble = times(3, before('finish'), fails('Lambda.SdkClientException'));
    expect((await world.run(world.deploy(pair))).status).toBe('SUCCEEDED');
    allScored(world, 8);
  });

  test('that does not end leaves partitions for later; redriven, only these are scored', async () => {
    const world = worldOf(numbered(8));
    world.trouble = times(Infinity, before('score', '2'), fails('Lambda.TooManyRequestsException'));
    const run = await world.run(world.deploy(pair));
    expect(run.error).toMatchObject({
      name: 'IncompleteRun',
      message: `1 of 4 partitions have no result. Redrive the execution, or start one with {"resume": "${idOf(0)}"}: what is done is not done again`,
    });
    expect(calls(world, 'score 2')).toBeGreaterThan(10);
    expect(world.current()).toBeUndefined();
    world.trouble = () => undefined;
    world.calls.length = 0;
    expect((await run.redrive()).status).toBe('SUCCEEDED');
    expect(world.calls).toEqual(['finish', 'score 2', 'finish', 'publish']);
    allScored(world, 8);
  });

  test('that is still there when the run is redriven fails it again, as often as it is redriven', async () => {
    const world = worldOf(numbered(8));
    world.trouble = times(Infinity, before('score', '2'), fails('Lambda.Unknown'));
    const run = await world.run(world.deploy(pair));
    for (let redrive = 0; redrive < 3; redrive++) {
      expect((await run.redrive()).error).toMatchObject({ name: 'IncompleteRun' });
    }
    world.trouble = () => undefined;
    expect((await run.redrive()).status).toBe('SUCCEEDED');
    allScored(world, 8);
  });

  test('such as an answer that is lost does no harm', async () => {
    const world = worldOf(numbered(8));
    const seen = new Set<string>();
    world.trouble = ({ what, of, when }) => {
      if (when === 'after' && ['plan', 'judge', 'finish', 'score'].includes(what) && !seen.has(what + of)) {
        seen.add(what + of);
        throw awsError('Lambda.SdkClientException');
      }
    };
    const run = await world.run(world.deploy(pair, { judgedShare: 0.2 }));
    expect(run.status).toBe('SUCCEEDED');
    expect(seen.size).toBe(8);
    allScored(world, 8);
    expect([...world.objects.reads.values()]).toEqual(Array(8).fill(1));
  });

  test.each(['plan', 'judge', 'finish'])(
    'such as the death of the function at every write of %s does no harm',
    async (action) => {
      for (let write = 1; write <= 8; write++) {
        const world = worldOf(numbered(8));
        let [running, seen] = ['', 0];
        world.trouble = (moment) => {
          running = ['plan', 'judge', 'finish', 'score'].includes(moment.what) ? moment.what : running;
          if (running === action && /^(write|update)/.test(moment.what) && ++seen === write) {
            dies(moment);
          }
        };
        const run = await world.run(world.deploy(pair, { judgedShare: 0.2 }));
        expect(run.status).toBe('SUCCEEDED');
        allScored(world, 8);
        expect(world.current()).toBe(idOf(0));
      }
    },
  );

  test('such as the death of the function in the middle of a partition does no harm', async () => {
    const world = worldOf(numbered(8));
    world.trouble = times(1, before('write', '05.csv'), dies);
    expect((await world.run(world.deploy(pair))).status).toBe('SUCCEEDED');
    allScored(world, 8);
  });

  test('at finish that lasts ends the run; redriven, it is finished', async () => {
    const world = worldOf(numbered(4));
    world.trouble = times(Infinity, before('finish'), fails('Lambda.Unknown'));
    const run = await world.run(world.deploy(pair));
    expect(run.error).toMatchObject({ name: 'Lambda.Unknown' });
    expect(calls(world, 'finish')).toBe(4);
    world.trouble = () => undefined;
    world.calls.length = 0;
    await run.redrive();
    expect(world.calls).toEqual(['finish', 'publish']);
    allScored(world, 4);
  });
});

describe('objects that are at fault', () => {
  test('are quarantined, and the run succeeds where so many are tolerated', async () => {
    const world = worldOf({ ...numbered(8), 'bad.csv': 'x,1\n', 'empty.csv': '' });
    const run = await world.run(world.deploy(pair, { toleratedFailure: 0.2 }));
    expect(run.output).toMatchObject({ objects: { scored: 8, quarantined: 2 } });
    expect(world.fates()).toMatchObject({
      'bad.csv': 'record 1: width must be a finite number (row 1)',
      'empty.csv': 'it is empty',
    });
  });

  test('end the run where they are too many, which is not tried again; resumed with more tolerance, nothing good is scored again', async () => {
    const world = worldOf({ ...numbered(8), 'bad.csv': 'x,1\n' });
    const definition = world.deploy(pair, { toleratedFailure: 0.1 });
    const run = await world.run(definition);
    expect(run.error).toMatchObject({ name: 'TooManyFailures' });
    expect(calls(world, 'finish')).toBe(1);
    expect(world.current()).toBeUndefined();
    expect(world.fates(idOf(0))['bad.csv']).toContain('record 1');
    const resumed = await world.run(definition, { resume: idOf(0), toleratedFailure: 1 });
    expect(resumed.output).toMatchObject({ objects: { scored: 0, quarantined: 1, kept: 8 } });
    expect(world.objects.reads.get('in/00.csv')).toBe(1);
  });

  test('and kill the function are found out, and the others of their partition are scored', async () => {
    const world = worldOf(numbered(12));
    world.trouble = times(Infinity, before('read', '05.csv'), dies);
    const run = await world.run(world.deploy(pair, { toleratedFailure: 0.1 }));
    expect(run.output).toMatchObject({ objects: { scored: 11, quarantined: 1 } });
    expect(world.fates()['05.csv']).toBe('the function did not come to its end 2 times while it scored nothing else');
  });

  test('and kill the function in numbers take redrives, each of which gets further', async () => {
    const world = worldOf(numbered(12));
    world.trouble = times(
      Infinity,
      (moment) => before('read')(moment) && Number(/(\d+)\.csv/.exec(moment.of)![1]) >= 4,
      dies,
    );
    const run = await world.run(world.deploy(pair, { toleratedFailure: 1, maxConcurrency: 1 }));
    let redrives = 0;
    for (; run.status === 'FAILED'; redrives++) {
      expect(run.error).toMatchObject({ name: 'IncompleteRun' });
      await run.redrive();
    }
    expect(run.output).toMatchObject({ objects: { scored: 4, quarantined: 8 } });
    expect(redrives).toBe(2);
  });

  test('that change while the run lasts are quarantined, not scored as something else', async () => {
    const world = worldOf(numbered(6));
    world.trouble = times(1, before('score'), () => world.put({ '03.csv': '9,9\n' }));
    const run = await world.run(world.deploy(pair, { toleratedFailure: 0.5 }));
    expect(world.fates()['03.csv']).toBe('it was changed after the run had begun');
    expect(run.output).toMatchObject({ objects: { scored: 5, quarantined: 1 } });
  });
});

describe('trouble of Amazon S3', () => {
  test.each(['readJson', 'writeJson', 'updateJson', 'writeLines', 'read', 'write', 'listInput', 'readLines'])(
    'at %s, once, does no harm',
    async (what) => {
      for (let nth = 0; nth < 12; nth++) {
        for (const when of ['before', 'after'] as const) {
          const world = worldOf(numbered(6));
          let seen = 0;
          world.trouble = times(
            1,
            (moment) => moment.what === what && moment.when === when && seen++ === nth,
            fails('InternalError'),
          );
          const run = await world.run(world.deploy(pair, { judgedShare: 0.2 }));
          expect(run.status).toBe('SUCCEEDED');
          allScored(world, 6);
        }
      }
    },
  );

  test('with one object, that lasts, is told by its partition; the others of the partition are scored', async () => {
    const world = worldOf(numbered(8));
    world.trouble = times(Infinity, before('read', '06.csv'), fails('InternalError'));
    const run = await world.run(world.deploy(pair));
    expect(run.error).toMatchObject({
      name: 'IncompleteRun',
      message: expect.stringMatching(
        /^1 of 4 partitions have no result; partition \d ended with InternalError: InternalError\. Redrive/,
      ) as string,
    });
    world.trouble = () => undefined;
    await run.redrive();
    allScored(world, 8);
    expect(world.objects.reads.get('in/02.csv')).toBe(1);
  });

  test('with the list of partitions fails the run; redriven, it goes on', async () => {
    const world = worldOf(numbered(8));
    const [, rest] = [
      partitionKey(runPlace(SETTINGS.output, idOf(0)), 0),
      `${SETTINGS.output.prefix}runs/${idOf(0)}/rest-1.json`,
    ];
    const definition = world.deploy(pair);
    let list: string | undefined;
    world.trouble = ({ what, when }) => {
      if (what === 'plan' && when === 'after') {
        list = world.store.files.get(rest);
        world.store.files.delete(rest);
      }
    };
    const run = await world.run(definition);
    expect(run.error).toMatchObject({ name: 'States.ItemReaderFailed' });
    world.store.files.set(rest, list!);
    await run.redrive();
    allScored(world, 8);
  });
});

test('a topic that cannot be told is tried again; the run is complete all the same, and redriven it only tells', async () => {
  const world = worldOf(numbered(4));
  world.trouble = times(6, before('publish'), fails('SNS.InternalErrorException'));
  const run = await world.run(world.deploy(pair));
  expect(run.error).toMatchObject({ name: 'SNS.InternalErrorException' });
  allScored(world, 4);
  world.calls.length = 0;
  expect((await run.redrive()).status).toBe('SUCCEEDED');
  expect(world.calls).toEqual(['publish']);
  expect(world.told).toHaveLength(1);
});

test('nothing but what became of the objects stays in the file of a partition', async () => {
  const world = worldOf(numbered(4));
  await world.run(world.deploy(pair, { maxConcurrency: 1 }));
  const left = JSON.parse(
    world.store.files.get(outcomeKey(runPlace(SETTINGS.output, idOf(0)), 0))!,
  ) as PartitionOutcome;
  expect(Object.keys(left).sort()).toEqual(['complete', 'index', 'outcomes', 'scores', 'seconds']);
});
