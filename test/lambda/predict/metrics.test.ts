import { createMetrics, type RequestSummary } from '../../../lambda/predict/metrics';
import { summarize } from '../../../lambda/predict/summarize';

/** One line of embedded metrics, as CloudWatch reads it. */
interface MetricLine {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [member: string]: unknown;
}

const ENVIRONMENT = { AWS_LAMBDA_FUNCTION_NAME: 'predict-fn', AWS_LAMBDA_FUNCTION_VERSION: '7' };

const SETS = [['FunctionName'], ['FunctionName', 'FunctionVersion'], ['FunctionName', 'ModelVersion']];

function lines(...summaries: RequestSummary[]): MetricLine[] {
  const written: string[] = [];
  const out = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0);
  const err = jest
    .spyOn(process.stderr, 'write')
    .mockImplementation((chunk) => written.push(`stderr ${String(chunk)}`) > 0);
  try {
    const report = createMetrics(ENVIRONMENT, '1.2.3');
    summaries.forEach((summary) => report(summary));
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
  return written.map((line) => JSON.parse(line) as MetricLine);
}

describe('the metrics of a prediction request', () => {
  test('are one line, published under exactly the dimension sets of the contract', () => {
    const [line, ...more] = lines({
      latencyMilliseconds: 2.00049,
      modelMilliseconds: 1.5,
      batchSize: 3,
      scores: [0.25, 0.5, 1],
    });
    expect(more).toEqual([]);
    expect(line._aws.CloudWatchMetrics).toEqual([
      {
        Namespace: 'InferencePatterns',
        Dimensions: SETS,
        Metrics: [
          { Name: 'Requests', Unit: 'Count' },
          { Name: 'HandledServerErrors', Unit: 'Count' },
          { Name: 'RejectedInvocations', Unit: 'Count' },
          { Name: 'ClientErrors', Unit: 'Count' },
          { Name: 'Latency', Unit: 'Milliseconds' },
          { Name: 'ModelLatency', Unit: 'Milliseconds' },
          { Name: 'BatchSize', Unit: 'Count' },
          { Name: 'Prediction', Unit: 'None' },
        ],
      },
    ]);
    const { _aws, ...values } = line;
    expect(values).toEqual({
      FunctionName: 'predict-fn',
      FunctionVersion: '7',
      ModelVersion: '1.2.3',
      Requests: 1,
      HandledServerErrors: 0,
      RejectedInvocations: 0,
      ClientErrors: 0,
      Latency: 2,
      ModelLatency: 1.5,
      BatchSize: 3,
      Prediction: [0.25, 0.5, 1],
    });
  });

  test.each([
    ['INVALID_INPUT', false, { ClientErrors: 1, RejectedInvocations: 0, HandledServerErrors: 0 }],
    ['TOO_LARGE', true, { ClientErrors: 1, RejectedInvocations: 1, HandledServerErrors: 0 }],
  ] as const)('count %s (thrown: %s) as the fault of the caller, also by its class', (code, thrown, counts) => {
    const [line] = lines({ latencyMilliseconds: 1, failure: { code, thrown } });
    expect(line._aws.CloudWatchMetrics[0].Dimensions).toEqual([...SETS, ['FunctionName', 'ErrorCode']]);
    expect(line).toMatchObject({ ...counts, Requests: 1, ErrorCode: code });
  });

  test.each([
    [false, { ClientErrors: 0, RejectedInvocations: 0, HandledServerErrors: 1 }],
    [true, { ClientErrors: 0, RejectedInvocations: 0, HandledServerErrors: 0 }],
  ])('count a fault of the model (thrown: %s) only where Lambda does not', (thrown, counts) => {
    const [line] = lines({ latencyMilliseconds: 1, failure: { code: 'MODEL_ERROR', thrown } });
    expect(line._aws.CloudWatchMetrics[0].Dimensions).toEqual(SETS);
    expect(line).toMatchObject({ ...counts, Requests: 1 });
  });

  test('do not leak from one request into the next', () => {
    const [, second] = lines(
      { latencyMilliseconds: 1, failure: { code: 'INVALID_INPUT', thrown: false } },
      { latencyMilliseconds: 1 },
    );
    expect(second._aws.CloudWatchMetrics[0].Dimensions).toEqual(SETS);
    expect(second).not.toHaveProperty('ErrorCode');
    expect(second).not.toHaveProperty('Prediction');
  });

  test('stay one line with as many predictions as CloudWatch takes', () => {
    const scores = Array.from({ length: 100 }, (_, index) => index);
    const written = lines({ latencyMilliseconds: 1, modelMilliseconds: 1, batchSize: 100, scores });
    expect(written).toHaveLength(1);
    expect(written[0].Prediction).toEqual(scores);
  });
});

describe('the summary of predictions', () => {
  const float = { name: 'score', type: 'float32', dims: [] } as const;
  const label = { name: 'label', type: 'int64', dims: [] } as const;
  const name = { name: 'name', type: 'string', dims: [] } as const;

  test('is the number itself, or the highest of a vector', () => {
    expect(summarize([float], [0.5, 0.25])).toEqual([0.5, 0.25]);
    expect(
      summarize(
        [float],
        [
          [0.1, 0.7, 0.2],
          [-3, -2],
        ],
      ),
    ).toEqual([0.7, -2]);
    expect(summarize([label], [1, '9007199254740993'])).toEqual([1]);
    expect(summarize([{ ...label, type: 'bool' }], [true, false])).toEqual([1, 0]);
  });

  test('is the first floating-point output of several', () => {
    expect(summarize([label, float], [{ label: 1, score: 0.9 }])).toEqual([0.9]);
    expect(summarize([name, label], [{ name: 'a', label: 1 }])).toEqual([1]);
    expect(summarize([name], ['a'])).toEqual([]);
  });

  test.each([99, 100, 101, 150, 1000])('thins %d predictions evenly to at most a hundred', (count) => {
    const scores = summarize(
      [float],
      Array.from({ length: count }, (_, index) => index),
    );
    expect(scores).toHaveLength(Math.min(count, 100));
    const gaps = scores.slice(1).map((score, index) => score - scores[index]);
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1);
    expect(scores[0]).toBe(0);
    expect(scores.at(-1)).toBeGreaterThanOrEqual(count - Math.ceil(count / 100));
  });
});
