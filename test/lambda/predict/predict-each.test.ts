import fc from 'fast-check';
import type { Predictor } from '../../../lambda/predict/core';
import { predictorOf } from '../batch-score/predictor';
import { encodeModel } from '../onnx-model';
import { removeAssets } from '../served-model';
import { LOGARITHM, LOOKUP, MIXED, MIXED_INSTANCE, PAIR, REDUCED } from './models';

afterAll(removeAssets);

const pair = predictorOf(PAIR);
const logarithm = predictorOf(LOGARITHM);
const lookup = predictorOf(LOOKUP);

/** Predictions, and what is wrong with the instances that have none. */
function each(predictor: Predictor, instances: readonly unknown[]): readonly unknown[] {
  const { predictions, faults } = predictor.predictEach(structuredClone(instances));
  expect(predictions).toHaveLength(instances.length);
  return predictions.map((prediction, place) => faults.get(place) ?? prediction);
}

/** How many instances each run of the model had. */
function runsOf(predictor: Predictor, work: () => void): number[] {
  const run = jest.spyOn(predictor.session, 'run');
  try {
    work();
    return run.mock.calls.map(([feeds]) => Object.values(feeds)[0].dims[0]);
  } finally {
    run.mockRestore();
  }
}

describe('instances by themselves', () => {
  test('are predicted in one run, as a batch is', () => {
    const instances = [
      { width: 1, height: 2 },
      { width: 3, height: 4 },
    ];
    expect(
      runsOf(pair, () => expect(each(pair, instances)).toEqual(pair.predict({ instances, bare: false }).predictions)),
    ).toEqual([2, 2]);
    expect(pair.predictEach(instances).modelMilliseconds).toBeGreaterThan(0);
  });

  test('one that the schema refuses is named by its field, and leaves the others as they are', () => {
    const refused = (message: string) => ({ kind: 'invalid', message });
    const runs = runsOf(pair, () => {
      expect(
        each(pair, [
          { width: 101, height: 1 },
          { width: 1, height: 2 },
          { width: 1 },
          'no',
          { width: 1, height: 2, depth: 3 },
        ]),
      ).toEqual([
        refused('width must be <= 100'),
        [1, 2],
        refused('height is missing'),
        refused('the instance must be object'),
        refused('depth is not a field of this model'),
      ]);
    });
    expect(runs).toEqual([1]);
  });

  test('one that does not fit into a tensor is at fault alone', () => {
    const runs = runsOf(pair, () => {
      expect(
        each(pair, [
          { width: 1, height: 2 },
          { width: 1, height: 1e39 },
          { width: 3, height: 4 },
        ]),
      ).toEqual([[1, 2], { kind: 'invalid', message: 'height is too large for 32-bit floating point' }, [3, 4]]);
    });
    expect(runs).toEqual([2]);
  });

  test('one whose prediction is not finite is at fault alone, without another run', () => {
    const runs = runsOf(logarithm, () => {
      expect(each(logarithm, [{ x: 1 }, { x: -1 }, { x: 0 }, { x: 1 }])).toEqual([
        0,
        { kind: 'notFinite', message: 'output y holds a value that is not a finite number' },
        { kind: 'notFinite', message: 'output y holds a value that is not a finite number' },
        0,
      ]);
    });
    expect(runs).toEqual([4]);
  });

  test('the row of a value that is not finite is found in an output of several values too', () => {
    const rows = predictorOf({
      ...PAIR,
      artifact: encodeModel({
        inputs: [{ name: 'features', type: 'float32', dims: ['N', 2] }],
        outputs: [
          { name: 'log', type: 'float32', dims: ['N', 2] },
          { name: 'same', type: 'float32', dims: ['N', 2] },
        ],
        nodes: [
          { op: 'Log', inputs: ['features'], outputs: ['log'] },
          { op: 'Identity', inputs: ['features'], outputs: ['same'] },
        ],
      }),
      model: { warmUp: { width: 1, height: 1 } },
    });
    expect(
      each(rows, [
        { width: 1, height: 1 },
        { width: 1, height: -1 },
        { width: 1, height: 1 },
      ]),
    ).toEqual([
      { log: [0, 0], same: [1, 1] },
      { kind: 'notFinite', message: 'output log holds a value that is not a finite number' },
      { log: [0, 0], same: [1, 1] },
    ]);
  });

  test('the ones at which the model fails are found by halves', () => {
    const instances = [0, 1, 2, 0, 9, 1, 2, 0].map((x) => ({ x }));
    const runs = runsOf(lookup, () => {
      const outcomes = each(lookup, instances);
      expect(outcomes[4]).toEqual({ kind: 'modelFailed', message: expect.stringContaining('Gather') as unknown });
      expect(outcomes.filter((_, place) => place !== 4)).toEqual([0.5, 1.5, 2.5, 0.5, 1.5, 2.5, 0.5]);
    });
    expect(runs).toEqual([8, 4, 4, 2, 1, 1, 2]);
  });

  test('a model that answers another number of rows is asked for them by halves', () => {
    const reduced = predictorOf(REDUCED);
    expect(
      each(reduced, [
        { width: 1, height: 2 },
        { width: 3, height: 1 },
      ]),
    ).toEqual([
      [1, 2],
      [3, 1],
    ]);
  });

  test('none are predicted without a run', () => {
    expect(runsOf(pair, () => expect(each(pair, [])).toEqual([]))).toEqual([]);
    expect(runsOf(pair, () => expect(each(pair, ['no'])).toHaveLength(1))).toEqual([]);
  });

  test('a default of the schema is filled in', () => {
    const mixed = predictorOf({ ...MIXED, model: { warmUp: MIXED_INSTANCE } });
    const { income: _, ...without } = MIXED_INSTANCE;
    expect(each(mixed, [without])).toEqual([expect.objectContaining({ income_out: 1.5 })]);
  });

  test('whatever they are, each has what it has alone', () => {
    const instance = fc.oneof(
      { weight: 5, arbitrary: fc.record({ x: fc.integer({ min: 0, max: 2 }) }) },
      fc.constantFrom<unknown>({ x: 3 }, { x: -9 }, { x: 2 ** 53 }, { x: 'no' }, {}, null, { x: 1, y: 1 }),
    );
    fc.assert(
      fc.property(fc.array(instance, { maxLength: 20 }), (instances) => {
        const alone = instances.map((one) => each(lookup, [one])[0]);
        const together = each(lookup, instances);
        const word = (outcome: unknown) => (typeof outcome === 'number' ? outcome : (outcome as { kind: string }).kind);
        expect(together.map(word)).toEqual(alone.map(word));
      }),
      { numRuns: 300 },
    );
  });
});
