/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-call -- definitions are read as plain data */
import { RUN_ERRORS, type RunSettings } from '../../../lambda/batch/contract';
import { batchDefinition, type BatchDefinitionOptions } from '../../../lib/batch/batch-definition';
import { scoreByFunction } from '../../../lib/batch/function-scoring';

const aslValidator = require('asl-validator') as (definition: object, options: object) => object;

const settings: RunSettings = {
  model: { name: 'fraud', version: '1.4.0' },
  input: { bucket: 'arrived', prefix: 'rows/' },
  output: { bucket: 'scored', prefix: 'results/' },
  suffixes: [],
  format: 'csv',
  incremental: false,
  judgedShare: 0.05,
  toleratedFailure: 0.01,
  maxShift: 0.25,
  maxConcurrency: 7,
  maxObjectBytes: 1024,
  deadlineSeconds: 3600,
  bytesPerSecond: 1024,
  failWhenEmpty: false,
  startSeconds: 0,
  partitionSeconds: 600,
};
const CONTROL = 'arn:aws:lambda:eu-west-1:111122223333:function:control:3';
const SCORE = 'arn:aws:lambda:eu-west-1:111122223333:function:score:5';
const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:told';

const definition = (options: Partial<BatchDefinitionOptions> = {}): any =>
  batchDefinition({
    settings,
    controlFunctionArn: CONTROL,
    scoring: scoreByFunction('aws', SCORE),
    partition: 'aws',
    timeoutSeconds: 7200,
    ...options,
  });

/** Every state, also those inside of a map. */
function states(machine: any): [string, any][] {
  return Object.entries<any>(machine.States).flatMap(([name, state]) => [
    [name, state],
    ...(state.ItemProcessor === undefined ? [] : states(state.ItemProcessor)),
  ]);
}

const tasks = (machine: any) => states(machine).filter(([, { Type: type }]) => type === 'Task');

test.each([
  ['as it is', {}],
  ['with a topic', { topicArn: TOPIC }],
  ['in China', { partition: 'aws-cn' }],
])('%s it is valid in the Amazon States Language', (_, options) => {
  expect(aslValidator(definition(options), { checkPaths: true, checkArn: true })).toMatchObject({
    isValid: true,
    errors: [],
  });
});

test('every state can be reached, and leads to the end', () => {
  const { StartAt: start, States: all } = definition({ topicArn: TOPIC });
  const next = (state: any): string[] =>
    [state.Next, state.Default, ...(state.Choices ?? []).map((choice: any) => choice.Next)].filter(
      (name) => name !== undefined,
    );
  const reached = new Set<string>([start]);
  reached.forEach((name) => next(all[name]).forEach((each) => reached.add(each)));
  expect([...reached].sort()).toEqual(Object.keys(all).sort());
  expect(all.Done.End).toBe(true);
});

test('tasks call the versions that they are given, and nothing else', () => {
  const called = tasks(definition()).map(([name, { Parameters: parameters }]) => [name, parameters.FunctionName]);
  expect(Object.fromEntries(called)).toEqual({
    Plan: CONTROL,
    ScoreFirst: SCORE,
    Judge: CONTROL,
    Score: SCORE,
    Finish: CONTROL,
  });
});

test('what ends a run is not tried again; what passes is, each time after a longer wait with chance in it', () => {
  const controls = tasks(definition()).filter(([, { Parameters: parameters }]) => parameters.FunctionName === CONTROL);
  expect(controls).toHaveLength(3);
  for (const [, { Retry: retry }] of controls) {
    expect(retry[0]).toEqual({ ErrorEquals: Object.values(RUN_ERRORS), MaxAttempts: 0 });
    expect(retry.at(-1).ErrorEquals).toEqual(['States.ALL']);
  }
  for (const [, { Retry: retry }] of tasks(definition({ topicArn: TOPIC }))) {
    for (const entry of retry.filter(({ MaxAttempts: attempts }: any) => attempts > 0)) {
      expect(entry).toMatchObject({ BackoffRate: 2, MaxDelaySeconds: 600, JitterStrategy: 'FULL' });
    }
  }
});

test('a throttled partition waits its turn for about an hour', () => {
  const [
    { ErrorEquals: errors, IntervalSeconds: first, BackoffRate: rate, MaxDelaySeconds: most, MaxAttempts: times },
  ] = definition().States.ScoreRest.ItemProcessor.States.Score.Retry;
  expect(errors).toContain('Lambda.TooManyRequestsException');
  const waits = Array.from({ length: times }, (_, attempt) => Math.min(most, first * rate ** attempt));
  const minutes = waits.reduce((sum, wait) => sum + wait, 0) / 60;
  // With full jitter half of it on average.
  expect(minutes / 2).toBeCloseTo(60, -1);
});

test('the map reads its items from S3, one partition at a time, as many as are allowed side by side', () => {
  const { ScoreRest: map } = definition().States;
  expect(map).toMatchObject({
    MaxConcurrency: 7,
    ItemReader: {
      Resource: 'arn:aws:states:::s3:getObject',
      ReaderConfig: { InputType: 'JSON' },
      Parameters: { Bucket: 'scored', 'Key.$': '$.plan.rest' },
    },
    ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
    ResultPath: null,
  });
  expect(map).not.toHaveProperty('ItemBatcher');
  expect(map).not.toHaveProperty('ResultWriter');
});

test('a partition that fails for good does not stop the others, and its answer is empty', () => {
  const { Score: score, PartitionDone: done, LeftForLater: left } = definition().States.ScoreRest.ItemProcessor.States;
  expect(score.Catch).toEqual([{ ErrorEquals: ['States.ALL'], Next: 'LeftForLater' }]);
  expect([done.Result, left.Result]).toEqual([{}, {}]);
});

test('a first part that fails stops the run: nothing could be judged', () => {
  expect(definition().States.ScoreFirst).not.toHaveProperty('Catch');
});

test('a partition that was not done in one invocation is called again', () => {
  const { ScoredFirst: first, ScoreRest: map } = definition().States;
  expect(first.Default).toBe('ScoreFirst');
  expect(map.ItemProcessor.States.Scored.Default).toBe('Score');
});

test('a topic is told when everything is done', () => {
  const { States: all } = definition({ topicArn: TOPIC });
  expect(all.AllFinished.Choices[0].Next).toBe('Tell');
  expect(all.Tell).toMatchObject({ Resource: 'arn:aws:states:::sns:publish', Parameters: { TopicArn: TOPIC } });
  expect(definition().States).not.toHaveProperty('Tell');
  expect(definition().States.AllFinished.Choices[0].Next).toBe('Done');
});

test('another partition of AWS has other names of services', () => {
  const resources = states(
    definition({ partition: 'aws-us-gov', topicArn: TOPIC, scoring: scoreByFunction('aws-us-gov', SCORE) }),
  ).flatMap(([, { Resource: resource, ItemReader: reader }]) =>
    [resource, reader?.Resource].filter((each) => each !== undefined),
  );
  expect(resources).toHaveLength(7);
  resources.forEach((resource) => expect(resource).toMatch(/^arn:aws-us-gov:states:::/));
});

test('it may run as long as it is told', () => {
  expect(definition().TimeoutSeconds).toBe(7200);
});
